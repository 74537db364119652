"""A year of working time as sorted instants, so that counting is looking up. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)

Span = tuple[int, int]  # [opens, closes) in microseconds since 1970


def ticks(at: datetime) -> int:
    """Return an aware instant in microseconds since 1970."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant(at: int) -> datetime:
    """Return the instant, UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=at)


@dataclass(frozen=True, slots=True)
class WorkingYear:
    """The spans of working time of one local year and its working days as ordinals, all ascending.

    `before[i]` is the working time of the year ahead of span i; the last entry is the whole year's. `opening[i]` and
    `closing[i]` are the first and the last instant of `days[i]`.
    """

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]
    days: tuple[int, ...]
    opening: tuple[int, ...]
    closing: tuple[int, ...]

    @property
    def whole(self) -> int:
        """The working time of the year."""
        return self.before[-1]

    def until(self, at: int) -> int:
        """Return the working time of the year before an instant."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0
        return self.before[index] + min(at, self.closes[index]) - self.opens[index]

    def after(self, at: int, budget: int) -> int | None:
        """Return when `budget` has passed since `at`, None if not in this year; an end at closing stays there."""
        used = self.until(at) + budget
        if budget:
            index = bisect_left(self.before, used) - 1
        else:
            index = bisect_right(self.closes, at)
            used = max(used, self.before[index])
        return None if index >= len(self.opens) or used > self.whole else self.opens[index] + used - self.before[index]

    def spans(self, at: int, until: int | None = None) -> Iterator[Span]:
        """Yield the spans that end after `at` and open before `until`."""
        first = bisect_right(self.closes, at)
        last = len(self.opens) if until is None else bisect_left(self.opens, until)
        for index in range(first, last):
            yield self.opens[index], self.closes[index]


def working_year(year: int, hours_of: Callable[[date], Sequence[Span]], zone: ZoneInfo) -> WorkingYear:
    """Lay out a year. `hours_of` gives a local date's hours as seconds since midnight."""
    spans: list[Span] = []
    days: list[tuple[int, int, int]] = []
    for number in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
        day = date.fromordinal(number)
        midnight = datetime.combine(day, datetime.min.time())
        ends = [[wall_clock(midnight + timedelta(seconds=end), zone) for end in hours] for hours in hours_of(day)]
        found = [(opens, closes) for opens, closes in ends if opens < closes]
        spans += found
        days += [(number, found[0][0], found[-1][1])] if found else []
    opens, closes = zip(*spans, strict=True) if spans else ((), ())
    before = tuple(accumulate((end - begin for begin, end in spans), initial=0))
    return WorkingYear(opens, closes, before, *(zip(*days, strict=True) if days else ((), (), ())))


def outside(span: Span, gaps: Sequence[Span]) -> Iterator[Span]:
    """Yield what of a span lies outside the gaps, which are in order."""
    begin, end = span
    for starts, ends in gaps:
        if starts >= end:
            break
        if ends > begin:
            if begin < starts:
                yield begin, starts
            begin = ends
    if begin < end:
        yield begin, end


def wall_clock(local: datetime, zone: ZoneInfo) -> int:
    """Return when the wall clock first shows, or skips over, a naive local time."""
    earlier, later = (ticks(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    # Skipped: `later` is before the clocks jump and `earlier` is not. The jump itself is the first instant after.
    return earlier if earlier <= later else _change(later, earlier, zone)


def reached(at: datetime, zone: ZoneInfo) -> datetime:
    """Return how far the wall clock has been by an instant: an hour shown twice does not take it back."""
    local = at.astimezone(zone)
    if not local.fold:
        return local
    return instant(_change(ticks(local.replace(fold=0)), ticks(at), zone) - 1).astimezone(zone)


def _change(before: int, after: int, zone: ZoneInfo) -> int:
    """Return the instant between two at which the clocks are changed."""
    offset = instant(before).astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if instant(middle).astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
