"""The working calendar: which calendars make sense, which dates work, and how working time is measured along it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.cities.load import load_city
from shared.domain.calendar import CalendarError, DayKind, Hours, NamedDay, WorkingCalendar, hours_of
from shared.domain.working_year import reached
from tests.unit.calendars import at

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = tuple(hours_of(text) for text in ("09:00-12:00", "13:00-17:00"))
WEEKDAYS = WorkingCalendar(SHANGHAI, (OFFICE,) * 5 + ((), ()))
CITY = load_city("chengdu").calendar
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("text", "says"), [
    ("00:00-00:00", "write 00:00-24:00 for a whole day"),
    ("17:00-09:00", "must open before they close"),
    ("09:00-09:00", "must open before they close"),
    ("09:00-24:01", "between 00:00 and 24:00"),
    ("9:00-17:00", "is no working time, such as 09:00-12:00"),
    ("09:60-17:00", "is no working time"),
    ("", "is no working time"),
])  # fmt: skip
def test_hours_that_make_no_sense_get_their_own_message(text: str, says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        hours_of(text)


@pytest.mark.parametrize(("days", "says"), [
    (((),) * 7, "some working time in the week"),
    ((OFFICE,) * 6, "seven weekdays"),
    (((Hours(9 * 3600, 12 * 3600), Hours(11 * 3600, 17 * 3600)),) + ((),) * 6, "overlap or stand in the wrong order"),
    (((Hours(13 * 3600, 17 * 3600), Hours(9 * 3600, 12 * 3600)),) + ((),) * 6, "overlap or stand in the wrong order"),
])  # fmt: skip
def test_a_week_that_makes_no_sense_gets_its_own_message(days: tuple[tuple[Hours, ...], ...], says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        WorkingCalendar(SHANGHAI, days)


@pytest.mark.parametrize(("day", "says"), [
    (NamedDay(DayKind.REST, "放假", hours=OFFICE), "a rest day has no hours"),
    (NamedDay(DayKind.WORK, "调休"), "a work day needs hours"),
    (NamedDay(DayKind.SPECIAL, "下午放假"), "a special day needs hours"),
    (NamedDay(DayKind.WORK, "调休", hours=OFFICE[::-1]), "overlap or stand in the wrong order"),
])  # fmt: skip
def test_a_date_that_makes_no_sense_gets_its_own_message(day: NamedDay, says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        WorkingCalendar(SHANGHAI, (OFFICE,) * 7, {date(2026, 10, 1): day})


def test_a_calendar_whose_every_day_is_a_holiday_says_so_instead_of_looping() -> None:
    rest = NamedDay(DayKind.REST, "放假")
    first = date(2026, 1, 1)
    endless = {first + timedelta(days=number): rest for number in range(60 * 366)}
    calendar = WorkingCalendar(SHANGHAI, (OFFICE,) * 7, endless)
    with pytest.raises(CalendarError, match="not enough working time in the next 50 years"):
        calendar.advance(at("2026-06-01T10:00"), HOUR)
    with pytest.raises(CalendarError, match="not enough working time"):
        calendar.working_day(date(2026, 6, 1), 1)


def test_an_instant_without_offset_is_refused() -> None:
    naive = datetime(2026, 9, 7, 10)  # noqa: DTZ001
    for ask in (
        lambda: WEEKDAYS.advance(naive, HOUR),
        lambda: WEEKDAYS.between(naive, at("2026-09-08T10:00")),
        lambda: WEEKDAYS.first_instant(naive),
        lambda: WEEKDAYS.local_date(naive),
    ):
        with pytest.raises(CalendarError, match="write an offset, such as"):
            ask()


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(CalendarError, match="negative"):
        WEEKDAYS.advance(at("2026-09-07T10:00"), -HOUR)


@pytest.mark.parametrize(("day", "works"), [
    ("2026-10-01", False),  # National Day
    ("2026-10-07", False),
    ("2026-10-08", True),
    ("2026-02-14", True),  # Saturdays that make up for a holiday
    ("2026-10-10", True),
    ("2026-10-17", False),  # a plain Saturday
    ("2026-09-28", True),
])  # fmt: skip
def test_the_calendar_follows_the_state_councils_notices(day: str, works: bool) -> None:
    assert CITY.is_working_day(date.fromisoformat(day)) is works


def test_a_year_without_notice_is_not_known() -> None:
    assert CITY.knows(at("2026-01-05T10:00"), at("2026-12-31T17:00"))
    assert not CITY.knows(at("2026-12-31T10:00"), at("2027-01-04T17:00"))
    assert WEEKDAYS.knows(at("2026-12-31T10:00"), at("2099-01-04T17:00"))  # no notices, nothing to wait for


def test_lunch_does_not_count_and_a_budget_used_up_at_noon_ends_at_noon() -> None:
    assert WEEKDAYS.between(at("2026-09-07T09:00"), at("2026-09-07T17:00")) == 7 * HOUR
    assert WEEKDAYS.advance(at("2026-09-07T09:00"), 3 * HOUR) == at("2026-09-07T12:00")
    assert WEEKDAYS.advance(at("2026-09-07T09:00"), 3 * HOUR + timedelta(microseconds=1)) == at(
        "2026-09-07T13:00:00.000001"
    )


def test_nothing_lies_between_an_instant_and_an_earlier_one() -> None:
    assert WEEKDAYS.between(at("2026-09-08T09:00"), at("2026-09-07T09:00")) == timedelta()


def test_a_day_has_its_opening_and_closing_and_the_next_one_its_own() -> None:
    assert WEEKDAYS.opening(date(2026, 9, 7)) == at("2026-09-07T09:00")
    assert WEEKDAYS.closing(date(2026, 9, 7)) == at("2026-09-07T17:00")
    assert WEEKDAYS.opening_after(date(2026, 9, 4)) == at("2026-09-07T09:00")
    assert WEEKDAYS.working_day(date(2026, 12, 31), 1) == date(2027, 1, 1)


def test_the_date_is_the_citys_and_not_greenwichs() -> None:
    assert WEEKDAYS.local_date(datetime(2026, 9, 7, 17, 30, tzinfo=UTC)) == date(2026, 9, 8)


def test_a_date_with_hours_of_its_own_has_only_these() -> None:
    short = NamedDay(DayKind.SPECIAL, "下午放假", hours=OFFICE[:1])
    calendar = WorkingCalendar(SHANGHAI, WEEKDAYS.week, {date(2026, 9, 7): short})
    assert calendar.closing(date(2026, 9, 7)) == at("2026-09-07T12:00")
    assert calendar.advance(at("2026-09-07T09:00"), 4 * HOUR) == at("2026-09-08T10:00")


def test_hours_are_read_and_written_alike() -> None:
    for text in ("09:00-12:00", "00:00-24:00", "08:30:15-17:45"):
        assert str(hours_of(text)) == text


@pytest.mark.parametrize(("zone", "hours", "day", "length"), [
    ("Europe/Berlin", "02:00-03:00", "2026-03-29", timedelta()),  # skipped whole: no working day
    ("Europe/Berlin", "02:30-04:00", "2026-03-29", HOUR),
    ("Europe/Berlin", "01:00-04:00", "2026-10-25", 4 * HOUR),  # an hour comes twice
    ("Europe/Berlin", "01:00-02:30", "2026-10-25", 1.5 * HOUR),  # closes when the clock first says so
    ("Australia/Lord_Howe", "00:00-04:00", "2026-10-04", 3.5 * HOUR),
    ("Australia/Lord_Howe", "00:00-04:00", "2026-04-05", 4.5 * HOUR),
    ("America/St_Johns", "00:00-24:00", "2010-11-06", 24 * HOUR),  # the clocks go back at 00:01 of the next day
    ("America/St_Johns", "00:00-24:00", "2010-11-07", 25 * HOUR),
    ("Pacific/Apia", "00:00-24:00", "2011-12-29", 24 * HOUR),
    ("Pacific/Apia", "00:00-24:00", "2011-12-30", timedelta()),  # a date that never was
])  # fmt: skip
def test_a_days_hours_are_as_long_as_the_clocks_make_them(zone: str, hours: str, day: str, length: timedelta) -> None:
    calendar = WorkingCalendar(ZoneInfo(zone), ((hours_of(hours),),) * 7)
    on = date.fromisoformat(day)
    assert calendar.is_working_day(on) is bool(length)
    if length:
        assert calendar.closing(on) - calendar.opening(on) == length


def test_clocks_put_back_over_midnight_do_not_bring_yesterday_back() -> None:
    newfoundland = ZoneInfo("America/St_Johns")
    again = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)  # the clock says 23:30 of the 6th for the second time
    assert again.astimezone(newfoundland).date() == date(2010, 11, 6)
    assert reached(again, newfoundland).date() == date(2010, 11, 7)
    calendar = WorkingCalendar(newfoundland, (OFFICE,) * 7)
    assert calendar.local_date(again) == date(2010, 11, 7)
