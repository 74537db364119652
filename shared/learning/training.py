"""From a history to a model, with scores of texts that were held out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.learning.calibration import fitted, threshold_for
from shared.learning.folds import folds_of
from shared.learning.grams import Floats, grams, vocabulary, weigh
from shared.learning.history import Example, History, HistoryError, labels_in
from shared.learning.model import Model
from shared.learning.ridge import Ints, Solved, likeness, matrix_of
from shared.learning.scores import Scores, score

_MOST_BYTES = 100 << 20
_KEY_BYTES, _WEIGHT_BYTES = 12, 2


@dataclass(frozen=True)
class Trained:
    """A model, and the held-out probabilities that its curve, its threshold and its scores come from."""

    model: Model
    truth: Ints
    probabilities: Floats
    scores: Scores


@dataclass(frozen=True)
class Tested:
    """Answers to texts that no part of the model has seen; -1 in `truth` is a label that it does not know."""

    labels: tuple[str, ...]
    truth: Ints
    probabilities: Floats
    answered: NDArray[np.bool_]
    unknown: int = 0

    @property
    def scores(self) -> Scores:
        """Score the answers."""
        return score(self.truth, self.probabilities, self.answered, self.unknown)


def train(history: History) -> Trained:
    """Train on a history. The same examples give the same model, to the bit on one machine."""
    trained = _fit(history.examples, labels_in(history.examples))
    about = {"rows": len(history.examples), "held_out": trained.scores.rounded()}
    model = Model(**{**vars(trained.model), "fingerprint": history.fingerprint, "about": about})
    return Trained(model, trained.truth, trained.probabilities, trained.scores)


def cross_examine(history: History) -> Tested:
    """Return answers to every fold by a model of the others: words, curve and threshold are theirs alone.

    The scores in `Trained` are some tenths of a point better: there the vocabulary knows the held-out texts.
    """
    examples, labels = history.examples, labels_in(history.examples)
    truth = _numbers(examples, labels)
    folds = folds_of(_Texts(examples, len(labels)).alike, truth, len(labels))
    if len(np.unique(folds)) == 1:
        raise HistoryError(
            "所有内容几乎相同，没有可留出检验的。 / All texts are nearly the same: none can be held out."
        )
    probabilities = np.zeros((len(examples), len(labels)), np.float32)
    answered = np.zeros(len(examples), bool)
    for fold in np.unique(folds):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = _fit([examples[at] for at in inside], labels).model
        probabilities[outside] = model.curve.probabilities(model.scores([examples[at].text for at in outside]))
        answered[outside] = model.answers(probabilities[outside])
    return Tested(labels, truth, probabilities, answered)


def examine(model: Model, examples: Sequence[Example]) -> Tested:
    """Return a model's answers to other examples."""
    truth = _numbers(examples, model.labels)
    probabilities = model.curve.probabilities(model.scores([one.text for one in examples]))
    unknown = len({one.label for one in examples} - set(model.labels))
    return Tested(model.labels, truth, probabilities, model.answers(probabilities), unknown)


class _Texts:
    """Examples as weighed texts, and how alike they are."""

    def __init__(self, examples: Sequence[Example], kinds: int) -> None:
        found = grams([one.text for one in examples])
        self.keys, self.rarity = vocabulary(found, _MOST_BYTES // (_KEY_BYTES + _WEIGHT_BYTES * kinds))
        self.matrix = matrix_of(weigh(found, self.keys, self.rarity))
        self.alike = likeness(self.matrix)


def _fit(examples: Sequence[Example], labels: tuple[str, ...]) -> Trained:
    truth = _numbers(examples, labels)
    texts = _Texts(examples, len(labels))
    folds = folds_of(texts.alike, truth, len(labels))
    solved = Solved(texts.alike, truth, len(labels))
    held_out = solved.held_out(folds)
    curve = fitted(held_out, truth)
    probabilities = curve.probabilities(held_out)
    model = Model(
        labels=labels,
        keys=texts.keys,
        rarity=texts.rarity,
        weights=(texts.matrix.T @ solved.coefficients).astype(np.float16),
        offset=solved.offset,
        curve=curve,
        threshold=threshold_for(probabilities, truth),
        fingerprint="",
    )
    return Trained(model, truth, probabilities, score(truth, probabilities, model.answers(probabilities)))


def _numbers(examples: Sequence[Example], labels: tuple[str, ...]) -> Ints:
    at = {label: number for number, label in enumerate(labels)}
    return np.array([at.get(one.label, -1) for one in examples], np.int64)
