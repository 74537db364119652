"""`hotline audit` on a real database: silent on a true one, and it names each thing done by a side door."""

import json
from argparse import Namespace
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.command import audit as verb
from shared.command.audit import Report, audit
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.terms import EndReason, FollowUpResult, Role
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.keys import text_digest
from shared.ledger.chain import link
from tests.integration.stage import EXPERT, HANDLER, OPERATOR, OTHER_UNIT, ROUTER, SUPERVISOR, TIME, Stage
from worker.handlers import time_handlers


def look(stage: Stage) -> Report:
    return audit(stage.engine.url.render_as_string(hide_password=False))


def codes(stage: Stage) -> list[str]:
    return sorted({found.code for found in look(stage).differences})


def caller_of(ticket: Ticket) -> Viewer:
    return Viewer(Role.CALLER, ticket.city, ticket_id=ticket.id)


def many_lives(stage: Stage) -> list[Ticket]:
    """One ticket for each way through the house."""
    closed = stage.resolved()
    stage.act(c.FollowUp, closed.id, OPERATOR, result=FollowUpResult.SOLVED, call_rating=5)
    again = stage.resolved(email="a@b.example")
    stage.act(c.FollowUp, again.id, OPERATOR, result=FollowUpResult.NOT_SOLVED)
    unreachable = stage.resolved()
    stage.act(c.FollowUp, unreachable.id, OPERATOR, result=FollowUpResult.UNREACHABLE)
    stage.act(c.Close, unreachable.id, SUPERVISOR, end_reason=EndReason.UNREACHABLE)
    told, untold = stage.resolved(), stage.resolved()
    stage.act(c.Confirm, told.id, caller_of(told), solved=True, matter_rating=4)
    stage.act(c.Confirm, told.id, caller_of(told), solved=False, reason="又漏了")
    stage.act(c.Confirm, untold.id, caller_of(untold), solved=False, reason="还漏")
    withdrawn = stage.dispatched()
    stage.act(c.Withdraw, withdrawn.id, OPERATOR)
    refused = stage.register()
    stage.act(c.NotAccept, refused, OPERATOR, public="请找公安机关。")
    answered = stage.register()
    stage.act(c.AnswerDirectly, answered, OPERATOR, public="工作日九点开门。")
    seat = stage.register()
    stage.act(c.SendToSeat, seat, ROUTER, skill="tax")
    stage.act(c.Take, seat, EXPERT)
    triage = stage.register()
    stage.act(c.SendToTriage, triage, ROUTER, why="没有把握")
    returned = stage.dispatched()
    stage.act(c.Sign, returned.id, HANDLER)
    stage.act(c.Return, returned.id, HANDLER, basis="三定方案", reason="不是我们的职责")
    moved = stage.dispatched()
    stage.act(c.Redispatch, moved.id, SUPERVISOR, unit=OTHER_UNIT, reason="职责调整")
    stage.act(c.Supplement, moved.id, OPERATOR, text="还有一处。")
    stage.act(c.Urge, moved.id, OPERATOR)
    late = stage.dispatched()
    assert late.due_at is not None
    stage.set_clock(late.due_at + timedelta(seconds=1))
    for kind in (JobKind.WARN, JobKind.OVERDUE, JobKind.RED):
        stage.work(time_handlers(stage.ledger, TIME), kind)
    fresh = stage.register()
    return [stage.ticket(one) for one in (closed.id, again.id, seat, triage, returned.id, moved.id, late.id, fresh)]


def quiet_jobs(stage: Stage) -> None:
    """Notices and routing have no consumer here; what waits for them is not late."""
    stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind IN ('notify', 'route') AND state = 'todo'")


def test_a_database_written_by_the_ledger_has_no_difference(stage: Stage) -> None:
    many_lives(stage)
    quiet_jobs(stage)
    report = look(stage)
    assert report.differences == []
    assert (report.tickets, report.events > 30) == (14, True)


