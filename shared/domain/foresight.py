"""How far ahead the calendar is official 有通知的年份 (REQUIREMENTS K16). Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, takewhile

from shared.domain.calendar import WorkingCalendar

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Foresight:
    """Years with a holiday notice, and the last day up to which all are known; None: the city follows no notices."""

    years: tuple[int, ...]
    known_until: date | None
    ends_soon: bool


def foresight(calendar: WorkingCalendar, now: datetime) -> Foresight:
    """Return how far ahead of `now` the calendar is known."""
    official = calendar.official_years
    if official is None:
        return Foresight((), None, ends_soon=False)
    today = calendar.local_date(now)
    known = list(takewhile(official.__contains__, count(today.year)))
    until = date(known[-1] if known else max(filter(today.year.__gt__, official), default=today.year - 1), 12, 31)
    return Foresight(tuple(sorted(official)), until, until - today < SOON)
