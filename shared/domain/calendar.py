"""The working calendar 工作日历: which instants are working time, and how to count along them. Pure.

Hours are local wall clock; everything counted is on the axis of instants, so a day on which the clocks change is as
long as it was.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.domain.working_year import TICK, Span, WorkingYear, instant, outside, reached, ticks, working_year

_MIDNIGHT = 24 * 60 * 60
_MOST_YEARS = 50  # further than any limit reaches; a calendar whose every day is a holiday must not loop
_NOTHING_AHEAD = f"not enough working time in the next {_MOST_YEARS} years"
_THE_END = "the calendar ends here: no date is that far away"
_HOURS = re.compile(r"(\d\d):([0-5]\d)(?::([0-5]\d))?-(\d\d):([0-5]\d)(?::([0-5]\d))?")

Intervals = Sequence[tuple[datetime, datetime]]


class CalendarError(ValueError):
    """A calendar, an interval or a start that cannot be counted with; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One interval of a day's working time, half-open: seconds since local midnight, at most 86,400 (24:00)."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if self.opens == self.closes == 0:
            raise CalendarError("00:00-00:00 means nothing; write 00:00-24:00 for a whole day")
        if not 0 <= self.opens < self.closes <= _MIDNIGHT:
            raise CalendarError(f"hours must open before they close, between 00:00 and 24:00: {self}")

    def __str__(self) -> str:
        return "-".join(f"{at // 3600:02d}:{at // 60 % 60:02d}" + f":{at % 60:02d}" * (at % 60 > 0) for at in self.ends)

    @property
    def ends(self) -> tuple[int, int]:
        """Both ends."""
        return self.opens, self.closes


def hours_of(text: str) -> Hours:
    """Read `09:00-12:00` or `08:30:15-24:00`."""
    match = _HOURS.fullmatch(text)
    if match is None:
        raise CalendarError(f"'{text}' is no working time, such as 09:00-12:00")
    opens, closes = (
        sum(int(part or 0) * unit for part, unit in zip(match.group(*ends), (3600, 60, 1), strict=True))
        for ends in ((1, 2, 3), (4, 5, 6))
    )
    return Hours(opens, closes)


