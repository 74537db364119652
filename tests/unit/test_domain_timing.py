"""Due instants, warning and overdue, and which of them is armed (REQUIREMENTS K2-K6, K13, K18-K20)."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import commands as c
from shared.domain.errors import Refused
from shared.domain.follow_ups import TIME_LIMITS, JobKind
from shared.domain.terms import HolderKind, Nature, Stage, State
from tests.unit.scene import (
    CALLER,
    EXPERT,
    HANDLER,
    LEADER,
    OPERATOR,
    OTHER_UNIT,
    ROUTER,
    RULES,
    SUPERVISOR,
    TIME,
    Life,
    dispatched,
    replied,
    resolved,
    with_reply_limit,
)

TICK = timedelta(microseconds=1)
SEVEN_WORKING_DAYS = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)  # from Monday 7 September, five in the afternoon


def late(life: Life, by: timedelta = TICK) -> Life:
    assert life.stands.due_at is not None
    life.now = life.stands.due_at + by
    return life


def test_the_clock_starts_at_dispatch_whether_signed_or_not() -> None:
    life = Life.begun()
    assert life.stands.due_at is None
    life.do(c.Dispatch, ROUTER, nature=Nature.HELP)
    assert life.stands.due_at == SEVEN_WORKING_DAYS
    life.wait(timedelta(days=1))
    life.do(c.Sign, HANDLER)
    assert life.stands.due_at == SEVEN_WORKING_DAYS


def test_the_event_keeps_the_limit_and_its_source_so_that_a_new_pack_rewrites_nothing() -> None:
    life = dispatched()
    life.rules = with_reply_limit(1)
    life.do(c.Sign, HANDLER)
    assert life.stands.due_at == SEVEN_WORKING_DAYS
    assert '"reply":"四川省12345' in life.log[1]


def test_praise_has_no_due_time_and_nothing_is_armed() -> None:
    life = Life.begun()
    life.do(c.Dispatch, OPERATOR, nature=Nature.PRAISE)
    assert life.stands.due_at is None
    assert life.armed_for(Stage.REPLY) == []


def test_only_the_next_instant_is_ever_armed() -> None:
    life = dispatched()
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]
    life.wait_until(life.clock.warn_at)
    life.carry_out(c.Warn(actor=TIME, ticket_id=614), done=(2, JobKind.WARN, "reply"))
    assert life.armed_for(Stage.REPLY) == [life.clock.overdue_at]


def test_nothing_happens_before_its_instant() -> None:
    life = dispatched()
    life.wait_until(life.clock.warn_at)
    life.wait(-TICK)
    assert life.do(c.Warn, TIME) == []
    assert late(life, timedelta()).do(c.MarkOverdue, TIME) == []


def test_a_ticket_is_warned_before_it_is_due_and_overdue_strictly_later_and_each_once() -> None:
    life = dispatched()
    clock = life.clock
    assert clock.warn_at is not None
    assert clock.warn_at < clock.due_at < clock.overdue_at
    life.wait_until(clock.warn_at)
    assert [life.do(c.Warn, TIME), life.do(c.Warn, TIME)] == [["warned"], []]
    assert [late(life).do(c.MarkOverdue, TIME), life.do(c.MarkOverdue, TIME)] == [["overdue"], []]


def test_a_reply_at_the_due_instant_is_on_time() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    assert late(life, timedelta()).do(c.Reply, HANDLER) == ["reply_submitted"]
    assert not life.stands.is_overdue


def test_a_reply_one_microsecond_later_is_overdue_even_if_time_has_not_spoken_yet() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    assert late(life).do(c.Reply, HANDLER) == ["overdue", "reply_submitted"]
    assert life.stands.is_overdue
    assert life.armed_for(Stage.REPLY) == []


def test_a_late_reply_to_a_ticket_already_overdue_marks_it_only_once() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    late(life).do(c.MarkOverdue, TIME)
    assert life.do(c.Reply, HANDLER) == ["reply_submitted"]


def test_an_experts_answer_after_the_due_instant_is_overdue() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, OPERATOR, nature=Nature.CONSULTATION)
    assert late(life).do(c.AnswerDirectly, EXPERT) == ["overdue", "answered_directly"]


def test_the_clock_stands_still_while_a_reply_waits_and_counts_as_never_stopped_when_sent_back() -> None:
    life = replied()
    assert life.armed_for(Stage.REPLY) == []
    life.do(c.SendBack, LEADER)
    assert life.stands.due_at == SEVEN_WORKING_DAYS
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]


@pytest.mark.parametrize("nature", [Nature.COMPLAINT, Nature.PRAISE])
def test_an_amendment_while_a_reply_waits_starts_no_clock(nature: Nature) -> None:
    life = replied()
    life.do(c.Amend, OPERATOR, nature=nature)
    assert life.armed_for(Stage.REPLY) == []
    life.do(c.Resolve, HANDLER)
    assert life.armed_for(Stage.REPLY) == []


def test_a_changed_nature_counts_anew_from_the_same_start() -> None:
    life = dispatched()
    life.wait(timedelta(days=2))
    life.do(c.Amend, OPERATOR, nature=Nature.CONSULTATION)
    assert life.stands.due_at == datetime(2026, 9, 10, 9, 0, tzinfo=UTC)
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]


def test_an_amendment_that_changes_nothing_keeps_the_due_time() -> None:
    life = dispatched()
    before, jobs = life.stands, dict(life.jobs)
    assert life.do(c.Amend, OPERATOR, nature=Nature.HELP, county=None) == []
    assert (life.stands, life.jobs) == (before, jobs)


def test_a_return_stops_nothing_and_the_next_unit_gets_its_own_time() -> None:
    life = dispatched()
    life.wait(timedelta(days=1))
    life.do(c.Return, HANDLER)
    assert life.stands.due_at == SEVEN_WORKING_DAYS
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]
    life.do(c.Dispatch, ROUTER, unit=OTHER_UNIT)
    assert life.stands.due_at == SEVEN_WORKING_DAYS + timedelta(days=1)


def test_a_redo_opens_a_new_cycle_with_a_limit_of_its_own() -> None:
    life = resolved()
    life.wait(timedelta(days=7))
    life.do(c.Redo, OPERATOR)
    assert life.stands.cycle == 2
    assert not life.stands.is_overdue
    assert life.stands.due_at == datetime(2026, 9, 18, 9, 0, tzinfo=UTC)  # half of seven, rounded up, from the 14th
    assert life.armed_for(Stage.REPLY) == [life.clock.warn_at]


@pytest.mark.parametrize("last", [c.Withdraw, c.Redispatch, c.Sign])
def test_a_finished_ticket_has_no_instants_left_to_come(last: type[c.Command]) -> None:
    life = dispatched()
    life.do(last, HANDLER if last is c.Sign else SUPERVISOR)
    life.do(c.Withdraw, CALLER) if last is not c.Withdraw else None
    assert life.stands.state is State.WITHDRAWN
    assert life.armed(*TIME_LIMITS, JobKind.ROUTE) == []


def test_an_urge_never_moves_the_due_time_and_repeats_within_the_window_are_joined() -> None:
    life = dispatched()
    assert life.do(c.Urge, CALLER, note="请快一点") == ["urged"]
    life.wait(RULES.policy.urge_window - TICK)
    assert life.do(c.Urge, CALLER) == []
    life.wait(TICK)
    assert life.do(c.Urge, CALLER) == ["urged"]
    assert (life.stands.urged_count, life.stands.due_at) == (2, SEVEN_WORKING_DAYS)


def test_a_buried_route_job_hands_the_ticket_to_a_person_with_an_alarm() -> None:
    life = Life.begun()
    assert life.do(c.Bury, TIME) == ["job_buried"]
    assert (life.stands.holder_kind, life.stands.alarm) == (HolderKind.TRIAGE, "route")
    assert life.armed(JobKind.ROUTE) == []


def test_a_buried_notice_leaves_the_ticket_where_it_is_and_dispatching_ends_the_alarm() -> None:
    life = dispatched()
    life.do(c.Bury, TIME, kind="notify")
    assert (life.stands.holder_id, life.stands.alarm) == ("water_affairs", "notify")
    life.do(c.Redispatch, SUPERVISOR)
    assert life.stands.alarm is None


def test_time_may_not_speak_for_people_nor_people_for_time() -> None:
    life = dispatched()
    with pytest.raises(Refused, match="岗位"):
        life.do(c.Warn, SUPERVISOR)
    with pytest.raises(Refused, match="岗位"):
        life.do(c.Sign, TIME)


def test_those_who_wait_are_told_by_mail_and_nobody_else() -> None:
    life = dispatched(caller=c.CallerDetails(email="a@b.cn"))
    told = [part for _, kind, part in life.jobs if kind is JobKind.NOTIFY]
    assert told == ["email:caller", "email:caller", "email:unit:water_affairs"]
    silent = Life.begun()
    silent.do(c.Dispatch, OPERATOR, unit=OTHER_UNIT)
    assert silent.armed(JobKind.NOTIFY) == []
