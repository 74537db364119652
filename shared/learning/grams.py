"""A text as numbers: its runs of one, two and three characters, as integers that are the characters themselves.

Three code points of 21 bits fit into 63, so a vocabulary is a sorted array: exact, small, quickly searched.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.learning.cleaning import clean
from shared.script import plain

Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]

READ_AT_MOST = 8_000  # characters; what comes after that decides nothing
_FIRST_SENTENCE = re.compile(r"\s*[^。！？!?\n]{1,40}")
_LEAD_WEIGHT = 2.5  # the first sentence is a title, or as good as one
_SHIFT = np.uint64(21)
_FIRST_TRIGRAM = np.uint64(1 << 42)
_TRIGRAM_WEIGHT = 0.7
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Grams:
    """The runs of many texts, each once a text: `keys[i]` stands `counts[i]` times in the text `rows[i]`."""

    rows: NDArray[np.int64]
    keys: Keys
    counts: Floats
    texts: int


@dataclass(frozen=True)
class Weighed:
    """Texts as rows of unit length over a vocabulary, in order of row and column."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    shape: tuple[int, int]


def readable(text: str) -> str:
    """Return the text as it is read: plain characters, single blanks, no dispatch order, no pasted reply."""
    return _BLANKS.sub(" ", clean(plain(text[:READ_AT_MOST])).text)


def grams(texts: Sequence[str]) -> Grams:
    """Return the runs of readable texts, by text and then by key; what the first sentence says counts more."""
    found = [_runs(text) for text in texts]
    sizes = [len(keys) for keys, _ in found]
    return Grams(
        np.repeat(np.arange(len(texts)), sizes),
        np.concatenate([keys for keys, _ in found]) if found else np.zeros(0, np.uint64),
        np.concatenate([counts for _, counts in found]) if found else np.zeros(0, np.float32),
        len(texts),
    )


def _runs(text: str) -> tuple[Keys, Floats]:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    if not len(points):
        return np.zeros(0, np.uint64), np.zeros(0, np.float32)
    first = _FIRST_SENTENCE.match(text)
    led = first.end() if first else 0
    pairs = (points[:-1] << _SHIFT) | points[1:]
    runs = [points, pairs, (pairs[:-1] << _SHIFT) | points[2:]]
    weights = [np.ones(len(run), np.float32) for run in runs]
    for further, run in enumerate(weights):
        run[: max(0, led - further)] = _LEAD_WEIGHT
    keys, weight = np.concatenate(runs), np.concatenate(weights)
    order = np.argsort(keys)
    keys = keys[order]
    begins = np.flatnonzero(_first_of_equals(keys))
    return keys[begins], np.add.reduceat(weight[order], begins)


def _first_of_equals(ordered: Keys) -> NDArray[np.bool_]:
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first


def vocabulary(found: Grams, most: int) -> tuple[Keys, Floats]:
    """Return the runs that stand in two texts or more, `most` of the most frequent, and how much each tells."""
    ordered = np.sort(found.keys)
    begins = np.flatnonzero(_first_of_equals(ordered))
    frequency = np.diff(begins, append=len(ordered))
    least = 2
    if np.count_nonzero(frequency >= least) > most:
        least = int(np.sort(frequency)[-most]) + 1
    kept = frequency >= least
    keys = ordered[begins][kept]
    rarity = np.log((1 + found.texts) / (1 + frequency[kept])) + 1
    rarity[keys >= _FIRST_TRIGRAM] *= _TRIGRAM_WEIGHT
    return keys, rarity.astype(np.float32)


def weigh(found: Grams, keys: Keys, rarity: Floats) -> Weighed:
    """Return texts over a vocabulary: 1 + log of how often × how much the run tells, each row of unit length."""
    if not len(keys):
        return Weighed(found.rows[:0], found.rows[:0], found.counts[:0], (found.texts, 0))
    at = np.searchsorted(keys, found.keys)
    at[at == len(keys)] = 0
    known = np.flatnonzero(keys[at] == found.keys)
    rows, columns = found.rows[known], at[known]
    values = (1 + np.log(found.counts[known])) * rarity[columns]
    length = np.sqrt(np.bincount(rows, weights=values * values, minlength=found.texts))
    return Weighed(rows, columns, (values / length[rows]).astype(np.float32), (found.texts, len(keys)))
