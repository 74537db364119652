"""Everything at random (FAULTS T6)."""

from functools import partial

from tests.faults.catalogue import BREAKING, LEASE, fault
from tests.faults.nemesis import rage
from tests.faults.trial import Trial

SEEDS = 3
MINUTES, LONG_MINUTES = 2, 30


def _mix(minutes: float, trial: Trial) -> None:
    count = rage(trial, minutes * 60)
    trial.note(f"{count} faults")


def _enter(name: str, minutes: int, *, in_full: bool) -> None:
    mix = partial(_mix, minutes)
    mix.__doc__ = f"A random mix of all the others for {minutes} minutes."
    # Instants wait while the database or their consumer is away, and the mix never gives them rest.
    fault(
        name, holds="0 lost", answers=BREAKING, outage=LEASE + 60, per_second=60, is_alone=True, in_full=in_full
    )(mix)  # fmt: skip


for _number in range(SEEDS):
    _enter("T6" + "abc"[_number], MINUTES, in_full=True)
_enter("T6", LONG_MINUTES, in_full=False)
