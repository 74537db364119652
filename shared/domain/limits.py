"""Time limits 时限 as data, and the due instants they give. Pure. Source: REQUIREMENTS 3.4, D1-D25 and K1-K22."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.domain.calendar import Intervals, WorkingCalendar, aware, checked_intervals
from shared.domain.terms import Channel, Nature, Stage, UnitKind, Urgency
from shared.domain.working_year import TICK, instant, reached, wall_clock


class LimitError(ValueError):
    """A time limit that makes no sense; the message says why."""


class TimeUnit(StrEnum):
    """What a limit is counted in. Minutes, hours and days without `working` run by the clock 自然时间."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    SAME_DAY = "same_day"
    DAYS = "days"
    WORKING_DAYS = "working_days"


class Ends(StrEnum):
    """Where in its last day a limit in days ends."""

    CLOSING = "closing"  # K3: at the close of the N-th day
    SAME_CLOCK_TIME = "same_clock_time"


_MOST = 1_000_000
_MINUTE = timedelta(minutes=1)
_LENGTHS = {
    TimeUnit.MINUTES: _MINUTE,
    TimeUnit.WORKING_MINUTES: _MINUTE,
    TimeUnit.HOURS: 60 * _MINUTE,
    TimeUnit.WORKING_HOURS: 60 * _MINUTE,
}
BY_THE_CLOCK = frozenset({TimeUnit.MINUTES, TimeUnit.HOURS, TimeUnit.DAYS})
_MAY_BE_ZERO = frozenset({TimeUnit.WORKING_MINUTES, TimeUnit.WORKING_HOURS})  # at once in office hours (D5)


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget of time and how it is counted.

    `warn_days` days, or the share `warn_share` of the budget, before it is used up the yellow card 黄牌 falls due.
    `inclusive` 含本数: the due instant itself is on time.
    """

    amount: int
    unit: TimeUnit
    source: str
    ends: Ends = Ends.CLOSING
    from_next_day: bool = False
    inclusive: bool = True
    warn_days: int = 0
    warn_share: float = 0.0

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise LimitError(f"a time limit cannot be negative: {self.amount} {self.unit}")
        if self.amount > _MOST:
            raise LimitError(f"{self.amount} {self.unit} is longer than anybody waits")
        if self.unit is TimeUnit.SAME_DAY and self.amount:
            raise LimitError("same_day takes no amount")
        if not self.amount and self.unit not in (*_MAY_BE_ZERO, TimeUnit.SAME_DAY):
            raise LimitError(f"0 {self.unit} would be over before it begins; only working time may be 0 (at once)")
        if self.ends is Ends.SAME_CLOCK_TIME and (not self.in_days or self.from_next_day):
            raise LimitError("same_clock_time is for days that count from the instant")
        if self.warn_days and (not self.in_days or self.warn_days > self.amount):
            raise LimitError(f"{self.amount} {self.unit} cannot warn {self.warn_days} days before")
        if not 0 <= self.warn_share < 1 or (self.warn_days and self.warn_share):
            raise LimitError("warn either days before, or with a share of the time left below 100 %")

    @property
    def in_days(self) -> bool:
        """Tell whether it is a number of days."""
        return self.unit in (TimeUnit.DAYS, TimeUnit.WORKING_DAYS)

    @property
    def by_the_clock(self) -> bool:
        """Tell whether nights and holidays count 自然时间."""
        return self.unit in BY_THE_CLOCK

    def axis(self, calendar: WorkingCalendar) -> WorkingCalendar:
        """Return the calendar along which it is counted."""
        return calendar.around_the_clock() if self.by_the_clock else calendar


@dataclass(frozen=True, slots=True)
class Due:
    """The instants of one limit counted from `start`, aware UTC, and what they were counted with.

    `counted_from` is where counting begins; `overdue_at` the first instant that is too late; `red_at` the opening of
    the first working day after the due date. `is_provisional`: a year on the way has no holiday notice yet (K16).
    """

    start: datetime
    counted_from: datetime
    due_at: datetime
    warn_at: datetime | None
    overdue_at: datetime
    red_at: datetime
    is_provisional: bool
    limit: Limit
    calendar: WorkingCalendar = field(repr=False, compare=False)
    held: tuple[tuple[datetime, datetime], ...] = ()


def count(limit: Limit, calendar: WorkingCalendar, start: datetime, held: Intervals = ()) -> Due:
    """Count a limit from `start`. `held` are suspended intervals; they are taken out in the limit's own time (K8)."""
    axis, start, held = limit.axis(calendar), aware(start), checked_intervals(held)
    begin = _begin(limit, axis, start)
    due_at = plain = _end(limit, axis, start, begin, limit.amount)
    warn_at = _warn(limit, axis, start, begin, plain)
    if held:
        due_at = _later(axis, start, plain, held)
        warn_at = None if warn_at is None else _later(axis, start, warn_at, held)
    overdue_at = due_at + TICK if limit.inclusive else due_at
    last = max(start, due_at - TICK)  # midnight ends the day before
    return Due(
        start=start,
        counted_from=begin,
        due_at=due_at,
        warn_at=warn_at,
        overdue_at=overdue_at,
        red_at=max(calendar.opening_after(calendar.local_date(last)), overdue_at),
        is_provisional=not limit.by_the_clock and not calendar.knows(start, last),
        limit=limit,
        calendar=calendar,
        held=held,
    )


