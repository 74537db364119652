"""One person's command on one ticket: who wins, who is told so, and what stands in the database afterwards."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa

from shared.database import make_engine
from shared.domain import commands as c
from shared.domain.errors import Conflict, NotYours, Refused
from shared.domain.follow_ups import JobKind
from shared.domain.terms import FollowUpResult, HolderKind, State
from shared.ledger import Ledger
from shared.ledger.write import lock_one
from tests.integration.stage import ANSWER, HANDLER, OPERATOR, OTHER_UNIT, SUPERVISOR, UNIT, Stage, rules_at

THREADS = 32


def job_states(stage: Stage, ticket_id: int, kind: JobKind) -> list[str]:
    return [job["state"] for job in stage.jobs(ticket_id, kind)]


def test_a_whole_life_leaves_a_row_that_says_what_the_commands_did(stage: Stage) -> None:
    ticket = stage.resolved()
    assert (ticket.state, ticket.holder_kind, ticket.unit) == (State.RESOLVED, HolderKind.FOLLOW_UP, UNIT)
    closed = stage.act(c.FollowUp, ticket.id, OPERATOR, result=FollowUpResult.SOLVED, call_rating=5)
    assert stage.ticket(ticket.id) == closed
    assert stage.events(ticket.id) == [
        "registered", "dispatched", "signed", "reply_submitted", "resolved", "followed_up", "closed",
    ]  # fmt: skip
    texts = stage.rows("SELECT part, text FROM ticket_text WHERE ticket_id = :id AND seq = 4", id=ticket.id)
    assert {row["part"]: row["text"] for row in texts} == {"public": ANSWER, "internal": "换管"}


def test_a_command_arms_and_disarms_in_its_own_transaction(stage: Stage) -> None:
    ticket_id = stage.register()
    assert job_states(stage, ticket_id, JobKind.ROUTE) == ["todo"]
    stage.act(c.Dispatch, ticket_id, OPERATOR, unit=UNIT)
    assert job_states(stage, ticket_id, JobKind.ROUTE) == ["cancelled"]
    assert job_states(stage, ticket_id, JobKind.WARN) == ["todo"]
    stage.act(c.Redispatch, ticket_id, SUPERVISOR, unit=OTHER_UNIT, reason="改派")
    assert job_states(stage, ticket_id, JobKind.WARN) == ["cancelled", "todo"]


def test_a_refused_command_writes_nothing(stage: Stage) -> None:
    ticket = stage.dispatched()
    with pytest.raises(Refused):
        stage.act(c.Resolve, ticket.id, HANDLER)
    assert stage.ticket(ticket.id) == ticket
    assert stage.events(ticket.id) == ["registered", "dispatched"]


def test_a_command_that_has_nothing_to_do_writes_nothing(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Take, ticket.id, HANDLER)
    done = stage.ledger.execute(c.Take(actor=HANDLER, ticket_id=ticket.id))
    assert (done.event_count, done.ticket.seq) == (0, 3)
    assert stage.events(ticket.id)[-1] == "taken"


def test_a_missing_ticket_and_a_foreign_one_are_refused_alike(stage: Stage) -> None:
    ticket = stage.dispatched(OTHER_UNIT)
    for ticket_id in (ticket.id, ticket.id + 1, 0, -1, 2**62):
        with pytest.raises(NotYours):
            stage.act(c.Sign, ticket_id, HANDLER)


def test_of_32_people_who_do_the_same_exactly_one_does_it(stage: Stage) -> None:
    ticket = stage.dispatched()
    wide = make_engine(stage.engine.url.render_as_string(hide_password=False), THREADS)
    crowd = Ledger(wide, rules_at, stage.keys, stage.ledger._bell)
    start = threading.Barrier(THREADS)

    def sign(staff_id: int) -> str:
        start.wait()
        try:
            crowd.execute(c.Sign(actor=replace(HANDLER, id=staff_id), ticket_id=ticket.id, seen_seq=ticket.seq))
        except (Conflict, Refused) as refusal:
            return refusal.code
        return "signed"

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            answers = Counter(pool.map(sign, range(100, 100 + THREADS)))
    finally:
        wide.dispose()
    assert answers == {"signed": 1, "not_now": THREADS - 1}
    assert stage.events(ticket.id) == ["registered", "dispatched", "signed"]


def test_different_steps_at_once_are_taken_one_after_the_other_without_losing_any(stage: Stage) -> None:
    ticket = stage.dispatched()
    with ThreadPoolExecutor(4) as pool:
        said = [pool.submit(stage.act, c.Supplement, ticket.id, OPERATOR, text=f"补充{n}") for n in range(20)]
        assert sorted(future.result().seq for future in said) == list(range(3, 23))
    assert stage.ticket(ticket.id).seq == 22


def test_of_two_people_with_one_page_open_the_second_is_told_who_was_first(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Amend, ticket.id, OPERATOR, reason="区县", county="jinjiang", seen_seq=ticket.seq)
    with pytest.raises(Conflict) as conflict:
        stage.act(c.Redispatch, ticket.id, SUPERVISOR, unit=OTHER_UNIT, reason="改派", seen_seq=ticket.seq)
    assert conflict.value.facts == {"seen_seq": 2, "now_seq": 3}


def test_an_urge_in_between_costs_nobody_their_typing(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Urge, ticket.id, OPERATOR)
    assert stage.act(c.Sign, ticket.id, HANDLER, seen_seq=ticket.seq).state is State.SIGNED


def test_who_cannot_get_the_ticket_in_two_seconds_is_let_go(stage: Stage) -> None:
    ticket = stage.dispatched()
    with stage.engine.begin() as somebody:
        lock_one(somebody, ticket.id)
        with pytest.raises(sa.exc.OperationalError) as late:
            stage.act(c.Sign, ticket.id, HANDLER)
    assert isinstance(late.value.orig, psycopg.errors.LockNotAvailable)
    assert stage.act(c.Sign, ticket.id, HANDLER).state is State.SIGNED


def test_whoever_adds_a_row_beside_a_locked_ticket_does_not_wait(stage: Stage) -> None:
    ticket = stage.dispatched()
    with stage.engine.begin() as somebody:
        lock_one(somebody, ticket.id)
        stage.as_owner(
            "INSERT INTO notice VALUES (:id, 1, 'sms:x', 'sending', 1, 'r', NULL, clock_timestamp())", id=ticket.id
        )


def test_time_is_read_after_the_lock_so_that_events_never_stand_in_the_wrong_order(stage: Stage) -> None:
    ticket = stage.dispatched()
    with ThreadPoolExecutor(1) as pool:
        with stage.engine.begin() as first:
            lock_one(first, ticket.id)
            waiting = pool.submit(stage.act, c.Sign, ticket.id, HANDLER)
            first.execute(sa.text("SELECT pg_sleep(0.2)"))
            let_go = first.execute(sa.text("SELECT business_now()")).scalar_one()
        waiting.result()
    signed = stage.rows("SELECT at FROM ticket_event WHERE ticket_id = :id AND kind = 'signed'", id=ticket.id)
    assert signed[0]["at"] > let_go


APPEND_ONLY = ("UPDATE ticket_event SET body = '{}'", "DELETE FROM ticket_event", "TRUNCATE ticket_event",
    "UPDATE access_log SET action = 'nothing'", "DELETE FROM access_log", "TRUNCATE access_log")  # fmt: skip


def test_what_is_append_only_refuses_the_app_role(stage: Stage) -> None:
    stage.register()
    for statement in APPEND_ONLY:
        with stage.engine.begin() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text(statement))


def test_what_is_append_only_refuses_even_its_owner(stage: Stage) -> None:
    stage.register()
    for statement in APPEND_ONLY:
        with stage.owner.begin() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.execute(sa.text(statement))


HOLDERS_THAT_CANNOT_BE = {
    "a unit without a name": "holder_kind = 'unit', holder_id = ''",
    "triage with a unit's name": "holder_kind = 'triage', holder_id = 'water_affairs'",
    "another unit than the lead": "holder_kind = 'unit', holder_id = 'transport'",
    "nobody": "holder_kind = NULL",
    "archived unfinished": "holder_kind = 'archive', holder_id = ''",
    "closed and yet with a unit": "state = 'closed'",
    "with the accused": "accused_unit = unit",
}


def test_the_database_itself_refuses_a_ticket_without_exactly_one_fitting_holder(stage: Stage) -> None:
    stage.dispatched()
    for what, change in HOLDERS_THAT_CANNOT_BE.items():
        with stage.owner.begin() as connection, pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.text(f"UPDATE ticket SET {change} /* {what} */"))  # noqa: S608 - the test's own words
