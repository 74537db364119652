"""Queues: the list of one holder's tickets, most urgent first, and the counts beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.clocks import Clock, clocks_from
from shared.domain.numbers import number_of
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Nature, Stage, State, Urgency
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to, works_on
from shared.tables.people import staff
from shared.tables.ticket import ticket as t
from shared.tables.ticket import ticket_text

MOST_ROWS = 100
_RUNS = t.c.holder_kind != HolderKind.FOLLOW_UP  # a resolved ticket keeps its marks, but nobody must hurry any more


class Only(StrEnum):
    """Filters of a queue."""

    MINE = "mine"
    UNSIGNED = "unsigned"
    WARNED = "warned"
    OVERDUE = "overdue"
    ALARM = "alarm"
    UNASSIGNED = "unassigned"
    TO_APPROVE = "to_approve"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of a queue. Instants are aware UTC in business time."""

    ticket_id: int
    number: str
    seq: int
    title: str
    state: State
    holder_kind: HolderKind
    holder_id: str
    nature: Nature
    urgency: Urgency
    county: str | None
    unit: str | None
    handler: str | None
    registered_at: datetime
    due_at: datetime | None
    reply_clock: Clock | None
    is_warned: bool
    is_overdue: bool
    urged_count: int
    alarm: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Which queue: a kind of holder (None: all but the archive) and, for units and seats, which one.

    `cursor` is (due_at, id) of the last row seen; `handler_id` narrows it to what one person has in hand.
    """

    holder_kind: HolderKind | None = None
    holder_id: str | None = None
    only: Only | None = None
    limit: int = MOST_ROWS
    cursor: tuple[datetime | None, int] | None = None
    handler_id: int | None = None


def queue(viewer: Viewer, connection: Connection, rules: Rules, wanted: Queue) -> list[QueueRow]:
    """Return up to `limit` (100 at most) tickets of a queue that the viewer may see, first due first."""
    query = (
        rows_query()
        .where(visible_to(viewer), *_conditions(viewer, wanted))
        .order_by(t.c.due_at, t.c.id)
        .limit(min(wanted.limit, MOST_ROWS))
    )
    return [row_of(row, rules) for row in connection.execute(query).mappings()]


def rows_query() -> sa.Select[Any]:
    """Return the query of all tickets with their titles and handlers. Put it behind `visible_to`."""
    title = ticket_text.alias("title")
    on_title = (title.c.ticket_id == t.c.id) & (title.c.seq == 1) & (title.c.part == "title")
    named = sa.select(t, title.c.text.label("title"), staff.c.name.label("handler"))
    return named.outerjoin(title, on_title).outerjoin(staff, staff.c.id == t.c.handler_id)


def counts(viewer: Viewer, connection: Connection, wanted: Queue) -> Mapping[str, int]:
    """Return how many tickets of a queue there are: `all` and one figure for each filter."""
    query = sa.select(
        sa.func.count().label("all"),
        *(sa.func.count().filter(_filter(viewer, only)).label(only.value) for only in Only),
    ).where(visible_to(viewer), *_holder(wanted))
    return dict(connection.execute(query).mappings().one())


def counts_by_holder(viewer: Viewer, connection: Connection) -> list[sa.RowMapping]:
    """Return `holder_kind, holder_id, state, open, warned, overdue` for every holder but the archive."""
    query = (
        sa.select(
            t.c.holder_kind,
            t.c.holder_id,
            t.c.state,
            sa.func.count().label("open"),
            sa.func.count().filter(_filter(viewer, Only.WARNED)).label("warned"),
            sa.func.count().filter(_filter(viewer, Only.OVERDUE)).label("overdue"),
        )
        .where(visible_to(viewer), t.c.holder_kind != HolderKind.ARCHIVE)
        .group_by(t.c.holder_kind, t.c.holder_id, t.c.state)
        .order_by(t.c.holder_kind, t.c.holder_id, t.c.state)
    )
    return list(connection.execute(query).mappings())


def waiting_at_seats(viewer: Viewer, connection: Connection) -> list[sa.RowMapping]:
    """Return `holder_id, open, since` of the expert queues: how many wait, and for how long the first has."""
    query = (
        sa.select(t.c.holder_id, sa.func.count().label("open"), sa.func.min(t.c.registered_at).label("since"))
        .where(visible_to(viewer), t.c.holder_kind == HolderKind.SEAT)
        .group_by(t.c.holder_id)
    )
    return list(connection.execute(query).mappings())


def _conditions(viewer: Viewer, wanted: Queue) -> list[sa.ColumnElement[bool]]:
    conditions = _holder(wanted)
    if wanted.only is not None:
        conditions.append(_filter(viewer, wanted.only))
    if wanted.handler_id is not None:
        conditions.append(t.c.handler_id == wanted.handler_id)
    if wanted.cursor is not None:
        due_at, ticket_id = wanted.cursor
        if due_at is None:
            conditions.append(t.c.due_at.is_(None) & (t.c.id > ticket_id))
        else:
            conditions.append(t.c.due_at.is_(None) | (sa.tuple_(t.c.due_at, t.c.id) > (due_at, ticket_id)))
    return conditions


def _holder(wanted: Queue) -> list[sa.ColumnElement[bool]]:
    if wanted.holder_kind is None:
        return [t.c.holder_kind != HolderKind.ARCHIVE]
    # The hotline's own holders have no id; saying so lets one index give the rows in their order.
    holder_id = wanted.holder_id if wanted.holder_kind in (HolderKind.UNIT, HolderKind.SEAT) else ""
    here = [t.c.holder_kind == wanted.holder_kind]
    return here if holder_id is None else [*here, t.c.holder_id == holder_id]


def _filter(viewer: Viewer, only: Only) -> sa.ColumnElement[bool]:
    match only:
        case Only.MINE:
            return works_on(viewer)
        case Only.UNSIGNED:
            return t.c.state.in_([State.DISPATCHED, State.REOPENED])
        case Only.WARNED:
            return _RUNS & t.c.is_warned & ~t.c.is_overdue
        case Only.OVERDUE:
            return _RUNS & t.c.is_overdue
        case Only.ALARM:
            return t.c.alarm.is_not(None)
        case Only.UNASSIGNED:
            return t.c.handler_id.is_(None)
        case Only.TO_APPROVE:
            return (t.c.state == State.REPLY_SUBMITTED) & ~t.c.is_approved


def row_of(row: sa.RowMapping, rules: Rules) -> QueueRow:
    """Return a row of `rows_query` as a line."""
    return QueueRow(
        ticket_id=row["id"],
        number=number_of(row["id"], row["registered_at"], rules.zone),
        title=row["title"] or "",
        state=State(row["state"]),
        holder_kind=HolderKind(row["holder_kind"]),
        nature=Nature(row["nature"]),
        urgency=Urgency(row["urgency"]),
        reply_clock=clocks_from(row["clocks"]).get(Stage.REPLY),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "seq",
    "holder_id",
    "county",
    "unit",
    "handler",
    "registered_at",
    "due_at",
    "is_warned",
    "is_overdue",
    "urged_count",
    "alarm",
)
