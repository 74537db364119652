"""A trained model: arrays, and how a text becomes probabilities by them. Needs numpy and nothing that trained it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.curve import Curve
from shared.learning.grams import Floats, Keys, Weighed, grams, readable, weigh

VERSION = "grams-ridge-1"


@dataclass(frozen=True)
class Model:
    """What was learnt. `about` says from which data and how well; `threshold` is None if nothing was sure enough."""

    labels: tuple[str, ...]
    keys: Keys
    rarity: Floats
    weights: NDArray[np.float16]  # a row for each key, a column for each label
    offset: Floats
    curve: Curve
    threshold: float | None
    fingerprint: str
    about: dict[str, Any] = field(default_factory=dict)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return a row of probabilities for each text; a text of unknown characters gets the labels' shares."""
        return self.curve.probabilities(self.scores([readable(text) for text in texts]))

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return the uncalibrated scores of readable texts."""
        weighed = weigh(grams(texts), self.keys, self.rarity)
        return self._gathered(weighed) + self.offset

    def _gathered(self, weighed: Weighed) -> Floats:
        """Add up the weights of each text's runs."""
        scores = np.zeros((weighed.shape[0], len(self.labels)), np.float32)
        bounds = np.searchsorted(weighed.rows, np.arange(weighed.shape[0] + 1))
        for row in range(weighed.shape[0]):
            begin, end = bounds[row], bounds[row + 1]
            if end > begin:
                scores[row] = weighed.values[begin:end] @ self.weights[weighed.columns[begin:end]].astype(np.float32)
        return scores

    def answers(self, probabilities: Floats) -> NDArray[np.bool_]:
        """Tell which rows are sure enough to be answered without a person."""
        if self.threshold is None:
            return np.zeros(len(probabilities), bool)
        sure: NDArray[np.bool_] = probabilities.max(axis=1) >= self.threshold
        return sure
