"""The working calendar and the two classes of limits: working days end at closing, hours run on the wall clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.calendar import Hours, WorkingCalendar
from shared.domain.rules import Limit
from shared.domain.terms import Nature, Urgency
from tests.unit.scene import RULES

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = (Hours(time(9), time(12)), Hours(time(13), time(17)))
WEEKDAYS = WorkingCalendar(SHANGHAI, (OFFICE,) * 5 + ((), ()))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("start", "days", "end"), [
    ("2026-09-07T10:00", 1, "2026-09-08T17:00"),  # Monday: the day of receipt does not count
    ("2026-09-07T00:01", 1, "2026-09-08T17:00"),
    ("2026-09-07T23:59", 1, "2026-09-08T17:00"),
    ("2026-09-11T18:30", 1, "2026-09-14T17:00"),  # Friday evening ends on Monday
    ("2026-09-11T18:30", 3, "2026-09-16T17:00"),
    ("2026-09-12T12:00", 1, "2026-09-14T17:00"),  # so does Saturday
    ("2026-09-13T12:00", 5, "2026-09-18T17:00"),
    ("2026-09-07T10:00", 15, "2026-09-28T17:00"),
    ("2026-12-30T10:00", 3, "2027-01-04T17:00"),
])  # fmt: skip
def test_a_limit_ends_at_the_close_of_the_nth_working_day_from_the_next(start: str, days: int, end: str) -> None:
    assert WEEKDAYS.end_of_working_day(at(start), days) == at(end)


@pytest.mark.parametrize(("start", "end"), [
    ("2026-09-09T08:00", "2026-09-09T17:00"),
    ("2026-09-13T08:00", "2026-09-11T17:00"),
])  # fmt: skip
def test_no_days_mean_the_close_of_the_last_working_day(start: str, end: str) -> None:
    assert WEEKDAYS.end_of_working_day(at(start), 0) == at(end)


def test_the_date_is_the_citys_and_not_greenwichs() -> None:
    late_on_monday_in_greenwich = datetime(2026, 9, 7, 17, 30, tzinfo=UTC)  # half past one on Tuesday in Chengdu
    assert WEEKDAYS.end_of_working_day(late_on_monday_in_greenwich, 1) == at("2026-09-09T17:00")


def test_a_due_time_is_the_same_instant_whatever_zone_the_start_is_written_in() -> None:
    start = at("2026-09-07T10:00")
    same = start.astimezone(ZoneInfo("America/New_York"))
    assert WEEKDAYS.end_of_working_day(start, 7) == WEEKDAYS.end_of_working_day(same, 7)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        WEEKDAYS.end_of_working_day(datetime(2026, 9, 7, 10), 1)  # noqa: DTZ001


@pytest.mark.parametrize(("week", "says"), [
    (((),) * 7, "some working time"),
    ((OFFICE,) * 6, "seven weekdays"),
    (((Hours(time(0), time(0)),),) + ((),) * 6, "open before they close"),
    (((Hours(time(17), time(9)),),) + ((),) * 6, "open before they close"),
    (((Hours(time(9), time(12)), Hours(time(11), time(17))),) + ((),) * 6, "overlap"),
])  # fmt: skip
def test_a_calendar_that_makes_no_sense_gets_its_own_message(week: tuple[tuple[Hours, ...], ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        WorkingCalendar(SHANGHAI, week)


zones = st.sampled_from(("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"))
# After Samoa lost a whole day (30 December 2011): a date that never was is no city's working day.
instants = st.datetimes(datetime(2012, 2, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    works = draw(st.lists(st.booleans(), min_size=7, max_size=7))
    assume(any(works))
    opens, length = draw(st.integers(0, 20)), draw(st.integers(1, 3))
    hours = (Hours(time(opens), time(opens + length)),)
    return WorkingCalendar(ZoneInfo(draw(zones)), tuple(hours if day else () for day in works))


@settings(deadline=None)
@given(calendars(), instants, st.timedeltas(timedelta(), timedelta(days=40)), st.integers(0, 20))
def test_a_later_start_never_gives_an_earlier_due(
    calendar: WorkingCalendar, start: datetime, later: timedelta, days: int
) -> None:
    assert calendar.end_of_working_day(start, days) <= calendar.end_of_working_day(start + later, days)


@settings(deadline=None)
@given(calendars(), instants, st.integers(0, 20))
def test_one_day_more_ends_on_the_next_working_day_and_never_sooner(
    calendar: WorkingCalendar, start: datetime, days: int
) -> None:
    end, next_end = (calendar.end_of_working_day(start, n).astimezone(calendar.zone).date() for n in (days, days + 1))
    between = [end + timedelta(days=n) for n in range(1, (next_end - end).days)]
    assert end < next_end
    assert calendar.is_working_day(next_end)
    if days:
        assert not any(calendar.is_working_day(day) for day in between)


@settings(deadline=None)
@given(calendars(), instants, st.integers(1, 20))
def test_counting_the_days_one_by_one_gives_the_same_end(calendar: WorkingCalendar, start: datetime, days: int) -> None:
    day, left = start.astimezone(calendar.zone).date(), days
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working_day(day)
    assert calendar.end_of_working_day(start, days).astimezone(calendar.zone).date() == day


def test_hour_classes_run_through_nights_and_weekends() -> None:
    saturday = at("2026-09-12T23:00")
    critical = RULES.due(Nature.CONSULTATION, Urgency.CRITICAL, saturday)
    assert critical is not None
    assert critical.due_at == at("2026-09-13T01:00")
    assert critical.warn_at == at("2026-09-13T00:30")
    assert critical.overdue_at == critical.due_at + timedelta(microseconds=1)


@given(st.sampled_from(Nature), st.sampled_from(Urgency), instants)
def test_a_warning_stands_before_the_due_time_and_overdue_strictly_after(
    nature: Nature, urgency: Urgency, start: datetime
) -> None:
    due = RULES.due(nature, urgency, start)
    if due is None:
        assert nature is Nature.PRAISE
        return
    assert due.warn_at < due.due_at < due.overdue_at
    assert due.due_at > start
    assert due.limit.source


@given(st.sampled_from([n for n in Nature if n is not Nature.PRAISE]), instants, st.timedeltas(timedelta()))
def test_a_ticket_that_came_later_is_never_due_earlier(nature: Nature, start: datetime, later: timedelta) -> None:
    assume(later < timedelta(days=3650))
    for urgency in Urgency:
        first, second = RULES.due(nature, urgency, start), RULES.due(nature, urgency, start + later)
        assert first is not None
        assert second is not None
        assert first.due_at <= second.due_at
        assert first.warn_at <= second.warn_at


def test_a_limit_of_one_day_warns_a_working_day_before() -> None:
    rules = replace(RULES, limits={(Nature.HELP, Urgency.NORMAL): Limit(1, None, "测试")}, calendar=WEEKDAYS)
    due = rules.due(Nature.HELP, Urgency.NORMAL, at("2026-09-11T18:30"))
    assert due is not None
    assert (due.warn_at, due.due_at) == (at("2026-09-11T17:00"), at("2026-09-14T17:00"))


def test_a_day_with_lunch_closes_in_the_evening() -> None:
    assert WEEKDAYS.is_working_day(date(2026, 9, 7))
    assert not WEEKDAYS.is_working_day(date(2026, 9, 12))
    assert WEEKDAYS.end_of_working_day(at("2026-09-06T09:00"), 1) == at("2026-09-07T17:00")
