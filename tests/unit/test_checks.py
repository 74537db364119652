"""The audit's pure checks: silent on every life that `decide` allows, and each sees what it is there for."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import Phase, settings
from hypothesis.stateful import invariant

from shared.domain import commands as c
from shared.domain.checks import (
    JobSeen,
    NoticeSeen,
    alarm_differences,
    clock_differences,
    holder_differences,
    notice_differences,
    replay_differences,
    step_differences,
)
from shared.domain.events import EventKind, Recorded
from shared.domain.follow_ups import JobKind
from shared.domain.terms import HolderKind, State
from shared.domain.ticket import evolve
from shared.ledger.chain import recorded_from_body
from tests.unit.scene import CITY, HANDLER, OPERATOR, RULES, TIME, Life, dispatched, in_state, resolved
from tests.unit.test_domain_life import TicketLife


def log_of(life: Life) -> list[Recorded]:
    return [recorded_from_body(body, CITY)[0] for body in life.log]


def jobs_of(life: Life, state: str = "todo") -> list[JobSeen]:
    return [JobSeen(seq, kind, part, state, due, None) for (seq, kind, part), due in life.jobs.items()]


def differences(life: Life) -> list[str]:
    """Return what all checks say of a life together."""
    found, ticket = [], None
    for recorded in log_of(life):
        after = evolve(ticket, recorded)
        found += step_differences(ticket, recorded, after)
        ticket = after
    if ticket is not None:
        found += replay_differences(life.stands, ticket)
        found += holder_differences(ticket, jobs_of(life), RULES)
        found += clock_differences(ticket, jobs_of(life))
        found += alarm_differences(ticket, log_of(life), jobs_of(life))
        found += notice_differences(ticket, [], jobs_of(life))
    return [one.code for one in found]


class AuditedLife(TicketLife):
    """A random life under the auditor's eyes."""

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert differences(self.life) == []


TestAuditedLives = AuditedLife.TestCase
TestAuditedLives.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, phases=(Phase.reuse, Phase.generate)
)


def step(life: Life, kind: EventKind, **more: object) -> Recorded:
    actor, facts = more.pop("actor", OPERATOR), more.pop("facts", {})
    return Recorded(life.stands.seq + 1, kind, life.now, actor, more, facts)  # type: ignore[arg-type]


def codes(life: Life, recorded: Recorded) -> list[str]:
    return [one.code for one in step_differences(life.stands, recorded, evolve(life.stands, recorded))]


def test_a_step_from_the_wrong_state_is_illegal() -> None:
    life = resolved()
    assert codes(life, step(life, EventKind.SIGNED, actor=HANDLER, state="signed")) == ["illegal_step"]


def test_a_step_into_the_wrong_state_is_illegal() -> None:
    life = dispatched()
    assert codes(life, step(life, EventKind.SIGNED, actor=HANDLER, state="resolved")) == ["illegal_step"]


def test_a_step_by_the_wrong_role_is_illegal() -> None:
    life = dispatched()
    assert codes(life, step(life, EventKind.SIGNED, actor=OPERATOR, state="signed")) == ["illegal_actor"]


def test_a_second_registration_is_illegal() -> None:
    life = dispatched()
    assert codes(life, step(life, EventKind.REGISTERED)) == ["illegal_step"]


def test_a_warning_is_neither_early_nor_twice() -> None:
    life = dispatched()
    reply = {"stage": "reply"}
    assert codes(life, step(life, EventKind.WARNED, actor=TIME, facts=reply)) == ["fired_early"]
    life.wait_until(life.clock.warn_at)
    assert codes(life, step(life, EventKind.WARNED, actor=TIME, facts=reply)) == []
    life.do(c.Warn, TIME)
    assert codes(life, step(life, EventKind.WARNED, actor=TIME, facts=reply)) == ["fired_twice"]


def test_the_archive_holds_only_what_is_finished() -> None:
    kept = in_state(State.SIGNED, HolderKind.ARCHIVE)
    assert [one.code for one in holder_differences(kept, [], RULES)] == ["holder_cannot_act"]


def test_a_holder_that_the_pack_does_not_know_cannot_act() -> None:
    lost = replace(in_state(State.SIGNED, HolderKind.UNIT), unit="nowhere", holder_id="nowhere")
    assert [one.code for one in holder_differences(lost, [], RULES)] == ["holder_cannot_act"]
    lost = replace(in_state(State.REGISTERED, HolderKind.SEAT), holder_id="astrology")
    assert [one.code for one in holder_differences(lost, [], RULES)] == ["holder_cannot_act"]


def test_a_dead_warning_stands_for_the_one_that_is_missing_but_needs_an_alarm() -> None:
    life = dispatched()
    dead = jobs_of(life, "dead")
    assert list(clock_differences(life.stands, dead)) == []
    assert [one.code for one in alarm_differences(life.stands, log_of(life), dead)] == ["dead_without_burial"] * len(
        dead
    )
    life.do(c.Bury, TIME, kind=JobKind.WARN, part="reply")
    warned = [job for job in dead if job.kind is JobKind.WARN]
    assert list(alarm_differences(life.stands, log_of(life), warned)) == []
    silenced = replace(life.stands, alarm=None)
    assert [one.code for one in alarm_differences(silenced, log_of(life), warned)] == ["dead_without_alarm"]


def test_an_instant_armed_at_another_time_is_wrong() -> None:
    life = dispatched()
    moved = [replace(job, due_at=job.due_at + timedelta(hours=1)) for job in jobs_of(life)]
    assert [one.code for one in clock_differences(life.stands, moved)] == ["wrong_instants_armed"]
    assert [one.code for one in clock_differences(life.stands, [])] == ["wrong_instants_armed"]


def test_notices_and_their_jobs_must_agree() -> None:
    ticket, at = dispatched().stands, dispatched().now
    sent, failed = (JobSeen(1, JobKind.NOTIFY, "email:caller", "done", at, outcome) for outcome in ("done", "failed"))

    def found(notices: list[NoticeSeen], jobs: list[JobSeen]) -> list[str]:
        return [one.code for one in notice_differences(ticket, notices, jobs)]

    def told(state: str, seq: int = 1) -> NoticeSeen:
        return NoticeSeen(seq, "email:caller", state)

    assert found([told("sent")], [sent]) == []
    assert found([told("failed")], [failed]) == []
    assert found([told("sent")], []) == []  # its job was tidied away
    assert found([], [sent]) == ["notice_missing"]
    assert found([told("sending")], [sent]) == ["notice_left_sending", "notice_missing"]
    assert found([told("sent", seq=99)], []) == ["notice_of_nothing"]
    assert found([told("sent"), told("sent")], [sent]) == ["notice_twice"]
