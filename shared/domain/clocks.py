"""The clocks 时钟 that run on a ticket: one for each stage that has a limit. Pure.

The unit's clock is the one of `Stage.REPLY`; it stops when the reply is submitted. `Stage.TOTAL` is the total age from
intake to archive, which nothing stops (REQUIREMENTS K1).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from shared.domain.calendar import WorkingCalendar
from shared.domain.limits import BY_THE_CLOCK, Due, Limit, TimeUnit
from shared.domain.terms import Stage


class Card(IntEnum):
    """How far a clock has gone; each step is taken once."""

    NONE = 0
    YELLOW = 1  # 黄牌: warned
    OVERDUE = 2
    RED = 3  # 红牌: the first working day after the due date has begun


@dataclass(frozen=True, slots=True)
class Clock:
    """One running limit, as counted when it was started or last recounted.

    `limit` is the stage whose limit counts (REDO in the reply's clock of a later cycle).
    """

    limit: Stage
    amount: int
    unit: TimeUnit
    started_at: datetime
    counted_from: datetime
    from_next_day: bool
    due_at: datetime
    warn_at: datetime | None
    overdue_at: datetime
    red_at: datetime | None
    card: Card = Card.NONE
    stopped_at: datetime | None = None
    is_provisional: bool = False

    @property
    def by_the_clock(self) -> bool:
        """Tell whether nights and holidays count 自然时间."""
        return self.unit in BY_THE_CLOCK

    @property
    def next(self) -> tuple[Card, datetime] | None:
        """The next step and its instant; None when there is no more, or the clock stands."""
        return self.step_after(self.card)

    def step_after(self, card: Card) -> tuple[Card, datetime] | None:
        """Return the step that follows `card`."""
        if self.stopped_at is not None:
            return None
        if card < Card.YELLOW and self.warn_at is not None:
            return Card.YELLOW, self.warn_at
        if card < Card.OVERDUE:
            return Card.OVERDUE, self.overdue_at
        return (Card.RED, self.red_at) if card < Card.RED and self.red_at is not None else None


Clocks = Mapping[Stage, Clock]
Changed = dict[Stage, Clock | None]  # None: the stage is over and its clock goes

# Only the unit's clock has cards on paper; the others warn and are overdue.
_WITH_RED = frozenset({Stage.REPLY, Stage.REDO})
# A unit that may no longer object is not late: the window closes, nobody is told.
SILENT = frozenset({Stage.RETURN})


def clock_of(limit: Stage, due: Due) -> Clock:
    """Return the clock of a limit that has just been counted."""
    return Clock(
        limit=limit,
        amount=due.limit.amount,
        unit=due.limit.unit,
        started_at=due.start,
        counted_from=due.counted_from,
        from_next_day=due.limit.from_next_day,
        due_at=due.due_at,
        warn_at=due.warn_at,
        overdue_at=due.overdue_at,
        red_at=due.red_at if limit in _WITH_RED else None,
        is_provisional=due.is_provisional,
    )


def due_of(clock: Clock, calendar: WorkingCalendar) -> Due:
    """Return what a clock was counted as, to be explained by its segments."""
    limit = Limit(clock.amount, clock.unit, "", from_next_day=clock.from_next_day)
    return Due(
        start=clock.started_at,
        counted_from=clock.counted_from,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        overdue_at=clock.overdue_at,
        red_at=clock.red_at or clock.due_at,
        is_provisional=clock.is_provisional,
        limit=limit,
        calendar=calendar,
    )


def recounted(clock: Clock, due: Due, now: datetime) -> Clock:
    """Return `clock` by a new count; steps whose instants still lie ahead will be taken again (K13)."""
    new = replace(clock_of(clock.limit, due), stopped_at=clock.stopped_at)
    steps = ((Card.YELLOW, new.warn_at), (Card.OVERDUE, new.overdue_at), (Card.RED, new.red_at))
    taken = [card for card, at in steps if card <= clock.card and at is not None and at <= now]
    return replace(new, card=max(taken, default=Card.NONE))


def stopped(clocks: Clocks, stages: Iterable[Stage], now: datetime) -> Changed:
    """Return the changes that stop clocks but keep them to be looked at."""
    running = {stage: clocks[stage] for stage in stages if stage in clocks}
    return {stage: replace(clock, stopped_at=now) for stage, clock in running.items() if clock.stopped_at is None}


def resumed(clocks: Clocks, stages: Iterable[Stage]) -> Changed:
    """Return the changes that let clocks go on as if they had never stood."""
    return {stage: replace(clocks[stage], stopped_at=None) for stage in stages if stage in clocks}


def ended(clocks: Clocks, stages: Iterable[Stage]) -> Changed:
    """Return the changes that take clocks of finished stages away; the log keeps what they were."""
    return {stage: None for stage in stages if stage in clocks}


def merged(clocks: Clocks, changed: Mapping[Stage, Clock | None]) -> Clocks:
    """Return the clocks after a change."""
    return {stage: clock for stage, clock in {**clocks, **changed}.items() if clock is not None}


def late(clocks: Clocks, stages: Iterable[Stage], now: datetime) -> Iterator[tuple[Stage, Clock]]:
    """Yield the running clocks that are too late and not yet marked so."""
    for stage in stages:
        clock = clocks.get(stage)
        if clock is None or clock.stopped_at is not None or stage in SILENT:
            continue
        if clock.card < Card.OVERDUE and clock.overdue_at <= now:
            yield stage, clock


def clock_from(value: Mapping[str, Any]) -> Clock:
    """Read a clock as canonical JSON holds it."""
    read: dict[str, Any] = {name: _instant(value[name]) for name in _INSTANTS}
    read |= {"limit": Stage(value["limit"]), "unit": TimeUnit(value["unit"]), "card": _CARDS[value["card"]]}
    return Clock(**read, **{name: value[name] for name in _AS_THEY_ARE})


def clocks_from(value: Mapping[str, Any]) -> dict[Stage, Clock | None]:
    """Read clocks by stage as canonical JSON holds them."""
    return {
        Stage(stage): one if one is None or isinstance(one, Clock) else clock_from(one) for stage, one in value.items()
    }


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


_INSTANTS = ("started_at", "counted_from", "due_at", "warn_at", "overdue_at", "red_at", "stopped_at")
_AS_THEY_ARE = ("amount", "from_next_day", "is_provisional")
_CARDS = tuple(Card)
