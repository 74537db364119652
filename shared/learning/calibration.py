"""Fits what turns scores into probabilities, and finds the threshold of automatic answers; both on held-out texts."""

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from shared.learning.curve import Curve
from shared.learning.grams import Floats

PRECISION = 0.95


def fitted(scores: Floats, labels: NDArray[np.int64]) -> Curve:
    """Return the curve under which the labels of held-out texts surprise least."""

    def surprise(point: NDArray[np.float64]) -> float:
        said = _curve(point).probabilities(scores)[np.arange(len(labels)), labels]
        return float(-np.log(said + 1e-12).mean())

    options = {"maxiter": 120, "xatol": 1e-3}
    return _curve(scipy.optimize.minimize(surprise, [1.0, 2.5], method="Nelder-Mead", options=options).x)


def _curve(point: NDArray[np.float64]) -> Curve:
    power, gain = np.exp(np.clip(point, -1, 5))
    return Curve(float(power), float(gain))


def threshold_for(probabilities: Floats, labels: NDArray[np.int64], precision: float = PRECISION) -> float | None:
    """Return the lowest probability above which the best answer is right often enough; None if there is none.

    Often enough means one standard deviation more than asked for: a threshold found on few texts is found by luck too.
    """
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    right = np.cumsum(probabilities.argmax(axis=1)[order] == labels[order])
    answered = np.arange(1, len(labels) + 1)
    enough = np.flatnonzero(right >= precision * answered + np.sqrt(precision * (1 - precision) * answered))
    return float(sure[order[enough[-1]]]) if len(enough) else None
