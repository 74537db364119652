"""A service's watch that thinks slowly, and on demand with the lease broken: `python -m tests.faults.consumer SERVICE`.

A seeded bug (FAULTS 5.5, number 5): without it nobody would know whether the checks see anything. Given as
`--without-lease`: the claim leaves the job claimable and whoever comes later closes it nevertheless.
"""

import sys
import time
from collections.abc import Sequence
from importlib import import_module

from sqlalchemy.engine import Connection

from shared import jobs
from shared.service import watch

THINKING_SECONDS = 0.4


def think_slowly() -> None:
    """Let each batch of the router take longer than the broken lease, as a slow model would."""
    module = import_module("router.handlers")
    think = module.think

    def slowly(claimed: Sequence[jobs.Claimed]) -> object:
        time.sleep(THINKING_SECONDS)
        return think(claimed)

    module.think = slowly  # type: ignore[attr-defined]


def without_lease() -> None:
    """Break the lease and the fence behind it."""

    def hold(_connection: Connection, claimed: Sequence[jobs.Claimed]) -> set[int]:
        return {job.id for job in claimed}

    jobs.LEASE_SECONDS = dict.fromkeys(jobs.LEASE_SECONDS, 0)
    jobs.hold = hold  # type: ignore[assignment]


if __name__ == "__main__":
    think_slowly()
    if "--without-lease" in sys.argv:
        without_lease()
    watch(import_module(f"{sys.argv[1]}.handlers").handlers())
