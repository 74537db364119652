"""Due times as REQUIREMENTS 3.4 works them out: the clock rules K2 to K22."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.cities.load import load_city
from shared.domain.calendar import CalendarError, WorkingCalendar, hours_of
from shared.domain.limits import Ends, Limit, LimitError, TimeUnit, count
from shared.domain.terms import Channel, Nature, Stage, Urgency
from tests.unit.calendars import at

N, U, C, S, T = Nature, Urgency, Channel, Stage, TimeUnit
SHANGHAI = ZoneInfo("Asia/Shanghai")
TICK = timedelta(microseconds=1)
CITY = load_city("chengdu")
OFFICE = tuple(hours_of(text) for text in ("09:00-12:00", "13:00-17:00"))
WEEKDAYS = WorkingCalendar(SHANGHAI, (OFFICE,) * 5 + ((), ()))
NINE_TO_SIX = WorkingCalendar(SHANGHAI, ((hours_of("09:00-18:00"),),) * 5 + ((), ()))
RECEIVED = "2026-09-29T10:00"  # a Tuesday, two days before the National Day holiday


def days(number: int) -> Limit:
    return Limit(number, T.WORKING_DAYS, "测试", from_next_day=True, warn_days=1)


@pytest.mark.parametrize("received", ["2026-09-29T00:01", "2026-09-29T10:00", "2026-09-29T23:59"])
@pytest.mark.parametrize(("number", "due"), [
    (3, "2026-10-09T17:00"), (7, "2026-10-14T17:00"), (15, "2026-10-26T17:00"),
])  # fmt: skip
def test_days_count_from_the_next_one_whenever_in_the_day_it_was_received(received: str, number: int, due: str) -> None:
    assert count(days(number), CITY.calendar, at(received)).due_at == at(due)


@pytest.mark.parametrize("unit", [T.MINUTES, T.HOURS, T.WORKING_MINUTES, T.WORKING_HOURS])
def test_hours_and_minutes_count_from_the_minute(unit: TimeUnit) -> None:
    start = at("2026-09-29T10:07:30")
    due = count(Limit(1, unit, "测试"), CITY.calendar, start)
    assert due.counted_from == start
    assert due.due_at == start + timedelta(minutes=1 if "minutes" in unit else 60)


def test_days_that_count_from_the_instant_take_its_own_day_as_the_first() -> None:
    limit = Limit(3, T.WORKING_DAYS, "测试")
    assert count(limit, WEEKDAYS, at("2026-09-25T16:30")).due_at == at("2026-09-29T17:00")
    assert count(limit, WEEKDAYS, at("2026-09-25T17:00")).due_at == at("2026-09-30T17:00")


def test_two_hours_run_through_saturday_night() -> None:
    due = count(Limit(2, T.HOURS, "测试"), CITY.calendar, at("2026-09-26T23:00"))
    assert due.due_at == at("2026-09-27T01:00")


def test_each_unit_is_counted_in_its_own_time() -> None:
    start = at("2026-09-30T16:30")  # the last half hour before the holiday
    ends = {unit: count(Limit(0 if unit is T.SAME_DAY else 1, unit, "测试"), CITY.calendar, start) for unit in TimeUnit}
    assert {unit: due.due_at for unit, due in ends.items()} == {
        T.MINUTES: at("2026-09-30T16:31"), T.HOURS: at("2026-09-30T17:30"),
        T.WORKING_MINUTES: at("2026-09-30T16:31"), T.WORKING_HOURS: at("2026-10-08T09:30"),
        T.SAME_DAY: at("2026-09-30T17:00"), T.DAYS: at("2026-10-01T00:00"), T.WORKING_DAYS: at("2026-09-30T17:00"),
    }  # fmt: skip


def test_a_budget_used_up_at_closing_is_due_at_closing_and_one_microsecond_later_is_too_late() -> None:
    due = count(Limit(7, T.WORKING_HOURS, "测试"), WEEKDAYS, at("2026-09-28T09:00"))
    assert due.due_at == at("2026-09-28T17:00")
    assert due.overdue_at - due.due_at == TICK
    late = count(Limit(7, T.WORKING_HOURS, "测试"), WEEKDAYS, at("2026-09-28T09:00") + TICK)
    assert late.due_at == at("2026-09-29T09:00") + TICK


def test_a_bound_that_does_not_include_its_instant_is_overdue_at_it() -> None:
    due = count(Limit(1, T.HOURS, "测试", inclusive=False), WEEKDAYS, at(RECEIVED))
    assert due.overdue_at == due.due_at


@pytest.mark.parametrize(("start", "first"), [
    ("2026-09-25T17:00", "2026-09-28T09:00"),  # Friday's closing itself is closed
    ("2026-09-25T18:30", "2026-09-28T09:00"),
    ("2026-09-28T08:59:59.999999", "2026-09-28T09:00"),
    ("2026-09-28T12:00", "2026-09-28T13:00"),
    ("2026-09-28T10:15", "2026-09-28T10:15"),
])  # fmt: skip
def test_a_start_outside_hours_or_a_zero_budget_moves_to_the_first_working_instant(start: str, first: str) -> None:
    at_once = count(Limit(0, T.WORKING_HOURS, "测试"), WEEKDAYS, at(start))
    assert at_once.due_at == at_once.counted_from == at(first)
    assert count(Limit(1, T.WORKING_HOURS, "测试"), WEEKDAYS, at(start)).counted_from == at(first)


def test_held_from_friday_five_to_monday_ten_is_two_hours() -> None:
    held = [(at("2026-09-25T17:00"), at("2026-09-28T10:00"))]
    limit = Limit(8, T.WORKING_HOURS, "测试")
    assert NINE_TO_SIX.between(*held[0]) == timedelta(hours=2)
    assert count(limit, NINE_TO_SIX, at("2026-09-25T15:00")).due_at == at("2026-09-28T14:00")
    assert count(limit, NINE_TO_SIX, at("2026-09-25T15:00"), held).due_at == at("2026-09-28T16:00")
    assert count(days(1), NINE_TO_SIX, at("2026-09-25T15:00"), held).due_at == at("2026-09-29T11:00")


def test_held_outside_hours_moves_nothing() -> None:
    held = [(at("2026-09-25T17:00"), at("2026-09-28T09:00"))]
    for limit in (days(1), Limit(3, T.WORKING_HOURS, "测试"), Limit(1, T.WORKING_DAYS, "测试", Ends.SAME_CLOCK_TIME)):
        due = count(limit, WEEKDAYS, at("2026-09-25T08:00"))
        assert count(limit, WEEKDAYS, at("2026-09-25T08:00"), held).due_at == due.due_at


def test_a_ticket_born_suspended_has_used_nothing() -> None:
    start, resumed = at("2026-09-28T10:00"), at("2026-09-29T14:00")
    limit = Limit(2, T.WORKING_HOURS, "测试")
    assert count(limit, WEEKDAYS, start, [(start, resumed)]).due_at == at("2026-09-29T16:00")


def test_counting_again_without_a_change_gives_the_same_instants() -> None:
    held = [(at("2026-09-30T10:00"), at("2026-10-09T15:00"))]
    for number in (1, 3, 15):
        assert count(days(number), CITY.calendar, at(RECEIVED), held) == count(
            days(number), CITY.calendar, at(RECEIVED), held
        )


def test_a_year_without_notice_makes_the_due_provisional_and_nothing_crashes() -> None:
    last = count(days(15), CITY.calendar, at("2026-12-10T10:00"))
    assert (last.due_at, last.is_provisional) == (at("2026-12-31T17:00"), False)
    over = count(days(15), CITY.calendar, at("2026-12-11T10:00"))
    assert (over.due_at, over.is_provisional) == (at("2027-01-01T17:00"), True)
    assert not count(Limit(2, T.HOURS, "测试"), CITY.calendar, at("2026-12-31T23:00")).is_provisional


def test_the_cards_stand_on_the_working_calendar() -> None:
    due = count(days(7), CITY.calendar, at(RECEIVED))
    assert due.warn_at == at("2026-10-13T17:00")  # a working day of the budget is left
    assert due.red_at == at("2026-10-15T09:00")
    hours = count(Limit(24, T.HOURS, "测试", warn_share=0.25), CITY.calendar, at(RECEIVED))
    assert (hours.warn_at, hours.red_at) == (at("2026-09-30T04:00"), at("2026-10-08T09:00"))


def test_a_day_that_ends_at_midnight_has_its_red_card_the_next_morning() -> None:
    due = count(Limit(1, T.DAYS, "测试", from_next_day=True), WEEKDAYS, at("2026-09-27T10:00"))
    assert due.due_at == at("2026-09-29T00:00")  # Monday's 24:00
    assert due.red_at == at("2026-09-29T09:00")


def test_a_limit_that_ends_with_the_year_is_not_provisional() -> None:
    whole = ((hours_of("00:00-24:00"),),) * 7
    calendar = WorkingCalendar(SHANGHAI, whole, official_years=frozenset({2026}))
    assert not count(days(1), calendar, at("2026-12-30T10:00")).is_provisional
    assert count(days(1), calendar, at("2026-12-31T10:00")).is_provisional


def test_a_limit_of_one_day_warns_at_once() -> None:
    due = count(days(1), WEEKDAYS, at("2026-09-25T18:30"))
    assert (due.warn_at, due.due_at) == (at("2026-09-25T18:30"), at("2026-09-28T17:00"))


def test_the_same_instant_in_any_zone_is_due_at_the_same_instant() -> None:
    start = at(RECEIVED)
    zones = [ZoneInfo(name) for name in ("America/New_York", "Australia/Lord_Howe", "UTC")]
    dues = {count(days(7), CITY.calendar, start.astimezone(zone)).due_at for zone in zones}
    assert dues == {at("2026-10-14T17:00")}


def test_a_day_on_which_clocks_change_is_as_long_as_it_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = WorkingCalendar(berlin, ((hours_of("00:00-08:00"),),) * 7)
    for day, hours in (("2026-03-29", 7), ("2026-10-25", 9), ("2026-10-26", 8)):
        due = count(Limit(0, T.SAME_DAY, "测试"), night, at(day + "T00:00", berlin))
        assert due.due_at == at(day + "T08:00", berlin)
        assert night.between(due.start, due.due_at) == timedelta(hours=hours)


@pytest.mark.parametrize(("zone", "earlier", "later", "limit"), [
    # 01:45 before the clocks go back, 01:15 after: the second quarter past one is later
    ("America/New_York", "2026-11-01T05:45", "2026-11-01T06:15", Limit(2, T.DAYS, "测试", Ends.SAME_CLOCK_TIME)),
    # two days on, half past two is skipped
    ("America/New_York", "2026-03-06T07:30", "2026-03-06T08:15", Limit(2, T.DAYS, "测试", Ends.SAME_CLOCK_TIME)),
    # at one minute past midnight the clocks go back to the day before
    ("America/St_Johns", "2010-11-07T02:30:30", "2010-11-07T03:00", Limit(1, T.DAYS, "测试", from_next_day=True)),
])  # fmt: skip
def test_no_clock_change_lets_a_later_start_be_due_earlier(zone: str, earlier: str, later: str, limit: Limit) -> None:
    calendar = WorkingCalendar(ZoneInfo(zone), (OFFICE,) * 7)
    first, second = (count(limit, calendar, at(text, ZoneInfo("UTC"))) for text in (earlier, later))
    assert first.due_at <= second.due_at


def test_a_day_that_never_was_is_nobodys_working_day() -> None:
    apia = ZoneInfo("Pacific/Apia")
    calendar = WorkingCalendar(apia, (OFFICE,) * 7)
    due = count(days(1), calendar, at("2011-12-29T10:00", apia))
    assert due.due_at == at("2011-12-31T17:00", apia)


@pytest.mark.parametrize(("make", "says"), [
    (lambda: Limit(-1, T.HOURS, ""), "cannot be negative"),
    (lambda: Limit(0, T.DAYS, ""), "over before it begins"),
    (lambda: Limit(1, T.SAME_DAY, ""), "takes no amount"),
    (lambda: Limit(2, T.DAYS, "", warn_days=3), "cannot warn 3 days before"),
    (lambda: Limit(2, T.HOURS, "", warn_days=1), "cannot warn 1 days before"),
    (lambda: Limit(2, T.HOURS, "", warn_share=1.0), "below 100 %"),
    (lambda: Limit(2, T.HOURS, "", Ends.SAME_CLOCK_TIME), "for days"),
    (lambda: Limit(2, T.DAYS, "", Ends.SAME_CLOCK_TIME, from_next_day=True), "from the instant"),
    (lambda: Limit(10**9, T.HOURS, ""), "longer than anybody waits"),
])  # fmt: skip
def test_a_limit_that_makes_no_sense_gets_its_own_message(make: object, says: str) -> None:
    with pytest.raises(LimitError, match=says):
        make()  # type: ignore[operator]


def test_a_start_without_offset_and_bad_suspensions_are_refused() -> None:
    start, limit = at(RECEIVED), days(3)
    with pytest.raises(CalendarError, match=r"write an offset, such as \+08:00"):
        count(limit, WEEKDAYS, start.replace(tzinfo=None))
    for held, says in (
        ([(start, start)], "must end after it begins"),
        ([(start + timedelta(1), start)], "must end after it begins"),
        ([(start, start + timedelta(2)), (start + timedelta(1), start + timedelta(3))], "overlap"),
        ([(start.replace(tzinfo=None), start)], "write an offset"),
    ):
        with pytest.raises(CalendarError, match=says):
            count(limit, WEEKDAYS, start, held)
    with pytest.raises(CalendarError, match="calendar ends here"):
        count(limit, WEEKDAYS, datetime.max.replace(tzinfo=UTC))


def test_suspensions_that_touch_are_one() -> None:
    start, middle, end = (at(f"2026-09-28T{hour}:00") for hour in (10, 11, 15))
    parted = count(days(1), WEEKDAYS, start, [(middle, end), (start, middle)])
    assert parted.due_at == count(days(1), WEEKDAYS, start, [(start, end)]).due_at
