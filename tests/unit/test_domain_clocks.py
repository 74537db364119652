"""The clocks of the stages, the total age, red cards, the promise and recounting (REQUIREMENTS K1, K13, K18-K21)."""

from datetime import UTC, datetime, timedelta

from shared.domain import commands as c
from shared.domain.checks import JobSeen, clock_differences
from shared.domain.clocks import Card
from shared.domain.follow_ups import JobKind
from shared.domain.routing import Decision
from shared.domain.terms import Channel, Nature, Stage, State, Urgency
from tests.unit.scene import (
    HANDLER,
    OPERATOR,
    OTHER_UNIT,
    ROUTER,
    RULES,
    SUPERVISOR,
    TIME,
    Life,
    dispatched,
    refused,
    replied,
    resolved,
    with_reply_limit,
)  # fmt: skip
from tests.unit.test_domain_timing import SEVEN_WORKING_DAYS, TICK, late


def test_every_stage_has_a_clock_of_its_own_from_the_step_that_begins_it() -> None:
    life = Life.begun(channel=Channel.WEB)
    assert set(life.stands.clocks) == {Stage.ACCEPT, Stage.DISPATCH, Stage.TOTAL}
    life.do(c.Dispatch, ROUTER, nature=Nature.HELP)
    assert set(life.stands.clocks) == {Stage.TOTAL, Stage.SIGN, Stage.FIRST_CONTACT, Stage.RETURN, Stage.REPLY}
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    assert set(life.stands.clocks) == {Stage.TOTAL, Stage.RETURN, Stage.REPLY}
    life.do(c.Reply, HANDLER)
    assert life.clock.stopped_at == life.now
    life.do(c.Resolve, HANDLER)
    assert set(life.stands.clocks) == {Stage.TOTAL, Stage.REPLY, Stage.FOLLOW_UP}
    life.do(c.FollowUp, OPERATOR)
    assert {stage: clock.stopped_at for stage, clock in life.stands.clocks.items()} == {
        Stage.TOTAL: life.now,
        Stage.REPLY: life.now,
    }


def test_nothing_stops_the_total_age_and_it_has_an_alarm_of_its_own() -> None:
    life = resolved()
    total = life.stands.clocks[Stage.TOTAL]
    life.wait_until(total.overdue_at)
    assert life.do(c.MarkOverdue, TIME, stage=Stage.TOTAL) == ["stage_overdue"]
    assert life.stands.alarm == "total_age"
    assert life.do(c.MarkOverdue, TIME, stage=Stage.TOTAL) == []
    life.do(c.Redo, OPERATOR)
    assert life.stands.clocks[Stage.TOTAL].started_at == total.started_at


def test_a_stage_that_ends_late_is_marked_by_whoever_ends_it() -> None:
    life = dispatched()
    life.wait_until(life.stands.clocks[Stage.SIGN].overdue_at)
    assert life.do(c.Sign, HANDLER) == ["stage_overdue", "signed"]
    assert life.armed_for(Stage.SIGN) == []


def test_the_red_card_comes_with_the_first_working_day_after_the_due_date() -> None:
    life = dispatched()
    assert life.clock.red_at == datetime(2026, 9, 17, 1, 0, tzinfo=UTC)
    late(life).do(c.MarkOverdue, TIME)
    assert life.armed_for(Stage.REPLY) == [life.clock.red_at]
    assert life.do(c.GiveRedCard, TIME) == []
    life.wait_until(life.clock.red_at)
    assert [life.do(c.GiveRedCard, TIME), life.do(c.GiveRedCard, TIME)] == [["red_carded"], []]
    assert life.clock.card is Card.RED
    assert life.armed_for(Stage.REPLY) == []


def test_after_an_outage_the_red_card_brings_the_overdue_mark_with_it() -> None:
    life = dispatched()
    life.wait_until(life.clock.red_at)
    assert life.do(c.GiveRedCard, TIME) == ["overdue", "red_carded"]


def test_a_unit_may_object_within_two_working_days_and_no_later() -> None:
    life, other = dispatched(), dispatched()
    for one in (life, other):
        one.do(c.Sign, HANDLER)
        one.do(c.Contact, HANDLER)
    until = life.stands.clocks[Stage.RETURN].due_at
    life.wait_until(until)
    assert life.do(c.Return, HANDLER) == ["return_requested"]
    other.wait_until(until + TICK)
    assert refused(other, c.Return, HANDLER) == "too_late_to_return"


def test_the_promise_to_the_caller_stays_when_another_unit_gets_its_own_time() -> None:
    life = dispatched()
    promised = life.stands.promised_at
    assert promised == SEVEN_WORKING_DAYS
    life.wait(timedelta(days=1))
    life.do(c.Return, HANDLER)
    life.do(c.Dispatch, ROUTER, unit=OTHER_UNIT)
    assert life.stands.promised_at == promised
    assert life.clock.due_at > promised