class DayKind(StrEnum):
    """What a notice makes of a date."""

    REST = "rest"  # 放假
    WORK = "work"  # 调休上班
    SPECIAL = "special"  # hours of its own


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A date that is not as its weekday: a holiday 节假日, a make-up workday 调休上班日 or a day with other hours."""

    kind: DayKind
    name: str
    name_en: str = ""
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """Working hours by weekday (0 = Monday) and by date in one zone.

    `official_years` are the years whose holiday notice is loaded; in others only weekends rest, and what is counted
    through them is provisional. None: the city has no such notices, nothing is provisional.
    """

    zone: ZoneInfo
    week: tuple[tuple[Hours, ...], ...]
    days: Mapping[date, NamedDay] = field(default_factory=dict)
    official_years: frozenset[int] | None = None
    _years: dict[int, WorkingYear] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise CalendarError("a calendar needs seven weekdays")
        if not any(self.week):
            raise CalendarError("a calendar needs some working time in the week")
        for hours in (*self.week, *(day.hours for day in self.days.values())):
            _check_order(hours)
        for on, day in self.days.items():
            if bool(day.hours) is (day.kind is DayKind.REST):
                raise CalendarError(f"{on}: a {day.kind} day {'has no' if day.hours else 'needs'} hours")

    def is_working_day(self, day: date) -> bool:
        """Tell whether any working time lies on the local date; an hour that the clocks skip is none."""
        number, days = day.toordinal(), self._year(day.year).days
        index = bisect_left(days, number)
        return index < len(days) and days[index] == number

    def local_date(self, at: datetime) -> date:
        """Return the date in the city at an instant; clocks put back over midnight do not bring the day before back."""
        return reached(aware(at), self.zone).date()

    def first_instant(self, at: datetime) -> datetime:
        """Return the first working instant not before `at`."""
        return self.advance(at, timedelta())

    def opening_after(self, day: date) -> datetime:
        """Return the opening of the first working day after a local date."""
        return self.opening(self.working_day(day, 1))

    def working_day(self, day: date, days: int) -> date:
        """Return the `days`-th working day after `day`, `days` > 0."""
        number = day.toordinal()
        for year in range(day.year, day.year + _MOST_YEARS):
            numbers = self._year(year).days
            index = bisect_right(numbers, number) + days - 1
            if index < len(numbers):
                return date.fromordinal(numbers[index])
            days = index - len(numbers) + 1
        raise CalendarError(_NOTHING_AHEAD)

    def opening(self, day: date) -> datetime:
        """Return the first instant of a working day."""
        year = self._year(day.year)
        return instant(year.opening[bisect_left(year.days, day.toordinal())])

    def closing(self, day: date) -> datetime:
        """Return the closing instant of a working day."""
        year = self._year(day.year)
        return instant(year.closing[bisect_left(year.days, day.toordinal())])

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time in [start, end); none when `end` is not later."""
        if aware(end) <= aware(start):
            return timedelta()
        first, last = self.local_date(start).year, self.local_date(end).year
        found = self._year(last).until(ticks(end)) - self._year(first).until(ticks(start))
        return timedelta(microseconds=found + sum(self._year(year).whole for year in range(first, last)))

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the working time in [start, end) as pieces, in microseconds since 1970."""
        begin, until = ticks(aware(start)), ticks(aware(end))
        for year in range(self.local_date(start).year, self.local_date(end).year + 1):
            for opens, closes in self._year(year).spans(begin, until):
                yield max(opens, begin), min(closes, until)

    def advance(self, start: datetime, budget: timedelta, held: Intervals = ()) -> datetime:
        """Return the earliest instant by which `budget` of working time outside `held` has passed since `start`.

        Nothing to pass gives the first working instant outside `held`; a budget used up at closing ends at closing.
        """
        begin, left, first = ticks(aware(start)), budget // TICK, self.local_date(start).year
        if left < 0:
            raise CalendarError("a budget cannot be negative")
        gaps = [(ticks(a), ticks(b)) for a, b in held]
        for year in (self._year(number) for number in range(first, first + _MOST_YEARS)):
            found = _outlast(year, begin, left, gaps) if gaps else year.after(begin, left)
            if found is not None:
                return instant(found)
            left -= year.whole - year.until(begin) - _covered(year, begin, gaps)
        raise CalendarError(_NOTHING_AHEAD)

    def knows(self, start: datetime, end: datetime) -> bool:
        """Tell whether every year from `start` to `end` has its notice."""
        if self.official_years is None:
            return True
        years = range(self.local_date(start).year, self.local_date(end).year + 1)
        return self.official_years.issuperset(years)

    def around_the_clock(self) -> "WorkingCalendar":
        """Return the calendar by which natural days and hours 自然时间 count: every day whole."""
        return _natural(self.zone)

    def _year(self, year: int) -> WorkingYear:
        known = self._years.get(year)
        if known is None:
            if not MINYEAR < year < MAXYEAR:
                raise CalendarError(_THE_END)
            known = self._years[year] = working_year(year, self._hours, self.zone)
        return known

    def _hours(self, day: date) -> Sequence[Span]:
        named = self.days.get(day)
        return [hours.ends for hours in (self.week[day.weekday()] if named is None else named.hours)]


def aware(at: datetime) -> datetime:
    """Return `at` in UTC, where comparing is safe; without an offset it is no instant and is refused."""
    if at.tzinfo is not UTC and at.utcoffset() is None:
        raise CalendarError(f"{at.isoformat()} has no zone; write an offset, such as +08:00")
    if not MINYEAR < at.year < MAXYEAR:
        raise CalendarError(_THE_END)
    return at.astimezone(UTC)


def checked_intervals(intervals: Intervals) -> tuple[tuple[datetime, datetime], ...]:
    """Return suspended intervals in order; reversed, empty or overlapping ones are refused."""
    ordered = tuple(sorted((aware(start), aware(end)) for start, end in intervals))
    for start, end in ordered:
        if start >= end:
            raise CalendarError(f"a suspension must end after it begins: {start.isoformat()} / {end.isoformat()}")
    for (_, end), (start, _) in pairwise(ordered):
        if start < end:
            raise CalendarError(f"suspensions overlap: one ends {end.isoformat()}, the next begins {start.isoformat()}")
    return ordered


def _check_order(hours: tuple[Hours, ...]) -> None:
    for earlier, later in pairwise(hours):
        if later.opens < earlier.closes:
            raise CalendarError(f"hours overlap or stand in the wrong order: {earlier}, {later}")


@lru_cache(maxsize=64)
def _natural(zone: ZoneInfo) -> WorkingCalendar:
    return WorkingCalendar(zone, ((Hours(0, _MIDNIGHT),),) * 7)


def _covered(year: WorkingYear, begin: int, gaps: Sequence[Span]) -> int:
    """Return the working time of a year from `begin` on that lies in the gaps."""
    return sum(year.until(ends) - year.until(max(starts, begin)) for starts, ends in gaps if ends > begin)


def _outlast(year: WorkingYear, begin: int, left: int, gaps: Sequence[Span]) -> int | None:
    """Return when `left` has passed in a year outside the gaps, None if it has not."""
    for opens, closes in year.spans(begin):
        for free, ends in outside((max(opens, begin), closes), gaps):
            if left <= ends - free:
                return free + left
            left -= ends - free
    return None
