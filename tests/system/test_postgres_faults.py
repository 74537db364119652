"""PostgreSQL stopped and frozen: 503 within three seconds, never half a ticket, back by itself (FAULTS T14, T15)."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.system.invariants import DUE_AND_UNDONE, WITH_THE_ROUTER, check
from tests.system.load import Load, Told, figures, seed_of_this_run
from tests.system.running import Instance, wait

DOWN_SECONDS = 10.0
# P8. The client measures from its own side of a busy machine, hence the half second.
ANSWER_SECONDS, BACK_SECONDS, LONGEST_SECONDS = 3.5, 10.0, 10.0
HEAL_SECONDS = 75.0


def _under_load(instance: Instance, folder: Path, fault: Callable[[], None], heal: Callable[[], None]) -> Told:
    """Load before, during and after; check what P8 promises. More clients than intake has threads."""
    load = Load(instance.public_url, folder / "history.jsonl", seed_of_this_run(), threads=8, per_second=60).start()
    try:
        time.sleep(3)
        began = time.monotonic()
        fault()
        time.sleep(DOWN_SECONDS)
        heal()
        answers = time.monotonic()
        wait(lambda: any(one.status == 201 and one.at > answers for one in load.told.attempts), "a 201", 30, every=0.02)
        back = time.monotonic() - answers
        time.sleep(3)
    finally:
        told = load.stop()
    wait(lambda: instance.value(WITH_THE_ROUTER) == 0, "all tickets to leave the router", HEAL_SECONDS)
    wait(lambda: instance.value(DUE_AND_UNDONE) == 0, "all due jobs to be done", HEAL_SECONDS)
    refusals = [one for one in told.attempts if one.status == 503]
    slowest = max(one.seconds for one in refusals)
    print(f"{figures(told)}; slowest 503 {slowest:.2f} s; back {back:.2f} s after PostgreSQL")
    during = [one for one in told.attempts if began + 0.5 < one.at and one.at + one.seconds < answers]
    assert during
    assert {one.status for one in told.attempts} == {201, 503}
    assert all(one.retry_after for one in refusals)
    assert slowest <= ANSWER_SECONDS
    assert max(told.latencies()) <= LONGEST_SECONDS
    assert back <= BACK_SECONDS
    check(instance, told)
    return told


def test_postgresql_stopped_at_once_gives_503_and_comes_back_by_itself(fragile: Instance, tmp_path: Path) -> None:
    def heal() -> None:
        fragile.start("postgres")
        wait(fragile.can_ask, "PostgreSQL to answer", 30, every=0.02)

    before = fragile.programs()["intake-public"]
    _under_load(fragile, tmp_path, lambda: fragile.stop("postgres", at_once=True), heal)
    assert fragile.programs()["intake-public"] == before, "no restart of ours was needed"


def test_postgresql_frozen_gives_503_and_comes_back_by_itself(fragile: Instance, tmp_path: Path) -> None:
    frozen = fragile.frozen("postgres")
    _under_load(fragile, tmp_path, frozen.__enter__, lambda: frozen.__exit__(None, None, None))