SIDE_DOORS = {
    "a row moved to another unit": (
        "UPDATE ticket SET unit = 'housing', holder_id = 'housing' WHERE id = :unit",
        {"replay_differs"},
    ),
    "a due time pushed back": (
        "UPDATE ticket SET due_at = due_at + interval '1 day' WHERE id = :unit",
        {"replay_differs"},
    ),
    "an event rewritten": (
        "UPDATE ticket_event SET body = replace(body, 'water_affairs', 'housing') WHERE ticket_id = :unit AND seq = 2",
        {"chain_broken", "replay_differs"},
    ),
    "an event removed": (
        "DELETE FROM ticket_event WHERE ticket_id = :unit AND seq = 1",
        {"chain_broken", "cannot_replay"},
    ),
    "the last event removed": (
        "DELETE FROM ticket_event WHERE ticket_id = :moved AND seq = (SELECT seq FROM ticket WHERE id = :moved)",
        {"chain_broken", "replay_differs"},
    ),
    "an event's instant changed": (
        "UPDATE ticket_event SET at = at - interval '1 hour' WHERE ticket_id = :unit AND seq = 2",
        {"event_differs"},
    ),
    "the caller's words changed": (
        "UPDATE ticket_text SET text = '另一件事' WHERE ticket_id = :unit AND part = 'body'",
        {"text_changed"},
    ),
    "the caller's words removed": (
        "DELETE FROM ticket_text WHERE ticket_id = :unit AND part = 'body'",
        {"text_missing"},
    ),
    "words slipped in": (
        "INSERT INTO ticket_text VALUES (:unit, 2, 'public', '没有说过的话', '')",
        {"unnamed_rows"},
    ),
    "a lost route job": ("DELETE FROM job WHERE kind = 'route' AND ticket_id = :fresh", {"holder_cannot_act"}),
    "a route job too many": (
        "UPDATE job SET state = 'todo' WHERE kind = 'route' AND ticket_id = :unit",
        {"route_job_left"},
    ),
    "a lost warning": (
        "DELETE FROM job WHERE kind = 'warn' AND state = 'todo' AND ticket_id = :unit",
        {"wrong_instants_armed"},
    ),
    "a warning at the wrong time": (
        "UPDATE job SET due_at = due_at + interval '1 h' WHERE kind = 'warn' AND state = 'todo' AND ticket_id = :unit",
        {"wrong_instants_armed"},
    ),
    "a warning armed twice": (
        (
            "INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)"
            " SELECT ticket_id, cause_seq, kind, 'again', state, due_at, 0, 0 FROM job"
            " WHERE kind = 'warn' AND state = 'todo' AND ticket_id = :unit"
        ),
        {"wrong_instants_armed"},
    ),
    "a warning armed for a closed ticket": (
        (
            "UPDATE job SET state = 'todo', due_at = business_now() + interval '1 day'"
            " WHERE kind = 'warn' AND ticket_id = :closed"
        ),
        {"wrong_instants_armed"},
    ),
    "a holder that does not exist": (
        "UPDATE ticket SET unit = 'nowhere', holder_id = 'nowhere' WHERE id = :unit",
        {"replay_differs", "holder_cannot_act"},
    ),
    "an archived ticket that is not finished": (
        (
            "ALTER TABLE ticket DROP CONSTRAINT ticket_check1;"
            "UPDATE ticket SET holder_kind = 'archive', holder_id = '' WHERE id = :triage"
        ),
        {"replay_differs", "holder_cannot_act"},
    ),
    "a job given up in silence": (
        "UPDATE job SET state = 'dead' WHERE kind = 'warn' AND state = 'todo' AND ticket_id = :unit",
        {"dead_without_burial"},
    ),
    "a job that nobody does": (
        "UPDATE job SET due_at = business_now() - interval '2 minutes' WHERE kind = 'route' AND ticket_id = :fresh",
        {"job_late"},
    ),
    "a notice left half sent": (
        (
            "UPDATE job SET state = 'done' WHERE kind = 'notify' AND ticket_id = :told AND cause_seq = 1;"
            "INSERT INTO notice VALUES (:told, 1, 'email:caller', 'sending', 1, 'x', NULL, now())"
        ),
        {"notice_left_sending"},
    ),
    "a notice that only its job remembers": (
        "UPDATE job SET state = 'done', outcome = 'done' WHERE kind = 'notify' AND ticket_id = :told AND cause_seq = 1",
        {"notice_missing"},
    ),
}


@pytest.mark.parametrize("door", SIDE_DOORS)
def test_a_side_door_is_found(stage: Stage, door: str) -> None:
    closed = stage.resolved()
    stage.act(c.FollowUp, closed.id, OPERATOR, result=FollowUpResult.SOLVED)
    unit, moved, told = stage.dispatched(), stage.dispatched(), stage.register(email="a@b.example")
    stage.act(c.Redispatch, moved.id, SUPERVISOR, unit=OTHER_UNIT, reason="职责调整")
    triage, fresh = stage.register(), stage.register()
    stage.act(c.SendToTriage, triage, ROUTER, why="没有把握")
    assert codes(stage) == []
    named = {"unit": unit.id, "moved": moved.id, "told": told, "triage": triage, "fresh": fresh, "closed": closed.id}
    statement, expected = SIDE_DOORS[door]
    for one in statement.split(";"):
        stage.as_owner(one, **{name: value for name, value in named.items() if f":{name}" in one})
    assert expected <= set(codes(stage))


