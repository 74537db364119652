"""How fast this machine is just now, by a fixed loop of our own: what the product does says nothing about it."""

import hashlib
import time
from dataclasses import dataclass
from statistics import median
from typing import Self

DIGESTS, RUNS = 100_000, 7
REFERENCE_SECONDS = 0.06  # each run, with two processors that others leave alone
MOST_TIMES = 2.0


@dataclass(frozen=True)
class Pace:
    """How many times as slow as the reference machine this one is."""

    times: float = 1.0

    @classmethod
    def measured(cls) -> Self:
        """Measure it, in about a second."""
        return cls(median(_run() for _ in range(RUNS)) / REFERENCE_SECONDS)

    @property
    def slowness(self) -> float:
        """What to multiply a bound by that says how fast something is, never one that says what must not happen."""
        return min(max(1.0, self.times), MOST_TIMES)

    @property
    def is_fit(self) -> bool:
        """Tell whether such bounds say anything about the product here."""
        return self.times <= MOST_TIMES


def _run() -> float:
    began, digest = time.perf_counter(), b""
    for _ in range(DIGESTS):
        digest = hashlib.blake2b(digest).digest()
    return time.perf_counter() - began
