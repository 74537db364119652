"""Who could not be reached is tried at another time of the day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.trying import next_try

ZONE = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-09-{text}").replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("tried", "again"),
    [
        ("07T10:00", "07T14:00"), ("07T13:59", "07T14:00"), ("07T14:00", "07T18:30"), ("07T19:00", "08T09:00"),
        ("07T23:00", "08T09:00"), ("07T02:00", "07T14:00"), ("07T20:45", "08T09:00"),
    ],
)  # fmt: skip
def test_morning_afternoon_and_evening_follow_one_another(tried: str, again: str) -> None:
    assert next_try(local(tried), ZONE) == local(again)


@given(st.integers(0, 364 * 24 * 60))
def test_the_next_try_is_later_within_a_day_and_by_day(minutes: int) -> None:
    tried_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    again = next_try(tried_at, ZONE)
    assert 0 < (again - tried_at).total_seconds() <= 24 * 3600
    assert 9 <= again.hour < 20
