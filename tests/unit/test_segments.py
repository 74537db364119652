"""The way from start to due as stretches: what counted, what was skipped and why, and that it adds up."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.cities.load import load_city
from shared.domain.calendar import WorkingCalendar, hours_of
from shared.domain.limits import Due, Limit, TimeUnit, count
from shared.domain.segments import SegmentKind, counted, segments
from tests.unit.calendars import at

K, T = SegmentKind, TimeUnit
SHANGHAI = ZoneInfo("Asia/Shanghai")
CITY = load_city("chengdu").calendar
HOUR = timedelta(hours=1)
DAYS = Limit(3, T.WORKING_DAYS, "测试", from_next_day=True)


def told(due: Due) -> list[tuple[str, str, str, str]]:
    local = [(part, part.start.astimezone(SHANGHAI), part.end.astimezone(SHANGHAI)) for part in segments(due)]
    return [(part.kind, f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}", part.name) for part, start, end in local]


def test_three_working_days_over_the_national_holiday_are_told_stretch_by_stretch() -> None:
    due = count(DAYS, CITY, at("2026-09-29T16:00"))
    assert told(due) == [
        (K.NOT_YET, "09-29 16:00", "09-29 17:00", ""),
        (K.CLOSED, "09-29 17:00", "09-30 09:00", ""),
        (K.COUNTED, "09-30 09:00", "09-30 12:00", ""),
        (K.CLOSED, "09-30 12:00", "09-30 13:00", ""),
        (K.COUNTED, "09-30 13:00", "09-30 17:00", ""),
        (K.CLOSED, "09-30 17:00", "10-01 00:00", ""),
        (K.HOLIDAY, "10-01 00:00", "10-08 00:00", "国庆节"),
        (K.CLOSED, "10-08 00:00", "10-08 09:00", ""),
        (K.COUNTED, "10-08 09:00", "10-08 12:00", ""),
        (K.CLOSED, "10-08 12:00", "10-08 13:00", ""),
        (K.COUNTED, "10-08 13:00", "10-08 17:00", ""),
        (K.CLOSED, "10-08 17:00", "10-09 09:00", ""),
        (K.COUNTED, "10-09 09:00", "10-09 12:00", ""),
        (K.CLOSED, "10-09 12:00", "10-09 13:00", ""),
        (K.COUNTED, "10-09 13:00", "10-09 17:00", ""),
    ]
    assert counted(segments(due)) == 21 * HOUR


def test_a_make_up_workday_counts_and_keeps_its_name() -> None:
    parts = segments(count(Limit(2, T.WORKING_HOURS, "测试"), CITY, at("2026-10-10T09:30")))
    assert [part.kind for part in parts] == [K.COUNTED]
    assert parts[0].name == "国庆节调休上班"


def test_a_weekend_is_one_stretch() -> None:
    due = count(Limit(2, T.WORKING_HOURS, "测试"), CITY, at("2026-09-04T16:00"))
    assert told(due) == [
        (K.COUNTED, "09-04 16:00", "09-04 17:00", ""),
        (K.CLOSED, "09-04 17:00", "09-05 00:00", ""),
        (K.REST, "09-05 00:00", "09-07 00:00", ""),
        (K.CLOSED, "09-07 00:00", "09-07 09:00", ""),
        (K.COUNTED, "09-07 09:00", "09-07 10:00", ""),
    ]


def test_held_time_is_shown_where_it_was_working_time() -> None:
    due = count(DAYS, CITY, at("2026-09-08T16:00"), [(at("2026-09-09T14:00"), at("2026-09-10T10:00"))])
    held = [part for part in told(due) if part[0] == K.HELD]
    assert held == [(K.HELD, "09-09 14:00", "09-09 17:00", ""), (K.HELD, "09-10 09:00", "09-10 10:00", "")]
    assert due.due_at == at("2026-09-14T14:00")
    assert counted(segments(due)) == 21 * HOUR


def test_what_was_held_on_the_day_of_receipt_is_given_back_at_the_end() -> None:
    due = count(DAYS, CITY, at("2026-09-08T10:00"), [(at("2026-09-08T14:00"), at("2026-09-08T16:00"))])
    assert due.due_at == at("2026-09-14T11:00")
    assert told(due)[-1] == (K.GIVEN_BACK, "09-14 09:00", "09-14 11:00", "")
    assert counted(segments(due)) == 21 * HOUR


def test_natural_days_held_over_midnight_give_back_only_what_was_before_it() -> None:
    limit = Limit(2, T.DAYS, "测试", from_next_day=True)
    due = count(limit, CITY, at("2026-09-29T10:00"), [(at("2026-09-29T20:00"), at("2026-09-30T20:00"))])
    assert due.due_at == at("2026-10-03T00:00")
    assert told(due)[-2:] == [
        (K.COUNTED, "09-30 20:00", "10-02 20:00", ""),
        (K.GIVEN_BACK, "10-02 20:00", "10-03 00:00", ""),
    ]
    assert counted(segments(due)) == 48 * HOUR


def test_a_due_time_at_the_start_has_no_stretch() -> None:
    assert segments(count(Limit(0, T.WORKING_HOURS, "测试"), CITY, at("2026-09-08T10:00"))) == ()


def test_stretches_end_where_a_zone_skips_or_repeats_its_midnight() -> None:
    for name, start in (("America/St_Johns", "2010-11-06T10:00"), ("Pacific/Apia", "2011-12-28T10:00")):
        zone = ZoneInfo(name)
        calendar = WorkingCalendar(zone, ((hours_of("09:00-17:00"),),) * 7)
        due = count(Limit(20, T.WORKING_HOURS, "测试"), calendar, datetime.fromisoformat(start).replace(tzinfo=zone))
        assert counted(segments(due)) == 20 * HOUR
