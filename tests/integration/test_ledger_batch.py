"""Batches of claimed jobs: each ends in its own way, and a lease that has ended ends nothing (FAULTS 4.7)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared import jobs
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.routing import Candidate, Decision
from shared.domain.terms import HolderKind, Nature, Role, Urgency
from shared.domain.viewer import Viewer
from shared.jobs import MAX_ATTEMPTS, MAX_STALES, Claimed
from shared.ledger import Item, Outcome, Verdict
from shared.ledger.write import lock_one
from tests.integration.stage import CITY, HANDLER, OPERATOR, ROUTER, TIME, UNIT, Stage


def claim(stage: Stage) -> list[Claimed]:
    return jobs.claim(stage.engine, JobKind.ROUTE)


def to_unit(job: Claimed, unit: str = UNIT, **more: object) -> Item:
    """Return what the router would ask for a claimed job."""
    return Item(job, c.Dispatch(actor=ROUTER, ticket_id=job.ticket_id or 0, unit=unit, **more))  # type: ignore[arg-type]


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    return [outcome.verdict for outcome in outcomes]


def route_job(stage: Stage, ticket_id: int) -> tuple[str, str | None, str | None, int]:
    job = stage.jobs(ticket_id, JobKind.ROUTE)[0]
    return job["state"], job["outcome"], job["error"], job["attempts"]


def test_a_batch_moves_every_ticket_and_closes_every_job_in_one_transaction(stage: Stage) -> None:
    ids = [stage.register() for _ in range(5)]
    outcomes = stage.ledger.execute_many([to_unit(job) for job in claim(stage)])
    assert verdicts(outcomes) == [Verdict.DONE] * 5
    for ticket_id, outcome in zip(ids, outcomes, strict=True):
        assert stage.ticket(ticket_id) == outcome.ticket
        assert route_job(stage, ticket_id) == ("done", "done", None, 1)
        assert [job["state"] for job in stage.jobs(ticket_id, JobKind.WARN)] == ["todo"]
    assert len(stage.rows("SELECT DISTINCT xmin FROM ticket")) == 1


def test_a_ticket_held_by_a_person_is_busy_and_its_job_comes_back_at_once_with_its_attempt(stage: Stage) -> None:
    held, free = stage.register(), stage.register()
    with stage.engine.begin() as person:
        lock_one(person, held)
        assert verdicts(stage.ledger.execute_many([to_unit(job) for job in claim(stage)])) == ["busy", "done"]
        assert route_job(stage, held) == ("todo", "busy", None, 0)
    assert stage.ticket(free).unit == UNIT
    assert verdicts(stage.ledger.execute_many([to_unit(job) for job in claim(stage)])) == ["done"]


def test_a_ticket_that_a_person_changed_while_the_router_thought_is_stale_and_thought_about_again(stage: Stage) -> None:
    ticket_id = stage.register()
    job = claim(stage)[0]
    stage.act(c.Supplement, ticket_id, OPERATOR, text="是三号楼。")
    assert verdicts(stage.ledger.execute_many([to_unit(job, seen_seq=1)])) == ["stale"]
    assert route_job(stage, ticket_id) == ("todo", "stale", None, 0)
    assert verdicts(stage.ledger.execute_many([to_unit(claim(stage)[0], seen_seq=2)])) == ["done"]


def test_a_ticket_that_is_stale_five_times_goes_to_a_person(stage: Stage) -> None:
    ticket_id = stage.register()
    for n in range(MAX_STALES):
        stage.act(c.Supplement, ticket_id, OPERATOR, text=f"补充 {n}")
        assert verdicts(stage.ledger.execute_many([to_unit(claim(stage)[0], seen_seq=1)])) == ["stale"]
    assert route_job(stage, ticket_id)[0] == "dead"
    assert (stage.ticket(ticket_id).holder_kind, stage.ticket(ticket_id).alarm) == (HolderKind.TRIAGE, "route")
    assert claim(stage) == []


def test_a_job_that_finds_its_ticket_elsewhere_is_refused_and_closed(stage: Stage) -> None:
    ticket_id = stage.register()
    job = claim(stage)[0]
    stage.act(c.SendToTriage, ticket_id, OPERATOR, why="要问清楚")
    # What a disarming that came too late would leave behind.
    stage.as_owner("UPDATE job SET state = 'todo', ended_at = NULL WHERE kind = 'route'")
    late = c.SendToTriage(actor=replace(ROUTER, role=Role.OPERATOR), ticket_id=ticket_id, why="")
    assert verdicts(stage.ledger.execute_many([Item(job, late)])) == ["refused"]
    assert route_job(stage, ticket_id)[:3] == ("done", "refused", "not_now")


def test_an_early_warning_is_moot_and_changes_nothing(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.set_clock(stage.warn_at(ticket.id))
    job = jobs.claim(stage.engine, JobKind.WARN)[0]
    stage.act(c.Redispatch, ticket.id, Viewer(Role.SUPERVISOR, CITY, 2), unit="urban_management", reason="改派")
    stage.as_owner("UPDATE job SET state = 'todo' WHERE id = :id", id=job.id)
    assert verdicts(stage.ledger.execute_many([Item(job, c.Warn(actor=TIME, ticket_id=ticket.id))])) == ["moot"]
    assert "warned" not in stage.events(ticket.id)


def test_a_refused_route_does_not_strand_the_ticket_with_the_router(stage: Stage) -> None:
    ticket_id = stage.register(accused_unit=UNIT)
    assert verdicts(stage.ledger.execute_many([to_unit(claim(stage)[0])])) == ["refused"]
    assert route_job(stage, ticket_id)[:3] == ("dead", "refused", "conflict_of_interest")
    assert (stage.ticket(ticket_id).holder_kind, stage.ticket(ticket_id).alarm) == (HolderKind.TRIAGE, "route")
    assert stage.events(ticket_id) == ["registered", "job_buried"]


def test_a_failed_job_keeps_its_lease_and_its_error_and_is_buried_after_the_fifth_attempt(stage: Stage) -> None:
    ticket_id = stage.register()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        job = claim(stage)[0]
        assert verdicts(stage.ledger.execute_many([Item(job, RuntimeError("王小明 13812345678"))])) == ["failed"]
        if attempt < MAX_ATTEMPTS:
            assert route_job(stage, ticket_id) == ("todo", "failed", "RuntimeError", attempt)
            assert claim(stage) == []
            stage.end_leases()
    assert route_job(stage, ticket_id) == ("dead", "failed", "RuntimeError", MAX_ATTEMPTS)
    assert (stage.ticket(ticket_id).holder_kind, stage.ticket(ticket_id).alarm) == (HolderKind.TRIAGE, "route")
    assert stage.rows("SELECT text FROM ticket_text WHERE part = 'error'") == [{"text": "RuntimeError"}]


def test_what_one_ticket_raises_touches_no_other(stage: Stage) -> None:
    first, poison, last = (stage.register() for _ in range(3))
    one, two, three = claim(stage)
    # A number of more than 64 bits cannot be written down: the error comes late, when the decision is recorded.
    broken = decision(2**70)
    outcomes = stage.ledger.execute_many([to_unit(one), to_unit(two, decision=broken), to_unit(three)])
    assert verdicts(outcomes) == ["done", "failed", "done"]
    assert [stage.ticket(ticket_id).unit for ticket_id in (first, poison, last)] == [UNIT, None, UNIT]
    assert stage.events(poison) == ["registered"]
    assert route_job(stage, poison)[:3] == ("todo", "failed", "TypeError")


def test_a_decision_that_can_never_be_written_leaves_the_ticket_as_it_was_for_a_person(stage: Stage) -> None:
    ticket_id = stage.register()
    for _ in range(MAX_ATTEMPTS):
        job = claim(stage)[0]
        stage.end_leases() if job.attempts < MAX_ATTEMPTS else None
    assert verdicts(stage.ledger.execute_many([to_unit(job, decision=decision(2**70))])) == ["failed"]
    buried = stage.ticket(ticket_id)
    assert (buried.holder_kind, buried.unit, buried.seq) == (HolderKind.TRIAGE, None, 2)
    assert stage.events(ticket_id) == ["registered", "job_buried"]


def decision(score: float) -> Decision:
    chosen = Candidate(HolderKind.UNIT, UNIT, None, score, ("停水",))
    return Decision(chosen, (chosen,), Nature.HELP, Urgency.NORMAL, None, "停水", 0.6, (), "1", "test-1")


def test_an_sql_error_in_one_row_undoes_that_one_only(stage: Stage) -> None:
    first, poison, last = (stage.register() for _ in range(3))
    one, two, three = claim(stage)
    unstorable = Item(two, c.SendToTriage(actor=ROUTER, ticket_id=poison, why="a\0b"))
    assert verdicts(stage.ledger.execute_many([to_unit(one), unstorable, to_unit(three)])) == ["done", "failed", "done"]
    assert [stage.events(ticket_id)[1:] for ticket_id in (first, poison, last)] == [["dispatched"], [], ["dispatched"]]
    assert route_job(stage, poison)[:3] == ("todo", "failed", "DataError")
    assert stage.ticket(poison).seq == 1


def test_two_jobs_of_one_ticket_run_in_order_on_the_ticket_as_the_first_left_it(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.set_clock(stage.clock(ticket.id).overdue_at)
    stage.as_owner(
        "INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)"
        " VALUES (:id, 1, 'warn', 'twin', 'todo', business_now(), 0, 0)",
        id=ticket.id,
    )
    one, two = jobs.claim(stage.engine, JobKind.WARN)
    warn, overdue = c.Warn(actor=TIME, ticket_id=ticket.id), c.MarkOverdue(actor=TIME, ticket_id=ticket.id)
    assert verdicts(stage.ledger.execute_many([Item(one, warn), Item(two, overdue)])) == ["done", "done"]
    assert stage.events(ticket.id)[-2:] == ["warned", "overdue"]
    assert [job["state"] for job in stage.jobs(ticket.id, JobKind.WARN)] == ["done", "done"]


def test_a_batch_without_jobs_does_nothing(stage: Stage) -> None:
    assert stage.ledger.execute_many([]) == []


def late_consumer_acts(stage: Stage) -> list[str]:
    """Let a consumer finish after its lease has ended and another has done the work; return the ticket's events."""
    ticket_id = stage.register()
    slow = claim(stage)[0]
    stage.end_leases()
    quick = claim(stage)[0]
    assert (quick.id, quick.attempts) == (slow.id, slow.attempts + 1)
    stage.ledger.execute_many([Item(quick, c.SendToTriage(actor=ROUTER, ticket_id=ticket_id, why="要问清楚"))])
    stage.ledger.execute_many([to_unit(slow)])
    return stage.events(ticket_id)


