"""Divides texts into folds for held-out scores: texts that are nearly the same stay together."""

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from shared.learning.grams import Floats

FOLDS = 5
_NEARLY_THE_SAME = 0.7


def folds_of(alike: Floats, labels: NDArray[np.int64], kinds: int) -> NDArray[np.int64]:
    """Return each text's fold; every label is spread over all of them as evenly as its groups allow."""
    near = scipy.sparse.csr_array(alike >= _NEARLY_THE_SAME)
    _, group = scipy.sparse.csgraph.connected_components(near, directed=False)
    sizes = np.bincount(group)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
    total = np.bincount(labels, minlength=kinds)
    held = np.zeros((FOLDS, kinds))
    fold = np.empty(len(labels), np.int64)
    for one in sorted(range(len(members)), key=lambda one: (-sizes[one], one)):
        mine = np.bincount(labels[members[one]], minlength=kinds)
        said = mine > 0
        fullness = (held[:, said] / total[said]).max(axis=1) + 1e-3 * held.sum(axis=1) / len(labels)
        best = int(np.argmin(fullness))
        fold[members[one]] = best
        held[best] += mine
    return fold
