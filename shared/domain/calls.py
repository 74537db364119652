"""Calls 通话: what a call has come to, from its events in whatever order they arrived, once or often. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ANSWER_WITHIN = timedelta(seconds=15)  # GB/T 33358-2016; exactly so long counts as within


class Step(StrEnum):
    """What a telephony adapter reports. In the order in which steps of one instant are read."""

    OFFERED = "offered"
    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"  # a person is connected, not a PBX that plays an announcement
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    RATED = "rated"
    ENDED = "ended"
    ABANDONED = "abandoned"
    RECORDED = "recorded"


class CallState(StrEnum):
    """Where a call stands."""

    OFFERED = "offered"  # -> queued | ringing | answered | abandoned
    QUEUED = "queued"  # -> ringing | answered | abandoned
    RINGING = "ringing"  # -> answered | abandoned
    ANSWERED = "answered"  # -> ended
    ENDED = "ended"
    ABANDONED = "abandoned"  # -> ended, if the news that it was answered comes late


class Direction(StrEnum):
    """Who called whom."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One step of a call. `at` is when it happened, `seat` the extension 分机 that rings or speaks, `phone` E.164."""

    id: str
    step: Step
    at: datetime
    direction: Direction | None = None
    line: str | None = None
    phone: str | None = None
    withheld: bool = False
    seat: str | None = None
    has_failed: bool = False
    digit: str | None = None
    recording: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is known of a call. Stamps are None until their event is here; `digit` is the satisfaction key."""

    state: CallState
    began_at: datetime
    queued_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    abandoned_at: datetime | None = None
    direction: Direction | None = None
    line: str | None = None
    phone: str | None = None
    withheld: bool = False
    rings_at: str | None = None
    seat: str | None = None
    held: timedelta = timedelta()
    is_rating_asked: bool = False
    digit: str | None = None
    recordings: tuple[str, ...] = ()


def fold(events: Iterable[CallEvent]) -> Call:
    """Return the call that one or more events tell of. Order and repeats change nothing."""
    known = sorted({event.id: event for event in events}.values(), key=_order)
    first = {event.step: event.at for event in reversed(known)}
    phone = next((event.phone for event in known if event.phone), None)
    state = _state(first)
    return Call(
        state=state,
        began_at=known[0].at,
        queued_at=first.get(Step.QUEUED),
        ringing_at=first.get(Step.RINGING),
        answered_at=first.get(Step.ANSWERED),
        ended_at=first.get(Step.ENDED, first.get(Step.ABANDONED) if state is CallState.ENDED else None),
        abandoned_at=first.get(Step.ABANDONED) if state is CallState.ABANDONED else None,
        direction=next((event.direction for event in known if event.direction), None),
        line=next((event.line for event in known if event.line), None),
        phone=phone,
        withheld=phone is None and any(event.withheld for event in known),
        rings_at=_rings_at(known, state),
        seat=next((event.seat for event in reversed(known) if _takes_over(event)), None),
        held=_held(known, first.get(Step.ENDED)),
        is_rating_asked=Step.RATED in first,
        digit=next((event.digit for event in known if event.step is Step.RATED and event.digit), None),
        recordings=tuple(dict.fromkeys(event.recording for event in known if event.recording)),
    )


def _state(first: dict[Step, datetime]) -> CallState:
    is_gone = Step.ABANDONED in first
    if Step.ENDED in first or (is_gone and Step.ANSWERED in first):
        return CallState.ENDED
    if is_gone:
        return CallState.ABANDONED
    for step in (Step.ANSWERED, Step.RINGING, Step.QUEUED):
        if step in first:
            return CallState(step)
    return CallState.OFFERED


def _rings_at(known: list[CallEvent], state: CallState) -> str | None:
    """Return the seat that rings now: also a second one, while the first speaks."""
    if state in (CallState.ENDED, CallState.ABANDONED):
        return None
    last = next((event for event in reversed(known) if event.step is Step.RINGING or _takes_over(event)), None)
    return last.seat if last is not None and last.step is Step.RINGING else None


def _takes_over(event: CallEvent) -> bool:
    return event.step in (Step.ANSWERED, Step.TRANSFERRED) and event.seat is not None and not event.has_failed


def _held(known: list[CallEvent], ended_at: datetime | None) -> timedelta:
    """Return how long the caller was put aside; a hold that nothing ended lasts until the end of the call."""
    total, since = timedelta(), None
    for event in known:
        if event.step is Step.HELD and since is None:
            since = event.at
        elif event.step is Step.RESUMED and since is not None:
            total, since = total + (event.at - since), None
    if since is not None and ended_at is not None and ended_at > since:
        total += ended_at - since
    return total


_RANK = {step: rank for rank, step in enumerate(Step)}


def _order(event: CallEvent) -> tuple[datetime, int, str]:
    return event.at, _RANK[event.step], event.id
