"""After an activation every open ticket is counted again, once, whoever is killed meanwhile (REQUIREMENTS K13, K16)."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.command.audit import audit
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Nature
from shared.ledger.write import lock_one
from tests.integration.stage import MONDAY, OPERATOR, Stage
from tests.integration.town import SHIPPED, Town, with_limit

CLOSE = datetime(2026, 9, 10, 9, 0, tzinfo=UTC)  # five in the afternoon of the third working day


@pytest.fixture
def town(stage: Stage) -> Town:
    return Town.of(stage)


def test_a_shorter_limit_moves_due_and_promise_and_the_caller_is_told(town: Town) -> None:
    stage, before = town.stage, town.stage.dispatched(email="a@example.com")
    town.activate(with_limit(3))
    assert town.recount() == 1
    after = stage.ticket(before.id)
    assert (after.due_at, after.promised_at) == (CLOSE, CLOSE)
    assert before.due_at != CLOSE
    assert stage.events(before.id)[-2:] == ["recounted", "promise_moved"]
    told = [job for job in stage.jobs(before.id, JobKind.NOTIFY) if job["cause_seq"] == after.seq]
    assert [job["part"] for job in told] == ["email:caller"]
    report = audit(stage.engine.url.render_as_string(hide_password=False))
    assert report.differences == []


def test_a_ticket_whose_dates_stay_gets_no_event(town: Town) -> None:
    stage = town.stage
    ticket = stage.act(c.Dispatch, stage.register(), OPERATOR, unit="water_affairs", nature=Nature.COMPLAINT)
    town.activate(with_limit(3))
    town.recount()
    assert stage.ticket(ticket.id) == ticket


def test_who_has_been_answered_is_not_promised_another_date(town: Town) -> None:
    ticket = town.stage.resolved(email="a@example.com")
    town.activate(with_limit(3))
    town.recount()
    assert town.stage.ticket(ticket.id).promised_at == ticket.promised_at
    assert "promise_moved" not in town.stage.events(ticket.id)


def test_a_second_sweep_follows_after_a_minute_of_real_time_and_no_third(town: Town) -> None:
    stage = town.stage
    stage.set_clock(MONDAY, speed=1440.0)
    town.activate(with_limit(3))
    town.recount()
    assert town.sweeps() == [("1:0:0", "done", "done"), ("2:0:0", "todo", None)]
    due = stage.jobs(None, JobKind.RECOUNT)[1]["due_at"]
    assert timedelta(seconds=60 * 1440) * 0.9 < due - MONDAY < timedelta(seconds=60 * 1440) * 2
    # A process that had read the old rules just before the commit dispatched this one.
    late = stage.dispatched()
    stage.as_owner("UPDATE ticket SET clocks = jsonb_set(clocks, '{reply,amount}', '7') WHERE id = :id", id=late.id)
    stage.set_clock(due)
    town.recount()
    assert town.sweeps()[1:] == [("2:0:0", "done", "done")]
    assert stage.events(late.id)[-1] == "recounted"


def test_more_tickets_than_one_job_takes_are_taken_by_the_next(stage: Stage) -> None:
    town = Town.of(stage, batch=2)
    tickets = [stage.dispatched() for _ in range(5)]
    town.activate(with_limit(3))
    town.recount()
    assert {stage.ticket(one.id).due_at for one in tickets} == {CLOSE}
    assert [part for part, *_ in town.sweeps()] == ["1:0:0", f"1:{tickets[1].id}:0", f"1:{tickets[3].id}:0", "2:0:0"]


def test_a_worker_killed_half_way_is_followed_by_one_that_does_the_rest_once(town: Town) -> None:
    stage = town.stage
    tickets = [stage.dispatched() for _ in range(3)]
    town.activate(with_limit(3))
    ledger, done = stage.ledger, []

    def execute(command: c.Recount) -> Any:
        if len(done) == 2:
            raise SystemExit  # nothing below it may catch this, as nothing catches a kill
        done.append(command.ticket_id)
        return ledger.execute(command)

    with pytest.raises(SystemExit):
        stage.work(town.handlers(SimpleNamespace(execute=execute)), JobKind.RECOUNT)
    assert town.recount() == 0  # the lease of the dead one still runs
    stage.end_leases()
    assert town.recount() == 1
    assert [stage.events(one.id).count("recounted") for one in tickets] == [1, 1, 1]


def test_a_ticket_that_somebody_holds_is_tried_again(town: Town) -> None:
    stage = town.stage
    first, second = stage.dispatched(), stage.dispatched()
    town.activate(with_limit(3))
    with stage.engine.begin() as somebody:
        lock_one(somebody, first.id)
        town.recount()
    assert [stage.ticket(one.id).due_at for one in (first, second)] == [first.due_at, CLOSE]
    assert town.sweeps()[1][1] == "todo"
    stage.set_clock(stage.jobs(None, JobKind.RECOUNT)[1]["due_at"])
    town.recount()
    assert stage.ticket(first.id).due_at == CLOSE
    assert stage.events(second.id).count("recounted") == 1


def test_the_recount_of_an_activation_that_was_overtaken_is_moot(town: Town) -> None:
    stage, ticket = town.stage, town.stage.dispatched()
    town.activate(with_limit(3))
    town.activate(SHIPPED)
    assert town.recount() == 2
    assert town.sweeps()[:2] == [("1:0:0", "done", "moot"), ("1:0:0", "done", "done")]
    assert stage.ticket(ticket.id) == ticket


def test_there_and_back_is_recounted_each_time(town: Town) -> None:
    ticket = town.stage.dispatched()
    for files, due in ((with_limit(3), CLOSE), (SHIPPED, ticket.due_at), (with_limit(3), CLOSE)):
        town.activate(files)
        town.recount()
        assert town.stage.ticket(ticket.id).due_at == due


def test_a_ticket_that_cannot_be_counted_keeps_no_other_from_it(town: Town) -> None:
    stage = town.stage
    poison, healthy = stage.dispatched(), stage.dispatched()
    ledger = stage.ledger

    def execute(command: c.Recount) -> Any:
        if command.ticket_id == poison.id:
            raise ValueError("no working time")
        return ledger.execute(command)

    town.activate(with_limit(3))
    stage.work(town.handlers(SimpleNamespace(execute=execute)), JobKind.RECOUNT)
    job = stage.jobs(None, JobKind.RECOUNT)[0]
    assert (job["state"], job["outcome"], job["error"]) == ("done", "failed", f"{poison.id} ValueError")
    assert stage.ticket(healthy.id).due_at == CLOSE