def test_a_consumer_whose_lease_has_ended_changes_nothing(stage: Stage) -> None:
    assert late_consumer_acts(stage) == ["registered", "sent_to_triage"]


def test_the_check_above_sees_a_lease_that_is_broken_on_purpose(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = jobs._HOLD_SQL
    token = " WHERE job.state = 'todo' AND job.attempts = c.attempts AND job.leased_until = c.leased_until"
    assert token in whole
    monkeypatch.setattr(jobs, "_HOLD_SQL", whole.replace(token, ""))
    assert late_consumer_acts(stage) == ["registered", "sent_to_triage", "dispatched"]


def test_a_lease_is_known_by_its_instant_too_because_a_refund_gives_the_number_back(stage: Stage) -> None:
    ticket_id = stage.register()
    slow = claim(stage)[0]
    stage.end_leases()
    with stage.engine.begin() as person:
        lock_one(person, ticket_id)
        assert verdicts(stage.ledger.execute_many([to_unit(claim(stage)[0])])) == ["busy"]
    quick = claim(stage)[0]
    assert quick.attempts == slow.attempts + 1
    assert verdicts(stage.ledger.execute_many([to_unit(replace(quick, leased_until=slow.leased_until))])) == ["lost"]
    assert verdicts(stage.ledger.execute_many([to_unit(quick)])) == ["done"]


def test_a_job_that_a_persons_step_cancelled_under_lease_is_lost(stage: Stage) -> None:
    ticket_id = stage.register()
    job = claim(stage)[0]
    stage.act(c.Dispatch, ticket_id, OPERATOR, unit=UNIT)
    stage.act(c.Return, ticket_id, HANDLER, basis="三定方案", reason="不是我们的职责")
    assert verdicts(stage.ledger.execute_many([to_unit(job, "urban_management")])) == ["lost"]
    assert stage.ticket(ticket_id).holder_kind is HolderKind.ROUTER
    assert [one["state"] for one in stage.jobs(ticket_id, JobKind.ROUTE)] == ["cancelled", "todo"]
