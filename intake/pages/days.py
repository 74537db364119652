"""Days that people choose, within reason, and the city's instants at which they begin and end."""

from datetime import date, datetime, time, timedelta

from intake.stores import rules

_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)


def day_of(typed: str) -> date | None:
    """Return the day, None where it is none or none of ours."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


def begin_of(day: date) -> datetime:
    """Return the instant at which the day begins in the city's zone."""
    return datetime.combine(day, time.min, rules().zone)


def end_of(day: date) -> datetime:
    """Return the instant at which the next day begins."""
    return begin_of(day + timedelta(days=1))
