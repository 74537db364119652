"""How far the calendar is known: to the end of the last year in a row that has its notice (K16)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.calendar import WorkingCalendar, hours_of
from shared.domain.foresight import Foresight, foresight

WEEK = ((hours_of("09:00-17:00"),),) * 5 + ((), ())


def known(*years: int) -> WorkingCalendar:
    return WorkingCalendar(ZoneInfo("Asia/Shanghai"), WEEK, official_years=frozenset(years))


@pytest.mark.parametrize(
    ("years", "now", "until", "ends_soon"),
    [
        ((2025, 2026), datetime(2026, 9, 7, tzinfo=UTC), date(2026, 12, 31), False),
        (
            (2025, 2026),
            datetime(2026, 11, 1, 12, tzinfo=UTC),
            date(2026, 12, 31),
            False,
        ),  # exactly 60 days
        ((2025, 2026), datetime(2026, 11, 1, 16, tzinfo=UTC), date(2026, 12, 31), True),  # it is the next day there
        ((2025, 2026), datetime(2027, 1, 4, tzinfo=UTC), date(2026, 12, 31), True),
        ((2026, 2028), datetime(2026, 9, 7, tzinfo=UTC), date(2026, 12, 31), False),  # 2028 does not help 2027
        ((), datetime(2026, 9, 7, tzinfo=UTC), date(2025, 12, 31), True),
    ],
)
def test_known_until_the_first_year_without_notice(
    years: tuple[int, ...], now: datetime, until: date, ends_soon: bool
) -> None:
    assert foresight(known(*years), now) == Foresight(years, until, ends_soon)


def test_a_city_that_follows_no_notices_never_runs_out_of_them() -> None:
    calendar = WorkingCalendar(ZoneInfo("Asia/Shanghai"), WEEK)
    assert foresight(calendar, datetime(2026, 12, 31, tzinfo=UTC)) == Foresight((), None, ends_soon=False)
