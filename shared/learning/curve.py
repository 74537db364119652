"""How a model's scores become probabilities that mean what they say."""

from dataclasses import dataclass

import numpy as np

from shared.learning.grams import Floats

_LEAST = 1e-6


@dataclass(frozen=True)
class Curve:
    """Probability is in proportion to softplus(gain · score) ^ power: a ridge's score is nearly a share already."""

    power: float
    gain: float

    def probabilities(self, scores: Floats) -> Floats:
        """Return a row of probabilities for each row of scores."""
        logs = self.power * np.log(np.logaddexp(0, scores.astype(np.float64) * self.gain) + _LEAST)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        said: Floats = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        return said
