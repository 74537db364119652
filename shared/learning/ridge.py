"""Ridge regression on labels, in its dual form: one inverse gives the model and every held-out score exactly.

The texts are compared with one another once; after that the cost depends neither on the vocabulary nor on the labels.
"""

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from shared.learning.grams import Floats, Weighed

Ints = NDArray[np.int64]

_PENALTY = 0.3
_EVENNESS = 0.8  # 0: every row weighs alike; 1: every label does
_FREQUENT = 0.02  # share of texts above which a column is cheaper as a dense one
_STRIP = 512


def matrix_of(weighed: Weighed) -> scipy.sparse.csr_array:
    """Return the texts as a sparse matrix."""
    cells = (weighed.values, (weighed.rows, weighed.columns))
    return scipy.sparse.csr_array(cells, shape=weighed.shape)


def likeness(texts: scipy.sparse.csr_array) -> Floats:
    """Return how alike each two texts are, in [0, 1]."""
    size = texts.shape[0]
    frequency = np.bincount(texts.indices, minlength=texts.shape[1])
    frequent = frequency > max(_FREQUENT * size, 8)
    dense = texts[:, np.flatnonzero(frequent)].toarray()
    alike: Floats = dense @ dense.T
    rare = texts[:, np.flatnonzero(~frequent)].tocsr()
    turned = rare.T.tocsr()
    for begin in range(0, size, _STRIP):
        alike[begin : begin + _STRIP] += (rare[begin : begin + _STRIP] @ turned).toarray()
    return alike


class Solved:
    """The fit of one set of texts."""

    def __init__(self, alike: Floats, labels: Ints, kinds: int) -> None:
        share = np.bincount(labels, minlength=kinds)
        weight = np.maximum(share, 1)[labels] ** -_EVENNESS
        self.offset = (share / len(labels)).astype(np.float32)
        target = np.eye(kinds, dtype=np.float32)[labels] - self.offset
        system = alike + np.diag((_PENALTY * weight.mean() / weight).astype(np.float32))
        self._inverse = _inverse(system)
        self.coefficients: Floats = self._inverse @ target
        self._target = target

    def held_out(self, folds: Ints) -> Floats:
        """Return each text's scores by the fit of the other folds, without fitting again."""
        scores = np.empty_like(self._target)
        for fold in np.unique(folds):
            at = np.flatnonzero(folds == fold)
            inner = self._inverse[np.ix_(at, at)]
            missed = scipy.linalg.solve(inner, self.coefficients[at], assume_a="pos")
            scores[at] = self._target[at] - missed + self.offset
        return scores


def _inverse(system: Floats) -> Floats:
    """Invert a symmetric positive matrix, at half the cost of any other."""
    factor, failed = scipy.linalg.lapack.spotrf(system, lower=1, overwrite_a=0)
    if failed:
        raise ArithmeticError(f"the texts' likeness is no likeness: row {failed}")
    half, _ = scipy.linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    full: Floats = np.tril(half) + np.tril(half, -1).T
    return full
