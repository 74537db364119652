"""Why a ticket is due when it is: its days as blocks with what counts, gaps for what does not, and `now`. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from intake.pages.time_left import Timed
from shared.domain.labels import Label
from shared.domain.rules import Rules
from shared.domain.wording import limit_in_words

_GAP_WEIGHT = 0.35  # of a full day's width
_LABELS_AT_MOST = 8
_DAYS_AT_MOST = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A working day, or a gap of rest days. `x`, `width` and `spent` are percent of the picture."""

    day: date
    last: date
    counted: timedelta
    x: float
    width: float
    spent: float
    has_label: bool

    @property
    def is_gap(self) -> bool:
        return not self.counted

    @property
    def hours(self) -> str:
        return f"{self.counted / timedelta(hours=1):.3g}"

    @property
    def days(self) -> int:
        return (self.last - self.day).days + 1


@dataclass(frozen=True, slots=True)
class DuePicture:
    """The blocks from the first counted instant to the due one; `now` in percent, None when it lies outside."""

    blocks: tuple[Block, ...]
    now: float | None
    start: datetime
    due_at: datetime
    total: timedelta
    limit: Label
    is_natural: bool
    is_provisional: bool

    @property
    def hours(self) -> str:
        return f"{self.total / timedelta(hours=1):.4g}"


def due_picture(ticket: Timed, rules: Rules, now: datetime) -> DuePicture | None:
    """Return the picture of the ticket's time limit at `now`, None where it has none."""
    clock = ticket.reply_clock
    if clock is None:
        return None
    start, is_natural = clock.counted_from, clock.by_the_clock
    days = _natural(start, clock.due_at, rules) if is_natural else _working(start, clock.due_at, rules)
    blocks, at = _place(days, rules, now, is_natural=is_natural)
    return DuePicture(
        blocks=blocks,
        now=at if start <= now < clock.due_at else None,
        start=start,
        due_at=clock.due_at,
        total=sum((counted for _, _, counted in days), timedelta()),
        limit=limit_in_words(clock.amount, clock.unit),
        is_natural=is_natural,
        is_provisional=clock.is_provisional,
    )


_Days = list[tuple[datetime, datetime, timedelta]]


def _natural(start: datetime, due_at: datetime, rules: Rules) -> _Days:
    days: _Days = []
    while start < due_at and len(days) < _DAYS_AT_MOST:
        midnight = datetime.combine(start.astimezone(rules.zone).date() + timedelta(days=1), time(), tzinfo=rules.zone)
        end = min(midnight, due_at)
        days.append((start, end, end - start))
        start = end
    return days


def _working(start: datetime, due_at: datetime, rules: Rules) -> _Days:
    days: _Days = []
    for begin, end, _ in _natural(start, due_at, rules):
        counted = rules.calendar.between(begin, end)
        if days and not counted and not days[-1][2]:
            days[-1] = (days[-1][0], end, counted)
        else:
            days.append((begin, end, counted))
    return days


def _place(days: _Days, rules: Rules, now: datetime, *, is_natural: bool) -> tuple[tuple[Block, ...], float]:
    longest = max((counted for _, _, counted in days), default=timedelta(hours=1)) or timedelta(hours=1)
    weights = [counted / longest if counted else _GAP_WEIGHT for _, _, counted in days]
    whole, x, at = sum(weights) or 1.0, 0.0, 0.0
    every = -(-len(days) // _LABELS_AT_MOST)
    blocks = []
    for index, ((begin, end, counted), weight) in enumerate(zip(days, weights, strict=True)):
        width = 100 * weight / whole
        by_clock = is_natural or not counted
        gone = _part_gone((begin, end), now, None if by_clock else rules)
        if now >= begin:
            at = x + width * gone
        first = begin.astimezone(rules.zone).date()
        last = (end - timedelta(microseconds=1)).astimezone(rules.zone).date()
        has_label = index % every == 0 or index == len(days) - 1
        blocks.append(Block(first, last, counted, round(x, 2), round(width, 2), round(width * gone, 2), has_label))
        x += width
    return tuple(blocks), round(at, 2)


def _part_gone(span: tuple[datetime, datetime], now: datetime, rules: Rules | None) -> float:
    """Return the part of a span that is gone: by the working time of `rules`, or by the clock."""
    begin, end = span
    if now <= begin:
        return 0.0
    if now >= end:
        return 1.0
    if rules is None:
        return (now - begin) / (end - begin)
    return rules.calendar.between(begin, now) / rules.calendar.between(begin, end)
