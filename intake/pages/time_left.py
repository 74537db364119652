"""How much time a ticket has left, as bar, card and words. Pure: the instant is an argument."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Protocol

from shared.domain.calendar import WorkingCalendar
from shared.domain.labels import Label
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Nature, Urgency

_LONGEST_WALK_DAYS = 1000
_OVER = (HolderKind.FOLLOW_UP, HolderKind.ARCHIVE)


class Timed(Protocol):
    """The fields of a ticket or of a queue's row that say how its time stands."""

    @property
    def nature(self) -> Nature: ...
    @property
    def urgency(self) -> Urgency: ...
    @property
    def holder_kind(self) -> HolderKind: ...
    @property
    def dispatched_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def is_warned(self) -> bool: ...
    @property
    def is_overdue(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """`mood` is ok, warn, late, done or none (no limit); `spent` is the part of the budget that is gone, in percent."""

    mood: str
    spent: float
    words: Label
    is_natural: bool = False

    @property
    def card(self) -> str | None:
        """Return which card the ticket carries: `yellow`, `red` or none."""
        return {"warn": "yellow", "late": "red"}.get(self.mood)


def time_left(ticket: Timed, rules: Rules, now: datetime) -> TimeLeft:
    """Return how the ticket's time stands at `now`."""
    if ticket.holder_kind in _OVER:
        return TimeLeft("done", 100, Label("不再计时", "No clock running"))
    if ticket.dispatched_at is None:
        return TimeLeft("none", 0, Label("还没有起算", "Not counting yet"))
    if ticket.due_at is None:
        return TimeLeft("none", 0, Label("没有时限", "No time limit"))
    is_natural = counts_hours(ticket, rules)
    start = counted_from(ticket.dispatched_at, rules, is_natural=is_natural)
    if now > ticket.due_at:
        over = _between(ticket.due_at, now, rules, is_natural)
        return TimeLeft("late", 100, _over_words(over, rules, is_natural), is_natural)
    total = _between(start, ticket.due_at, rules, is_natural)
    left = _between(max(now, start), ticket.due_at, rules, is_natural)
    mood = "late" if ticket.is_overdue else "warn" if ticket.is_warned else "ok"
    spent = 100 * (1 - left / total) if total else 100.0
    return TimeLeft(mood, round(spent, 1), _left_words(left, rules, is_natural), is_natural)


def counts_hours(ticket: Timed, rules: Rules) -> bool:
    """Tell whether the ticket's limit runs in hours by the clock 自然时间 rather than in working days."""
    limit = rules.limits.get((ticket.nature, ticket.urgency))
    return limit is not None and limit.hours is not None


def counted_from(dispatched_at: datetime, rules: Rules, *, is_natural: bool) -> datetime:
    """Return from when the limit counts: at once for hours, for working days the next one (REQUIREMENTS K2)."""
    if is_natural:
        return dispatched_at
    local = dispatched_at.astimezone(rules.zone).date() + timedelta(days=1)
    for _ in range(_LONGEST_WALK_DAYS):
        if rules.calendar.is_working_day(local):
            break
        local += timedelta(days=1)
    return datetime.combine(local, time(), tzinfo=rules.zone).astimezone(UTC)


def working_between(calendar: WorkingCalendar, start: datetime, end: datetime) -> timedelta:
    """Return the working time in [start, end); nothing beyond a thousand days is looked at."""
    day, last = start.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
    found = timedelta()
    for _ in range(min((last - day).days + 1, _LONGEST_WALK_DAYS)):
        for hours in calendar.week[day.weekday()]:
            opens = max(datetime.combine(day, hours.opens, tzinfo=calendar.zone), start)
            closes = min(datetime.combine(day, hours.closes, tzinfo=calendar.zone), end)
            found += max(closes - opens, timedelta())
        day += timedelta(days=1)
    return found


@cache
def working_day(calendar: WorkingCalendar) -> timedelta:
    """Return the length of a full working day."""
    date = datetime(2001, 1, 1, tzinfo=calendar.zone).date()  # a Monday; only the hours of a week are looked at
    lengths = []
    for weekday in range(7):
        begin = datetime.combine(date + timedelta(days=weekday), time(), tzinfo=calendar.zone)
        lengths.append(working_between(calendar, begin, begin + timedelta(days=1)))
    return max(lengths)


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


def _between(start: datetime, end: datetime, rules: Rules, is_natural: bool) -> timedelta:
    return end - start if is_natural else working_between(rules.calendar, start, end)
