"""Wrong clocks (FAULTS T23, T24), by libfaketime."""

import atexit
import os
import tempfile
from functools import partial
from pathlib import Path

from tests.faults.catalogue import LEASE, PASSING, Skipped, fault
from tests.faults.keeper import Options
from tests.faults.stack import wait
from tests.faults.trial import Trial

_LIBRARY = "faketime/libfaketimeMT.so.1"
_PLACES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib")
LIBRARY = next((f"{place}/{_LIBRARY}" for place in _PLACES if Path(place, _LIBRARY).exists()), "")
# Only `time()` is wrong: durations are measured as ever.
HONEST = {"DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
OFFSET = Path(tempfile.gettempdir()) / f"hotline-faults-{os.getpid()}.faketime"
UNDER_FAKETIME = (
    "env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={OFFSET}", "FAKETIME_NO_CACHE=1",
    *(f"{name}={value}" for name, value in HONEST.items()),
)  # fmt: skip
CLOCKED = ("worker", "worker-watch")


def need_faketime() -> None:
    """Skip where there is no such library."""
    if not LIBRARY:
        raise Skipped("libfaketime is not installed")


@fault("T23", holds="nothing fires early by the database's time; the start says that the clock is wrong", outage=LEASE)
def a_workers_clock(trial: Trial) -> None:
    """The worker and its watch run with a clock an hour ahead, then an hour behind, 10 s each."""
    need_faketime()
    for times, offset in enumerate(("+1h", "-1h"), 1):
        for program in CLOCKED:
            trial.stack.restart(program, LD_PRELOAD=LIBRARY, FAKETIME=offset, **HONEST)
        wait(partial(_have_said, trial, times), "worker and watch to say that their clock is wrong", 90)
        trial.pause(8)
    for program in CLOCKED:
        trial.stack.restart(program)


def _have_said(trial: Trial, times: int) -> bool:
    return all(trial.stack.log(program, 3000).count("clock_differs") >= times for program in CLOCKED)


@fault(
    "T24", holds="nothing fires twice; what is late fires once", answers=PASSING, is_alone=True,
    stack=Options(clock_speed=60, before_postgres=UNDER_FAKETIME if LIBRARY else ()),
    without=("I6 instants fire in time",),  # in real time: its clock is what is broken
)  # fmt: skip
def the_databases_clock(trial: Trial) -> None:
    """The database's clock jumps by 10 minutes between restarts: behind, back, ahead, where it stays."""
    need_faketime()
    atexit.register(OFFSET.unlink, missing_ok=True)  # read until the very end
    for offset in ("-600", "+0", "+600"):
        trial.stack.stop("postgres")
        OFFSET.write_text(f"{offset}\n")
        OFFSET.chmod(0o644)
        trial.stack.start("postgres")
        wait(trial.stack.can_ask, "PostgreSQL to answer", 60)
        trial.await_answer(30)
        trial.pause(5)
