"""How good answers are: the figures that a city compares models by."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from shared.learning.grams import Floats

_BINS = 15
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Shares in [0, 1]. `precision_at_coverage` is None where nothing was sure enough to be answered."""

    macro_f1: float
    accuracy: float
    top2: float
    top3: float
    coverage_at_95: float
    precision_at_coverage: float | None
    ece: float

    def rounded(self) -> dict[str, float | None]:
        """Return the figures as they are printed and stored."""
        return {name: None if value is None else round(float(value), 4) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class LabelScore:
    """One label: how many tickets have it, how often it was said, how often rightly."""

    label: str
    rows: int
    said: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.rows if self.rows else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.rows + self.said) if self.rows + self.said else 0.0


def per_label(truth: Ints, said: Ints, labels: tuple[str, ...]) -> list[LabelScore]:
    """Return every label that occurs or was said; -1 in `truth` is a label that the model does not know."""
    found = []
    for number, label in enumerate(labels):
        is_true, is_said = truth == number, said == number
        one = LabelScore(label, int(is_true.sum()), int(is_said.sum()), int((is_true & is_said).sum()))
        if one.rows or one.said:
            found.append(one)
    return found


def confusions(truth: Ints, said: Ints, labels: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Return (true, said, how often) of wrong answers, the commonest first."""
    wrong = (truth != said) & (truth >= 0)
    pairs, counts = np.unique(np.stack([truth[wrong], said[wrong]], axis=1), axis=0, return_counts=True)
    found = [(labels[a], labels[b], int(count)) for (a, b), count in zip(pairs, counts, strict=True)]
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))


def score(truth: Ints, probabilities: Floats, answered: NDArray[np.bool_], unknown: int = 0) -> Scores:
    """Score answers. `answered` says which were above the threshold, `unknown` how many true labels no model knows."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    said = order[:, 0]
    right = said == truth
    kinds = [label for label in range(probabilities.shape[1]) if (truth == label).any() or (said == label).any()]
    shares = [2 * (right & (truth == one)).sum() / ((truth == one).sum() + (said == one).sum()) for one in kinds]
    return Scores(
        macro_f1=float(np.sum(shares) / (len(shares) + unknown)),
        accuracy=float(right.mean()),
        top2=float((order[:, :2] == truth[:, None]).any(axis=1).mean()),
        top3=float((order[:, :3] == truth[:, None]).any(axis=1).mean()),
        coverage_at_95=float(answered.mean()),
        precision_at_coverage=float(right[answered].mean()) if answered.any() else None,
        ece=_calibration_error(probabilities.max(axis=1), right),
    )


def _calibration_error(sure: Floats, right: NDArray[np.bool_]) -> float:
    place = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [
        (place == one).mean() * abs(float(right[place == one].mean()) - float(sure[place == one].mean()))
        for one in np.unique(place)
    ]
    return float(np.sum(gaps))
