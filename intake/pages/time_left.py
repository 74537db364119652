"""How much time a ticket has left, as bar, card and words. Pure: the instant is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from shared.domain.calendar import WorkingCalendar
from shared.domain.clocks import Card, Clock
from shared.domain.labels import Label
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind

_CARDS = {Card.NONE: None, Card.YELLOW: "yellow", Card.OVERDUE: "yellow", Card.RED: "red"}
_OVER = (HolderKind.FOLLOW_UP, HolderKind.ARCHIVE)


class Timed(Protocol):
    """The fields of a ticket or of a queue's row that say how its time stands."""

    @property
    def holder_kind(self) -> HolderKind: ...
    @property
    def reply_clock(self) -> Clock | None: ...


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`mood` is ok, warn, late, done or none (no limit); `spent` is the part of the budget that is gone, in percent.

    `card` is `yellow`, `red` or None; a late ticket turns red with the next working day.
    """

    mood: str
    spent: float
    words: Label
    is_natural: bool = False
    card: str | None = None


def time_left(ticket: Timed, rules: Rules, now: datetime) -> TimeLeft:
    """Return how the time of the unit's clock stands at `now`."""
    clock = ticket.reply_clock
    if ticket.holder_kind in _OVER:
        return TimeLeft("done", 100, Label("不再计时", "No clock running"))
    if clock is None:
        is_held = ticket.holder_kind in (HolderKind.UNIT, HolderKind.SEAT)
        return TimeLeft(
            "none", 0, Label("没有时限", "No time limit") if is_held else Label("还没有起算", "Not counting yet")
        )
    axis, is_natural = axis_of(clock, rules), clock.by_the_clock
    if now > clock.due_at:
        over = axis.between(clock.due_at, now)
        return TimeLeft("late", 100, _over_words(over, rules, is_natural), is_natural, _CARDS[clock.card])
    total = axis.between(clock.counted_from, clock.due_at)
    left = axis.between(max(now, clock.counted_from), clock.due_at)
    mood = "late" if clock.card >= Card.OVERDUE else "warn" if clock.card >= Card.YELLOW else "ok"
    spent = 100 * (1 - left / total) if total else 100.0
    return TimeLeft(mood, round(spent, 1), _left_words(left, rules, is_natural), is_natural, _CARDS[clock.card])


def axis_of(clock: Clock, rules: Rules) -> WorkingCalendar:
    """Return the calendar along which a clock counts."""
    return rules.calendar.around_the_clock() if clock.by_the_clock else rules.calendar


@cache
def working_day(calendar: WorkingCalendar) -> timedelta:
    """Return the length of the week's longest working day."""
    return timedelta(seconds=max(sum(hours.closes - hours.opens for hours in day) for day in calendar.week))


def in_words(span: timedelta, rules: Rules, *, is_natural: bool) -> Label:
    """Return a span in working days and hours; under a day in hours and minutes."""
    day = timedelta(days=1) if is_natural else working_day(rules.calendar)
    days, rest = divmod(span, day)
    hours, minutes = int(rest.total_seconds()) // 3600, int(rest.total_seconds()) // 60 % 60
    if days:
        name, name_en = ("天", "day") if is_natural else ("工作日", "working day")
        tail, tail_en = (f" {hours} 时", f" {hours} h") if hours else ("", "")
        return Label(f"{days} {name}{tail}", f"{days} {name_en}{'s' if days > 1 else ''}{tail_en}")
    if hours:
        return Label(f"{hours} 时 {minutes} 分", f"{hours} h {minutes} min")
    return Label(f"{minutes} 分", f"{minutes} min")


def _left_words(left: timedelta, rules: Rules, is_natural: bool) -> Label:
    span = in_words(left, rules, is_natural=is_natural)
    return Label(f"剩 {span.zh}", f"{span.en} left")


def _over_words(over: timedelta, rules: Rules, is_natural: bool) -> Label:
    if over < timedelta(minutes=1):
        return Label("已超期", "Overdue")
    span = in_words(over, rules, is_natural=is_natural)
    return Label(f"超 {span.zh}", f"{span.en} over")