def test_a_difference_is_reported_with_the_tickets_number(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.as_owner("UPDATE ticket SET urged_count = 7")
    [found] = look(stage).differences
    assert (found.ticket_id, found.code, found.detail) == (ticket.id, "replay_differs", "urged_count")
    assert found.number is not None
    assert found.number.replace(" ", "").startswith("260907")


def test_an_erased_text_is_no_difference(stage: Stage) -> None:
    stage.dispatched()
    stage.as_owner("UPDATE ticket_text SET text = NULL, salt = NULL")
    assert codes(stage) == []


def test_a_forged_log_with_true_hashes_is_still_no_legal_path(stage: Stage) -> None:
    ticket_id = stage.register()
    row = stage.rows("SELECT body, hash FROM ticket_event WHERE ticket_id = :id", id=ticket_id)[0]
    body = json.loads(row["body"])
    body |= {"seq": 2, "kind": "closed", "texts": {}, "actor": {"role": "handler", "id": 3, "unit": "housing"}}
    body["changes"] = {"state": "closed", "holder_kind": "archive"}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    head = link(bytes(row["hash"]), text)
    stage.as_owner(
        "INSERT INTO ticket_event SELECT ticket_id, 2, 'closed', at, :body, :hash FROM ticket_event",
        body=text,
        hash=head,
    )
    stage.as_owner(
        "UPDATE ticket SET seq = 2, material_seq = 2, state = 'closed', holder_kind = 'archive', head = :head",
        head=head,
    )
    assert codes(stage) == ["illegal_actor", "illegal_step", "route_job_left"]


def test_a_warning_before_its_time_is_found(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Sign, ticket.id, HANDLER)
    stage.act(c.Contact, ticket.id, HANDLER)
    stage.set_clock(stage.warn_at(ticket.id))
    stage.work(time_handlers(stage.ledger, TIME), JobKind.WARN)
    quiet_jobs(stage)
    assert codes(stage) == []
    event = stage.rows("SELECT * FROM ticket_event WHERE kind = 'warned'")[0]
    before = stage.rows("SELECT hash FROM ticket_event WHERE seq = 4")[0]["hash"]
    at = (stage.warn_at(ticket.id) - timedelta(hours=1)).isoformat(timespec="microseconds")
    body = json.dumps(json.loads(event["body"]) | {"at": at}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    head = link(bytes(before), body)
    stage.as_owner(
        "UPDATE ticket_event SET body = :body, hash = :hash, at = :at WHERE seq = 5", body=body, hash=head, at=at
    )
    stage.as_owner("UPDATE ticket SET head = :head", head=head)
    assert codes(stage) == ["fired_early"]


def test_a_dead_job_needs_an_alarm_until_a_person_acts(stage: Stage) -> None:
    ticket = stage.dispatched()
    stage.act(c.Bury, ticket.id, TIME, kind="warn", error="RuntimeError")
    stage.as_owner("UPDATE job SET state = 'dead' WHERE kind = 'warn'")
    assert codes(stage) == []
    stage.act(c.Redispatch, ticket.id, SUPERVISOR, unit=OTHER_UNIT, reason="换一个单位办")
    assert stage.ticket(ticket.id).alarm is None
    assert codes(stage) == []


def test_writers_are_not_held_up_and_do_not_disturb(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = [stage.dispatched() for _ in range(3)]
    from shared.command import audit_stream

    true = audit_stream.Snapshot.dossiers

    def slow(self):  # type: ignore[no-untyped-def]
        for dossier in true(self):
            stage.act(c.Sign, tickets.pop().id, HANDLER)
            yield dossier

    monkeypatch.setattr(audit_stream.Snapshot, "dossiers", slow)
    assert codes(stage) == []
    assert tickets == []


def test_the_verb_ends_with_one_on_any_difference_and_speaks_json(
    stage: Stage, as_settings: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    stage.dispatched()
    as_settings(stage)
    assert verb.run(Namespace(json=False, files=False)) == 0
    assert "No difference." in capsys.readouterr().out
    stage.as_owner("UPDATE ticket SET urged_count = 7")
    assert verb.run(Namespace(json=True, files=False)) == 1
    said = json.loads(capsys.readouterr().out)
    assert [found["code"] for found in said["differences"]] == ["replay_differs"]


def test_a_salted_digest_needs_its_salt() -> None:
    assert text_digest(b"1", "水") != text_digest(b"2", "水")
