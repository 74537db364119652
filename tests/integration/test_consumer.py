"""Claim, think, apply, and the watch beside the bell: whatever breaks, the work is done once (FAULTS 4.6, 4.7)."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from shared import jobs
from shared.bell import SERVICE_OF, Bell
from shared.command.paths import ROOT
from shared.consumer import Handler, drain, through_ledger
from shared.domain import commands as c
from shared.domain.commands import Command
from shared.domain.follow_ups import JobKind
from shared.domain.terms import HolderKind
from shared.jobs import MAX_ATTEMPTS, Claimed
from shared.watch import HARD_LIMIT_SECONDS, SOFT_LIMIT_SECONDS, Watch
from tests.integration.stage import ROUTER, UNIT, Stage


class Thinker:
    """Sends every ticket to one unit and remembers which jobs it thought about together; some tickets are poison."""

    def __init__(self, *poison: int) -> None:
        self.poison, self.batches = poison, list[list[int]]()

    def __call__(self, claimed: Sequence[Claimed]) -> Sequence[Command | Exception]:
        tickets = [job.ticket_id or 0 for job in claimed]
        self.batches.append(tickets)
        if set(tickets) & set(self.poison):
            raise RuntimeError("poison")
        return [c.Dispatch(actor=ROUTER, ticket_id=ticket_id, unit=UNIT) for ticket_id in tickets]


class SilentBell(Bell):
    """Redis as it may be: there, or gone."""

    def __init__(self, *, is_there: bool) -> None:
        super().__init__()
        self.is_there, self.rung = is_there, list[JobKind]()

    def ring_now(self, kind: JobKind) -> bool:
        self.rung.append(kind)
        return self.is_there


def work(stage: Stage, think: Thinker) -> int:
    return drain(stage.engine, JobKind.ROUTE, through_ledger(stage.ledger, think), 5)


def units(stage: Stage, ids: Sequence[int]) -> list[str | None]:
    return [stage.ticket(ticket_id).unit for ticket_id in ids]


def vanish(stage: Stage, times: int) -> None:
    """Let consumers claim what is due and die before they finish."""
    for _ in range(times):
        jobs.claim(stage.engine, JobKind.ROUTE)
        stage.end_leases()


def test_a_batch_is_thought_about_together_outside_any_transaction(stage: Stage) -> None:
    ids = [stage.register() for _ in range(5)]
    open_transactions: list[int] = []

    def think(claimed: Sequence[Claimed]) -> Sequence[Command | Exception]:
        mine = "FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        open_transactions.append(stage.rows(f"SELECT count(*) AS n {mine}")[0]["n"])
        return Thinker()(claimed)

    assert drain(stage.engine, JobKind.ROUTE, through_ledger(stage.ledger, think), 5) == 5
    assert (units(stage, ids), open_transactions) == ([UNIT] * 5, [0])


def test_more_than_a_batch_is_worked_off_in_one_go(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 3)
    monkeypatch.setattr(jobs.claim, "__defaults__", (3,))
    ids = [stage.register() for _ in range(7)]
    think = Thinker()
    assert work(stage, think) == 7
    assert [len(batch) for batch in think.batches] == [3, 3, 1]
    assert units(stage, ids) == [UNIT] * 7


def test_one_poison_ticket_costs_no_neighbour_anything_but_a_second_thought(stage: Stage) -> None:
    ids = [stage.register() for _ in range(4)]
    think = Thinker(ids[1])
    work(stage, think)
    assert think.batches == [ids, [ids[0]], [ids[1]], [ids[2]], [ids[3]]]
    assert units(stage, ids) == [UNIT, None, UNIT, UNIT]


def test_a_job_that_was_tried_before_runs_alone_so_that_its_consumers_death_takes_nobody_along(stage: Stage) -> None:
    old = stage.register()
    vanish(stage, 1)
    fresh = [stage.register(), stage.register()]
    think = Thinker()
    work(stage, think)
    assert think.batches == [[old], fresh]
    assert units(stage, [old, *fresh]) == [UNIT] * 3


def test_a_ticket_that_somebody_holds_keeps_nobody_else_waiting_though_it_was_tried_before(stage: Stage) -> None:
    old = stage.register()
    vanish(stage, 1)
    fresh = stage.register()
    with stage.engine.begin() as somebody:
        somebody.execute(sa.text("SELECT id FROM ticket WHERE id = :id FOR UPDATE"), {"id": old})
        think = Thinker()
        work(stage, think)
    assert think.batches == [[old], [fresh]]
    assert stage.ticket(fresh).unit == UNIT
    assert stage.jobs(old, JobKind.ROUTE)[0]["attempts"] == 1


def test_a_death_counts_for_nothing_that_had_not_begun(stage: Stage) -> None:
    ids = [stage.register() for _ in range(3)]
    for _ in range(3):
        vanish(stage, 1)
    assert [stage.jobs(one, JobKind.ROUTE)[0]["attempts"] for one in ids] == [3, 1, 1]


def test_nothing_is_begun_when_there_is_no_time(stage: Stage) -> None:
    stage.register()
    assert drain(stage.engine, JobKind.ROUTE, through_ledger(stage.ledger, Thinker()), 0) == 0


def test_answers_that_do_not_fit_the_questions_are_nobodys(stage: Stage) -> None:
    stage.register()
    with pytest.raises(ValueError, match="zip"):
        drain(stage.engine, JobKind.ROUTE, through_ledger(stage.ledger, lambda _: []), 5)
    assert stage.jobs(1, JobKind.ROUTE)[0]["state"] == "todo"


def watch(stage: Stage, think: Thinker, *, redis: bool) -> tuple[Watch, SilentBell]:
    bell = SilentBell(is_there=redis)
    handlers: Mapping[JobKind, Handler] = {JobKind.ROUTE: through_ledger(stage.ledger, think)}
    return Watch(stage.engine, bell, stage.ledger, handlers), bell


def be_late(stage: Stage, seconds: float) -> None:
    stage.as_owner("UPDATE job SET due_at = due_at - make_interval(secs => :seconds)", seconds=seconds)


def test_the_watch_rings_for_what_is_due_and_leaves_the_work_to_others(stage: Stage) -> None:
    ticket_id, think = stage.register(), Thinker()
    looking, bell = watch(stage, think, redis=True)
    looking.look()
    assert (bell.rung, think.batches) == ([JobKind.ROUTE], [])
    assert stage.ticket(ticket_id).holder_kind is HolderKind.ROUTER


def test_the_watch_is_silent_when_nothing_is_due_or_all_is_in_hand(stage: Stage) -> None:
    looking, bell = watch(stage, Thinker(), redis=True)
    looking.look()
    stage.register()
    jobs.claim(stage.engine, JobKind.ROUTE)
    looking.look()
    assert bell.rung == []


@pytest.mark.parametrize(
    ("redis", "late"), [(False, 0.0), (True, 3.5)], ids=["with Redis gone", "when the bell is not heard"]
)
def test_the_watch_does_the_work_itself(stage: Stage, redis: bool, late: float) -> None:
    ids = [stage.register() for _ in range(3)]
    be_late(stage, late)
    looking, _ = watch(stage, Thinker(), redis=redis)
    looking.look()
    assert units(stage, ids) == [UNIT] * 3


def test_two_watches_and_a_consumer_at_once_do_each_job_once(stage: Stage) -> None:
    ids = [stage.register() for _ in range(6)]
    think = Thinker()
    for looking, _ in (watch(stage, think, redis=False), watch(stage, think, redis=False)):
        looking.look()
    work(stage, think)
    assert sorted(ticket_id for batch in think.batches for ticket_id in batch) == ids
    assert all(stage.events(ticket_id) == ["registered", "dispatched"] for ticket_id in ids)


def test_a_job_whose_every_consumer_vanished_is_buried_by_the_watch_and_its_ticket_goes_to_a_person(
    stage: Stage,
) -> None:
    ticket_id = stage.register()
    vanish(stage, MAX_ATTEMPTS)
    looking, _ = watch(stage, Thinker(), redis=True)
    looking.look()
    job = stage.jobs(ticket_id, JobKind.ROUTE)[0]
    assert (job["state"], job["error"]) == ("dead", "Refused: vanished")
    assert (stage.ticket(ticket_id).holder_kind, stage.ticket(ticket_id).alarm) == (HolderKind.TRIAGE, "route")


def test_a_last_attempt_that_is_still_running_is_never_buried(stage: Stage) -> None:
    ticket_id = stage.register()
    vanish(stage, MAX_ATTEMPTS - 1)
    running = jobs.claim(stage.engine, JobKind.ROUTE)
    looking, _ = watch(stage, Thinker(), redis=True)
    looking.look()
    through_ledger(stage.ledger, Thinker())(running)
    assert stage.ticket(ticket_id).unit == UNIT


def test_the_watch_waits_for_a_database_that_is_gone_and_goes_on(stage: Stage) -> None:
    stage.register()
    looking, _ = watch(stage, Thinker(), redis=False)
    tries: list[Any] = []

    def look() -> None:
        tries.append(None)
        if len(tries) == 1:
            raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))
        looking._stop.set()

    looking.look = look  # type: ignore[method-assign]
    looking._stop.wait = lambda _timeout=None: looking._stop.is_set()  # type: ignore[method-assign]
    looking.run()
    assert len(tries) == 2


def test_every_kind_of_job_has_exactly_one_consumer_and_every_bell_one_that_hears_it(
    stage: Stage, as_settings: Callable[[Stage], None]
) -> None:
    as_settings(stage)
    import router.app  # an app is made when its module is read, from the settings there are then
    import worker.app

    for service, app, handlers in (
        ("router", router.app.app, router.handlers.handlers),
        ("worker", worker.app.app, worker.handlers.handlers),
    ):
        assert {name for name in app.tasks if not name.startswith("celery.")} == {f"{service}.work"}
        assert app.conf.task_default_queue == service
        assert set(handlers()) == {kind for kind, name in SERVICE_OF.items() if name == service}
    assert set(SERVICE_OF) == set(JobKind)


def test_a_watch_that_hangs_is_gone_before_the_lease_ends(stage: Stage) -> None:
    left: list[float] = []

    def note(_claimed: Sequence[Claimed]) -> None:
        left.append(signal.getitimer(signal.ITIMER_REAL)[0])

    stage.register()
    Watch(stage.engine, SilentBell(is_there=False), stage.ledger, {JobKind.ROUTE: note}).look()
    assert SOFT_LIMIT_SECONDS - 10 < left[0] <= SOFT_LIMIT_SECONDS < HARD_LIMIT_SECONDS
    assert min(jobs.LEASE_SECONDS.values()) > HARD_LIMIT_SECONDS
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_what_hangs_is_told_so_and_then_cannot_keep_the_process() -> None:
    hangs = (
        "from shared.watch import limited\n"
        "from celery.exceptions import SoftTimeLimitExceeded\n"
        "with limited(0.3, 3):\n"
        "    try:\n"
        "        while True: sum(range(1000))\n"
        "    except SoftTimeLimitExceeded: print('told', flush=True)\n"
        "    sum(iter(int, 1))"
    )
    done = subprocess.run([sys.executable, "-c", hangs], cwd=ROOT, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, b"line 7" in done.stderr) == (1, b"told\n", True)
