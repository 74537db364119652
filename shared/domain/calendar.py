"""The working calendar: which instants are working time. Weekdays with fixed hours; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """One interval of working time within a day, local wall clock, half-open."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Working hours per weekday (0 = Monday) in one zone. A weekday without hours is a rest day."""

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise ValueError("a calendar needs seven weekdays and some working time among them")
        for day in self.week:
            for hours in day:
                if hours.opens >= hours.closes:
                    raise ValueError(f"hours must open before they close: {hours.opens}-{hours.closes}")
            for earlier, later in pairwise(day):
                if later.opens < earlier.closes:
                    raise ValueError(f"hours overlap: {earlier.closes} is after {later.opens}")

    def is_working_day(self, day: date) -> bool:
        """Tell whether any working time lies on the local date `day`."""
        return bool(self.week[day.weekday()])

    def end_of_working_day(self, start: datetime, days: int) -> datetime:
        """Return the closing instant, UTC, of the `days`-th working day counted from the day after `start`.

        With `days` = 0 it is the close of the last working day not later than `start`'s own date. REQUIREMENTS K2, K3.
        """
        if start.tzinfo is None:
            raise ValueError("a due time needs an aware start")
        local = start.astimezone(self.zone).date()
        walk = self._working_days_from(local + timedelta(days=1)) if days else self._working_days_until(local)
        day = next(walk)
        for _ in range(days - 1):
            day = next(walk)
        closes = self.week[day.weekday()][-1].closes
        return datetime.combine(day, closes, tzinfo=self.zone).astimezone(UTC)

    def _working_days_from(self, day: date) -> Iterator[date]:
        while True:
            if self.is_working_day(day):
                yield day
            day += timedelta(days=1)

    def _working_days_until(self, day: date) -> Iterator[date]:
        while True:
            if self.is_working_day(day):
                yield day
            day -= timedelta(days=1)