def test_new_rules_leave_the_promise_of_an_earlier_unit_as_it_was_given() -> None:
    life = dispatched()
    promised = life.stands.promised_at
    life.wait(timedelta(days=1))
    life.do(c.Redispatch, SUPERVISOR)
    life.rules = with_reply_limit(20)
    assert life.do(c.Recount, TIME) == ["recounted"]
    assert life.stands.promised_at == promised


def test_new_rules_move_open_clocks_once_and_the_callers_promise_with_them() -> None:
    life = dispatched(caller=c.CallerDetails(email="a@b.cn"))
    life.rules = with_reply_limit(3)
    assert [life.do(c.Recount, TIME), life.do(c.Recount, TIME)] == [["recounted", "promise_moved"], []]
    assert life.stands.due_at == life.stands.promised_at == datetime(2026, 9, 10, 9, 0, tzinfo=UTC)
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]
    assert (life.stands.seq, JobKind.NOTIFY, "email:caller") in life.jobs


def test_who_has_been_answered_keeps_the_promise_they_were_given() -> None:
    life = resolved()
    promised = life.stands.promised_at
    life.rules = with_reply_limit(3)
    assert "promise_moved" not in life.do(c.Recount, TIME)
    assert life.stands.promised_at == promised


def test_recounting_by_the_same_rules_changes_nothing() -> None:
    urgent, report = Life.begun(), Life.begun()
    urgent.do(c.Dispatch, ROUTER, urgency=Urgency.URGENT)
    report.do(c.SendToSeat, ROUTER, nature=Nature.PRAISE)
    for life in (Life.begun(), dispatched(), replied(), resolved(), urgent, report):
        before = (life.stands, dict(life.jobs))
        assert life.do(c.Recount, TIME) == []
        assert (life.stands, life.jobs) == before


def test_an_interim_report_is_read_by_the_caller_and_resolves_nothing() -> None:
    life = Life.begun()
    life.do(c.Dispatch, ROUTER, urgency=Urgency.URGENT)
    assert Stage.INTERIM in life.stands.clocks
    life.do(c.Sign, HANDLER)
    assert life.do(c.Report, HANDLER) == ["reported"]
    assert Stage.INTERIM not in life.stands.clocks
    assert life.stands.state is State.SIGNED
    assert life.clock.stopped_at is None


def test_what_the_router_reads_moves_the_clocks_that_ran_before() -> None:
    life = Life.begun(channel=Channel.WEB)
    whole_month = life.stands.clocks[Stage.TOTAL].due_at
    life.do(c.Dispatch, ROUTER, urgency=Urgency.URGENT)
    assert life.stands.clocks[Stage.TOTAL].due_at < whole_month
    assert life.do(c.Recount, TIME) == []
    asked = Life.begun()
    quarter = asked.stands.clocks[Stage.DISPATCH].due_at
    unsure = Decision(None, (), Nature.OTHER, Urgency.CRITICAL, None, "不确定", 0.6, (), RULES.version, "test-1")
    asked.do(c.SendToTriage, ROUTER, decision=unsure)
    assert asked.stands.clocks[Stage.DISPATCH].due_at == quarter - timedelta(minutes=10)
    assert asked.armed_for(Stage.DISPATCH) == [asked.stands.clocks[Stage.DISPATCH].overdue_at]


def test_a_warning_that_was_given_up_does_not_hide_that_the_ticket_is_overdue() -> None:
    life = dispatched()
    warn = next(name for name in life.jobs if name[1] is JobKind.WARN)
    life.carry_out(c.Bury(actor=TIME, ticket_id=614, kind=JobKind.WARN, part="reply", error="poison"), done=warn)
    assert life.armed_for(Stage.REPLY) == [life.clock.overdue_at]
    assert life.clock.warn_at is not None
    dead = JobSeen(*warn, "dead", life.clock.warn_at, None)
    todo = [JobSeen(seq, kind, part, "todo", due, None) for (seq, kind, part), due in life.jobs.items()]
    assert list(clock_differences(life.stands, [dead, *todo])) == []
    life.wait_until(life.clock.overdue_at)
    assert life.do(c.MarkOverdue, TIME) == ["overdue"]
    assert life.armed_for(Stage.REPLY) == [life.clock.red_at]


def test_a_return_and_a_redo_that_end_a_stage_late_mark_it_too() -> None:
    back = dispatched()
    back.wait_until(back.stands.clocks[Stage.SIGN].overdue_at)
    assert back.do(c.Return, HANDLER) == ["stage_overdue", "stage_overdue", "return_requested"]
    again = resolved()
    again.wait_until(again.stands.clocks[Stage.FOLLOW_UP].overdue_at)
    assert again.do(c.Redo, OPERATOR) == ["stage_overdue", "reopened"]