def _begin(limit: Limit, axis: WorkingCalendar, start: datetime) -> datetime:
    """Where counting begins: at the first instant of the axis, from `start` or from the next day (K2, K6)."""
    if limit.from_next_day:
        return axis.opening_after(axis.local_date(start))
    return axis.first_instant(start)


def _end(limit: Limit, axis: WorkingCalendar, start: datetime, begin: datetime, amount: int) -> datetime:
    if limit.unit in _LENGTHS:
        return axis.advance(begin, amount * _LENGTHS[limit.unit])
    if limit.unit is TimeUnit.SAME_DAY:
        return axis.closing(axis.local_date(begin))
    if limit.ends is Ends.SAME_CLOCK_TIME:
        return _same_clock_time(axis, begin, amount)
    if limit.from_next_day:
        return axis.closing(axis.working_day(axis.local_date(start), amount))
    first = axis.local_date(begin)  # the day of the start is the first that counts
    return axis.closing(axis.working_day(first, amount - 1) if amount > 1 else first)


def _warn(limit: Limit, axis: WorkingCalendar, start: datetime, begin: datetime, due_at: datetime) -> datetime | None:
    if limit.warn_share:
        return axis.advance(begin, axis.between(begin, due_at) * (1 - limit.warn_share))
    if not limit.warn_days:
        return None
    if limit.warn_days == limit.amount:
        return start
    return max(_end(limit, axis, start, begin, limit.amount - limit.warn_days), start)


def _later(axis: WorkingCalendar, start: datetime, end: datetime, held: Intervals) -> datetime:
    """Move an end by exactly the time of the axis that was held since the start, and while it moves."""
    moved = axis.advance(start, axis.between(start, end), held)
    if any(begins < end < ends for begins, ends in held):
        return max(moved, axis.advance(end, timedelta(), held))
    return max(moved, end)  # an end at an opening, as `same_clock_time` has it, does not fall back to the last closing


def _same_clock_time(axis: WorkingCalendar, begin: datetime, days: int) -> datetime:
    """`days` days on at the same wall clock; outside that day's hours the nearest instant that keeps the order."""
    local = reached(begin, axis.zone)
    day = axis.working_day(local.date(), days)
    wall = instant(wall_clock(datetime.combine(day, local.time()), axis.zone))
    return min(axis.first_instant(max(wall, axis.opening(day))), axis.closing(day))


class Case(NamedTuple):
    """What decides which limit applies; None where there is none (yet)."""

    nature: Nature
    urgency: Urgency
    channel: Channel
    unit_class: UnitKind | None = None
    limit_class: str | None = None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One line of `limits.csv`: for which cases it stands (an empty set: all), and its limit, None for no limit."""

    stage: Stage
    natures: frozenset[Nature]
    urgencies: frozenset[Urgency]
    channels: frozenset[Channel]
    unit_classes: frozenset[UnitKind]
    limit_classes: frozenset[str]
    limit: Limit | None

    def applies(self, stage: Stage, case: Case) -> bool:
        """Tell whether the line speaks of the case."""
        wanted = (self.natures, self.urgencies, self.channels, self.unit_classes, self.limit_classes)
        return stage is self.stage and all(not kinds or one in kinds for kinds, one in zip(wanted, case, strict=True))

    def hides(self, other: "LimitLine") -> bool:
        """Tell whether every case of `other` is one of this line."""
        mine = (self.natures, self.urgencies, self.channels, self.unit_classes, self.limit_classes)
        others = (other.natures, other.urgencies, other.channels, other.unit_classes, other.limit_classes)
        pairs: zip[tuple[frozenset[str], frozenset[str]]] = zip(mine, others, strict=True)
        return self.stage is other.stage and all(not a or (b and a >= b) for a, b in pairs)


class Limits:
    """A city's limits: read from the top, the first line that speaks of a case decides."""

    def __init__(self, lines: Sequence[LimitLine]) -> None:
        self.lines = tuple(lines)
        self._found: dict[tuple[Stage, Case], Limit | None] = {}

    def find(self, stage: Stage, case: Case) -> Limit | None:
        """Return the limit of a stage, None where there is none."""
        key = (stage, case)
        if key not in self._found:
            lines = (line for line in self.lines if line.applies(stage, case))
            line = next(lines, None)
            self._found[key] = line.limit if line else None
        return self._found[key]
