"""Calls as a seat, the call-back queue and the figures show them. Numbers are masked, except one that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.calls import is_answered_at, is_missed
from shared.domain.calls import ANSWER_WITHIN, CallState, Direction
from shared.domain.rules import Rules
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.reads.by_phone import PhoneTicket, tickets_of_phone
from shared.reads.tickets import mask_phone
from shared.tables.calls import call as c

RINGS_FOR, DRAFT_FOR = timedelta(minutes=10), timedelta(hours=12)
MOST_CALLS, MOST_CALL_BACKS, DAYS = 3, 20, 7
_NOW = sa.func.clock_timestamp()
_INBOUND = c.c.direction.is_distinct_from(Direction.OUT)
_WAIT = c.c.answered_at - sa.func.coalesce(c.c.queued_at, c.c.began_at)


@dataclass(frozen=True, slots=True)
class SeatCall:
    """A call that rings at a seat, or was answered there and has no ticket yet."""

    id: int
    state: CallState
    rings: bool
    since: datetime
    phone: str | None
    withheld: bool
    tickets: Sequence[PhoneTicket]


@dataclass(frozen=True, slots=True)
class CallBack:
    """A number to call back 漏接回拨; `id` is its first missed call, `times` how often it was missed."""

    id: int
    phone: str | None
    since: datetime
    times: int
    tries: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of inbound calls: `connected` is answered of offered, `within` of these within 15 s; `wait` of the answered."""

    offered: int
    answered: int
    abandoned: int
    within: int
    wait_seconds: float | None
    day: date | None = None

    @property
    def connected_share(self) -> float | None:
        return self.answered / self.offered if self.offered else None

    @property
    def within_share(self) -> float | None:
        return self.within / self.offered if self.offered else None


def at_seat(viewer: Viewer, connection: Connection, rules: Rules, extension: str | None) -> list[SeatCall]:
    """Return what rings at the extension, then the calls answered there that have no ticket yet, newest first."""
    if extension is None:
        return []
    rings_here = sa.func.coalesce(c.c.rings_at == extension, False)  # NULL would sort before what rings
    rings = (c.c.city == viewer.city) & rings_here & (c.c.heard_at > _NOW - RINGS_FOR)
    is_draft = is_answered_at(viewer, extension) & c.c.ticket_id.is_(None) & (c.c.heard_at > _NOW - DRAFT_FOR)
    query = sa.select(c, rings.label("rings")).where(rings | is_draft)
    rows = connection.execute(query.order_by(rings.desc(), c.c.answered_at.desc(), c.c.id).limit(MOST_CALLS))
    return [_seat_call(viewer, connection, rules, row) for row in rows.all()]


def draft_phone(viewer: Viewer, connection: Connection, extension: str | None, call_id: int) -> str | None:
    """Return the whole number of a call that was answered at the extension, for the ticket made of it."""
    query = sa.select(c.c.phone).where(is_answered_at(viewer, extension), c.c.id == call_id)
    return keys().decrypt(connection.execute(query).scalar_one_or_none())


def call_backs(viewer: Viewer, connection: Connection) -> list[CallBack]:
    """Return the numbers to call back, who waits longest first."""
    first = sa.func.min(c.c.id).label("id")
    since = sa.func.min(c.c.abandoned_at).label("since")
    grouped = (
        sa.select(first, since, sa.func.count().label("times"), sa.func.max(c.c.call_back_tries).label("tries"))
        .where(is_missed(viewer.city))
        .group_by(c.c.phone_index)
        .order_by(since)
        .limit(MOST_CALL_BACKS)
        .subquery()
    )
    query = sa.select(grouped, c.c.phone).join(c, c.c.id == grouped.c.id).order_by(grouped.c.since)
    return [
        CallBack(row.id, mask_phone(keys().decrypt(row.phone)), row.since, row.times, row.tries)
        for row in connection.execute(query)
    ]


def first_missed(viewer: Viewer, connection: Connection, call_id: int) -> int | None:
    """Return the first missed call of the number of this one: what colleagues see taken."""
    number = sa.select(c.c.phone_index).where(c.c.id == call_id, c.c.city == viewer.city).scalar_subquery()
    query = sa.select(sa.func.min(c.c.id)).where(is_missed(viewer.city), c.c.phone_index == number)
    return connection.execute(query).scalar_one_or_none()


def call_back_number(viewer: Viewer, connection: Connection, call_id: int) -> str | None:
    """Return the whole number of a call that waits to be called back. Show it only once the access log has it."""
    query = sa.select(c.c.phone).where(is_missed(viewer.city), c.c.id == call_id)
    return keys().decrypt(connection.execute(query).scalar_one_or_none())


def figures_by_day(viewer: Viewer, connection: Connection, rules: Rules) -> list[Figures]:
    """Return the figures of the last seven days that had calls, newest first; a day is the city's."""
    day = sa.cast(sa.func.timezone(str(rules.zone), c.c.began_at), sa.Date).label("day")
    here = (c.c.city == viewer.city) & _INBOUND
    last = sa.select(sa.func.max(c.c.began_at)).where(here).scalar_subquery()
    query = sa.select(day, *_sums()).where(here, c.c.began_at > last - timedelta(days=DAYS))
    rows = connection.execute(query.group_by(day).order_by(day.desc()).limit(DAYS)).mappings()
    return [Figures(**row) for row in rows]


def figures_of(connection: Connection, hours: int) -> Figures:
    """Return the figures of the calls that began within the last hours."""
    recent = c.c.began_at > _NOW - timedelta(hours=hours)
    return Figures(**connection.execute(sa.select(*_sums()).where(recent, _INBOUND)).mappings().one())


def _sums() -> list[sa.ColumnElement[Any]]:
    wait = sa.func.avg(sa.func.greatest(sa.extract("epoch", _WAIT), 0))
    return [
        sa.func.count().label("offered"),
        sa.func.count(c.c.answered_at).label("answered"),
        sa.func.count(c.c.abandoned_at).label("abandoned"),
        sa.func.count().filter(_WAIT <= ANSWER_WITHIN).label("within"),
        sa.cast(wait.filter(c.c.answered_at.is_not(None)), sa.Float).label("wait_seconds"),
    ]


def _seat_call(viewer: Viewer, connection: Connection, rules: Rules, row: Any) -> SeatCall:
    return SeatCall(
        id=row.id,
        state=CallState(row.state),
        rings=row.rings,
        since=row.ringing_at if row.rings and row.ringing_at else row.answered_at or row.began_at,
        phone=mask_phone(keys().decrypt(row.phone)),
        withheld=row.withheld,
        tickets=tickets_of_phone(viewer, connection, rules, row.phone_index),
    )
