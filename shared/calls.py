"""Calls 通话 as their adapters report them. The only writer of `call` and `call_event`.

Each event is kept once, and the call's row is folded anew from all of them: replays and disorder leave no trace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from shared.domain.calls import Call, CallEvent, CallState, Direction, Step, fold
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.tables.calls import call, call_event

MOST_TRIES = 3
_ROLES_OF_A_SEAT = (None, "seat", "expert")
_NOW = sa.func.clock_timestamp()  # not business time: calls run in real time, also in a demo


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One event as an adapter sent it. `facts` is its data without the caller's number; `phone` is that in E.164."""

    source: str
    subject: str
    id: str
    step: Step
    at: datetime
    phone: str | None
    raw_number: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """How many of the reported events were new, and the extensions at which calls changed."""

    new: int
    seats: frozenset[str]


def hear(connection: Connection, city: str, reports: Iterable[Report]) -> Heard:
    """Take reports in, in any order and as often as they come; calls are locked in the order of their names."""
    seats: set[str | None] = set()
    new = 0
    for (source, subject), of_call in groupby(sorted(reports, key=_call_of), key=_call_of):
        row = _lock(connection, city, source, subject)
        fresh = sum(_keep(connection, row.id, report) for report in of_call)
        if fresh:
            stands = _refold(connection, row.id)
            seats |= {row.rings_at, row.seat, stands.rings_at, stands.seat}
            new += fresh
    return Heard(new, frozenset(seat for seat in seats if seat))


def link(connection: Connection, viewer: Viewer, extension: str | None, call_id: int, ticket_id: int) -> None:
    """Bind the ticket to the call that was answered at the extension; what is bound already stays."""
    free = is_answered_at(viewer, extension) & (call.c.id == call_id) & call.c.ticket_id.is_(None)
    connection.execute(sa.update(call).where(free).values(ticket_id=ticket_id))


def note_call_back(connection: Connection, viewer: Viewer, call_id: int, *, is_reached: bool) -> bool:
    """Note how a call-back 回拨 went, for every missed call of that number; False if there was none left to do."""
    number = sa.select(call.c.phone_index).where(call.c.id == call_id, call.c.city == viewer.city).scalar_subquery()
    tries = call.c.call_back_tries + 1
    result: Any = "reached" if is_reached else sa.case((tries >= MOST_TRIES, "given_up"))
    values = {"call_back": result, "call_back_tries": tries, "call_back_at": _NOW, "call_back_by": viewer.id}
    waits = is_missed(viewer.city) & (call.c.phone_index == number)
    return connection.execute(sa.update(call).where(waits).values(values)).rowcount > 0


def is_answered_at(viewer: Viewer, extension: str | None) -> sa.ColumnElement[bool]:
    """Return the condition on `call` that it was answered at a seat of the viewer's city."""
    return (call.c.city == viewer.city) & (call.c.seat == extension) & call.c.answered_at.is_not(None)


def is_missed(city: str, one: sa.FromClause = call) -> sa.ColumnElement[bool]:
    """Return the condition on `call`, or `one` of its aliases, that somebody must call back.

    Moot by itself once the same number was connected later, whichever news came first.
    """
    later = call.alias()
    was_connected = (later.c.phone_index == one.c.phone_index) & (later.c.answered_at > one.c.abandoned_at)
    waits = (one.c.city == city) & (one.c.state == CallState.ABANDONED) & one.c.call_back.is_(None)
    inbound = one.c.direction.is_distinct_from(Direction.OUT) & one.c.phone_index.is_not(None)
    return waits & inbound & ~sa.exists().where(was_connected, later.c.city == city)


def _call_of(report: Report) -> tuple[str, str]:
    return report.source, report.subject


def _lock(connection: Connection, city: str, source: str, subject: str) -> Any:
    empty = {"city": city, "source": source, "subject": subject, "state": CallState.OFFERED, "withheld": False}
    empty |= {"held_seconds": 0, "is_rating_asked": False, "recordings": [], "call_back_tries": 0, "heard_at": _NOW}
    connection.execute(postgresql.insert(call).values(empty).on_conflict_do_nothing())
    named = (call.c.source == source) & (call.c.subject == subject)
    query = sa.select(call.c.id, call.c.rings_at, call.c.seat).where(named).with_for_update(key_share=True)
    return connection.execute(query).one()


def _keep(connection: Connection, call_id: int, report: Report) -> int:
    values = {
        "call_id": call_id,
        "id": report.id,
        "step": report.step,
        "at": report.at,
        "phone": keys().encrypt(report.phone),
        "raw_number": keys().encrypt(report.raw_number),
        "facts": report.facts,
        "heard_at": _NOW,
    }
    added = postgresql.insert(call_event).values(values).on_conflict_do_nothing().returning(call_event.c.id)
    return len(connection.execute(added).all())


def _refold(connection: Connection, call_id: int) -> Call:
    rows = connection.execute(sa.select(call_event).where(call_event.c.call_id == call_id))
    stands = fold(_event(row) for row in rows)
    values = {name: getattr(stands, name) for name in _SAME_NAME} | {
        "phone": keys().encrypt(stands.phone),
        "phone_index": keys().blind_index(stands.phone),
        "held_seconds": round(stands.held.total_seconds()),
        "recordings": list(stands.recordings),
        "heard_at": _NOW,
    }
    connection.execute(sa.update(call).where(call.c.id == call_id).values(values))
    return stands


def _event(row: Any) -> CallEvent:
    facts = row.facts
    leg, pressed = facts.get("leg", {}), facts.get("key", {})
    return CallEvent(
        id=row.id,
        step=Step(row.step),
        at=row.at,
        direction=Direction(facts["direction"]) if "direction" in facts else None,
        line=facts.get("line"),
        phone=keys().decrypt(row.phone),
        withheld=facts.get("caller", {}).get("withheld", False),
        seat=leg.get("agent_id") if leg.get("role") in _ROLES_OF_A_SEAT else None,
        has_failed=facts.get("transfer", {}).get("outcome") == "failed",
        digit=pressed.get("digit") if leg.get("role") in (None, "citizen") else None,
        recording=facts.get("recording", {}).get("ref"),
    )


_SAME_NAME = (
    "state", "direction", "line", "withheld", "began_at", "queued_at", "ringing_at", "answered_at", "ended_at",
    "abandoned_at", "rings_at", "seat", "is_rating_asked", "digit",
)  # fmt: skip
