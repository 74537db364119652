"""The worker as time: warnings, overdue and the daily tidying, on real jobs in a real database."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from shared.cities.load import load_city
from shared.consumer import Handler, through_ledger
from shared.domain import commands as c
from shared.domain.clocks import Card
from shared.domain.follow_ups import JobKind
from shared.domain.terms import HolderKind, State
from shared.domain.terms import Stage as Stages
from shared.jobs import MAX_ATTEMPTS, claim
from shared.ledger.write import lock_one
from tests.integration.stage import CITY, HANDLER, MONDAY, OPERATOR, OTHER_UNIT, TIME, Stage
from worker.handlers import time_handlers
from worker.tidying import Tidying, next_occasion

RULES = load_city(CITY)
TICK = timedelta(seconds=1)


@pytest.fixture
def handlers(stage: Stage) -> Mapping[JobKind, Handler]:
    return time_handlers(stage.ledger, TIME)


def test_a_ticket_is_warned_once_and_never_early(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.dispatched()
    stage.set_clock(stage.warn_at(ticket.id) - timedelta(hours=1))
    assert stage.work(handlers, JobKind.WARN) == 0
    stage.set_clock(stage.warn_at(ticket.id))
    assert stage.work(handlers, JobKind.WARN) == 1
    assert stage.work(handlers, JobKind.WARN) == 0
    assert stage.events(ticket.id).count("warned") == 1
    assert stage.ticket(ticket.id).is_warned


def test_a_warning_arms_the_overdue_instant_and_nothing_else(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.dispatched()
    assert not [job for job in stage.jobs(ticket.id, JobKind.OVERDUE) if job["part"] == "reply"]
    stage.set_clock(stage.warn_at(ticket.id))
    stage.work(handlers, JobKind.WARN)
    armed = [job for job in stage.jobs(ticket.id, JobKind.OVERDUE) if job["part"] == "reply"]
    overdue_at = stage.clock(ticket.id).overdue_at
    assert [(job["state"], job["due_at"], job["cause_seq"]) for job in armed] == [("todo", overdue_at, 3)]


def test_a_ticket_is_overdue_strictly_after_its_due_time_and_once(
    stage: Stage, handlers: Mapping[JobKind, Handler]
) -> None:
    ticket = stage.dispatched()
    assert ticket.due_at is not None
    stage.set_clock(stage.warn_at(ticket.id))
    stage.work(handlers, JobKind.WARN)
    stage.set_clock(ticket.due_at - timedelta(minutes=1))
    stage.work(handlers, JobKind.OVERDUE)
    assert "overdue" not in stage.events(ticket.id)
    stage.set_clock(ticket.due_at + TICK)
    assert stage.work(handlers, JobKind.OVERDUE) == 1
    assert stage.work(handlers, JobKind.OVERDUE) == 0
    assert [kind for kind in stage.events(ticket.id) if kind in ("warned", "overdue")] == ["warned", "overdue"]
    happened = stage.rows("SELECT at FROM ticket_event WHERE ticket_id = :id AND kind = 'overdue'", id=ticket.id)
    assert happened[0]["at"] > ticket.due_at


def test_a_ticket_whose_due_time_passed_in_an_outage_is_warned_and_overdue_in_order(
    stage: Stage, handlers: Mapping[JobKind, Handler]
) -> None:
    ticket = stage.dispatched()
    assert ticket.due_at is not None
    stage.set_clock(ticket.due_at + timedelta(days=2))
    stage.work(handlers, JobKind.WARN)
    stage.work(handlers, JobKind.OVERDUE)
    assert [kind for kind in stage.events(ticket.id) if kind in ("warned", "overdue")] == ["warned", "overdue"]


def test_the_red_card_comes_with_the_next_working_day(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.dispatched()
    red_at = stage.clock(ticket.id).red_at
    assert red_at is not None
    stage.set_clock(red_at)
    for kind in (JobKind.WARN, JobKind.OVERDUE, JobKind.RED):
        stage.work(handlers, kind)
    assert [kind for kind in stage.events(ticket.id) if kind in ("warned", "overdue", "red_carded")] == [
        "warned", "overdue", "red_carded",
    ]  # fmt: skip
    assert stage.clock(ticket.id).card is Card.RED


def test_a_stage_that_nobody_ends_is_overdue_by_itself(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.dispatched()
    stage.set_clock(stage.clock(ticket.id, Stages.SIGN).overdue_at)
    stage.work(handlers, JobKind.OVERDUE)
    told = stage.rows("SELECT body FROM ticket_event WHERE kind = 'stage_overdue' ORDER BY seq")
    assert {json.loads(row["body"])["facts"]["stage"] for row in told} == {"sign", "first_contact"}
    assert not stage.ticket(ticket.id).is_overdue


def test_nothing_is_armed_while_a_reply_waits_and_the_clock_goes_on_after_a_redo(stage: Stage) -> None:
    ticket = stage.resolved()
    assert [job["state"] for job in stage.jobs(ticket.id, JobKind.WARN)] == ["cancelled"]
    stage.act(c.Redo, ticket.id, OPERATOR, reason="还是没有水")
    assert [job["state"] for job in stage.jobs(ticket.id, JobKind.WARN)] == ["cancelled", "todo"]


def test_an_amendment_while_a_reply_waits_starts_no_clock(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Sign, ticket.id, HANDLER)
    stage.act(c.Reply, ticket.id, HANDLER, public="已经修好。", internal="修好", contacted=True)
    stage.act(c.Amend, ticket.id, OPERATOR, reason="区县登记错了", county=next(iter(RULES.counties)))
    assert [job["state"] for job in stage.jobs(ticket.id, JobKind.WARN)] == ["cancelled"]


def test_a_warning_that_finds_the_ticket_resolved_is_moot(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.resolved()
    # What a disarming that came too late would leave behind.
    stage.as_owner("UPDATE job SET state = 'todo' WHERE kind = 'warn' AND ticket_id = :id", id=ticket.id)
    stage.set_clock(stage.warn_at(ticket.id) + TICK)
    stage.work(handlers, JobKind.WARN)
    assert [(job["state"], job["outcome"]) for job in stage.jobs(ticket.id, JobKind.WARN)] == [("done", "moot")]
    assert "warned" not in stage.events(ticket.id)


def test_a_re_dispatch_moves_the_warning_to_the_new_due_time(stage: Stage, handlers: Mapping[JobKind, Handler]) -> None:
    ticket = stage.dispatched()
    first = stage.warn_at(ticket.id)
    stage.set_clock(MONDAY + timedelta(days=2))
    stage.act(c.Return, ticket.id, HANDLER, basis="三定方案", reason="不是我们的职责")
    stage.act(c.Dispatch, ticket.id, OPERATOR, unit=OTHER_UNIT)
    todo = [job for job in stage.jobs(ticket.id, JobKind.WARN) if job["state"] == "todo"]
    assert [job["due_at"] for job in todo] == [stage.warn_at(ticket.id)]
    assert stage.warn_at(ticket.id) != first


def test_a_poison_job_is_given_up_after_five_attempts_with_an_alarm(stage: Stage) -> None:
    poison, healthy = stage.dispatched(), stage.dispatched()

    def think(claimed):  # type: ignore[no-untyped-def]
        if any(job.ticket_id == poison.id for job in claimed):
            raise RuntimeError("poison")
        return [c.Warn(actor=TIME, ticket_id=job.ticket_id) for job in claimed]

    handlers = {JobKind.WARN: through_ledger(stage.ledger, think)}
    stage.set_clock(stage.warn_at(poison.id) + TICK)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        stage.work(handlers, JobKind.WARN)
        assert stage.jobs(poison.id, JobKind.WARN)[0]["attempts"] == attempt
        stage.end_leases()
    assert [(job["state"], job["error"]) for job in stage.jobs(poison.id, JobKind.WARN)] == [("dead", "RuntimeError")]
    buried = stage.ticket(poison.id)
    assert (buried.alarm, buried.holder_kind) == ("warn", HolderKind.UNIT)
    assert stage.events(poison.id)[-1] == "job_buried"
    assert stage.ticket(healthy.id).is_warned


def test_the_first_tidying_is_the_next_half_past_three_in_the_citys_night() -> None:
    zone = RULES.zone
    part, due_at = next_occasion(MONDAY, zone)
    assert (part, due_at.astimezone(zone).hour, due_at.astimezone(zone).minute) == ("2026-09-08", 3, 30)
    assert next_occasion(due_at, zone)[0] == "2026-09-09"


def test_tidying_removes_what_ended_a_week_ago_and_arms_the_next_night(stage: Stage) -> None:
    tidying = Tidying(stage.engine, RULES.zone)
    old, fresh = stage.resolved(), stage.resolved()
    stage.as_owner("UPDATE job SET ended_at = ended_at - interval '8 days' WHERE ticket_id = :id", id=old.id)
    stage.as_owner("UPDATE idempotency SET at = at - interval '8 days' WHERE ticket_id = :id", id=old.id)
    tidying.arm()
    tidying.arm()
    part, due_at = next_occasion(MONDAY, RULES.zone)
    assert [(job["part"], job["due_at"]) for job in stage.jobs(None, JobKind.TIDY)] == [(part, due_at)]
    stage.set_clock(due_at)
    assert stage.work({JobKind.TIDY: tidying.handle}, JobKind.TIDY) == 1
    left = stage.rows("SELECT ticket_id FROM job WHERE state <> 'todo' AND ticket_id IS NOT NULL")
    assert {row["ticket_id"] for row in left} == {fresh.id}
    assert [row["ticket_id"] for row in stage.rows("SELECT ticket_id FROM idempotency")] == [fresh.id]
    assert stage.rows("SELECT count(*) AS n FROM job WHERE state = 'todo' AND ticket_id = :id", id=old.id)
    assert [job["state"] for job in stage.jobs(None, JobKind.TIDY)] == ["done", "todo"]


def test_a_tidying_that_runs_out_of_time_goes_on_where_it_stopped(stage: Stage) -> None:
    for _ in range(2):
        stage.resolved()
    tidying = Tidying(stage.engine, RULES.zone, budget_seconds=0)
    tidying.arm()
    stage.set_clock(next_occasion(MONDAY, RULES.zone)[1])
    job = claim(stage.engine, JobKind.TIDY)
    tidying.handle(job)
    parts = [(job["part"], job["state"]) for job in stage.jobs(None, JobKind.TIDY)]
    assert parts == [("2026-09-08", "done"), ("2026-09-09", "todo"), ("2026-09-08:0", "todo")]
    assert stage.work({JobKind.TIDY: Tidying(stage.engine, RULES.zone).handle}, JobKind.TIDY) == 1
    assert [job["state"] for job in stage.jobs(None, JobKind.TIDY)] == ["done", "todo", "done"]


def test_a_ticket_that_a_person_holds_is_warned_when_they_let_go(
    stage: Stage, handlers: Mapping[JobKind, Handler]
) -> None:
    ticket = stage.dispatched()
    stage.set_clock(stage.warn_at(ticket.id) + TICK)
    with stage.engine.begin() as person:
        lock_one(person, ticket.id)
        stage.work(handlers, JobKind.WARN)
        assert stage.ticket(ticket.id).state is State.DISPATCHED
        assert [(job["outcome"], job["attempts"]) for job in stage.jobs(ticket.id, JobKind.WARN)] == [("busy", 0)]
    stage.work(handlers, JobKind.WARN)
    assert stage.ticket(ticket.id).is_warned
