"""Errands 待拨: who calls whom now, of the follow-ups 回访 and the missed calls 漏接回拨. The only writer of `errand`.

`take_next` gives one item to one person: the row's key decides, however many ask at once. What is taken comes free by
itself after `HOLD`; it is no lock on the ticket, only a sign for colleagues. Holding runs in real time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from shared.calls import is_missed
from shared.domain.terms import HolderKind
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.calls import call
from shared.tables.errand import errand
from shared.tables.people import staff
from shared.tables.ticket import ticket

HOLD = timedelta(minutes=10)
_MOST_RIVALS = 50
_NOW = sa.func.clock_timestamp()


class Errands(StrEnum):
    """Whom people call. Tickets live in business time, calls in real time."""

    FOLLOW_UP = "follow_up"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Held:
    """Who has an item now, and how often it was tried."""

    item_id: int
    staff_id: int | None
    name: str | None
    tries: int
    not_before: datetime | None


def take_next(connection: Connection, viewer: Viewer, queue: Errands) -> int | None:
    """Give the viewer what they have already, else the first free item; None if there is none."""
    mine = held_by(connection, viewer, queue)
    if mine is not None:
        return mine if _hold(connection, viewer, queue, mine) else None
    for _ in range(_MOST_RIVALS):
        item_id = connection.execute(_first_free(viewer, queue)).scalar_one_or_none()
        if item_id is None or _hold(connection, viewer, queue, item_id):
            return item_id
    return None


def held_by(connection: Connection, viewer: Viewer, queue: Errands) -> int | None:
    """Return what the viewer is at, if it still waits."""
    mine = (errand.c.queue == queue) & (errand.c.staff_id == viewer.id) & (errand.c.held_until > _NOW)
    waiting = sa.exists().where(_waiting(viewer, queue)[0] == errand.c.item_id, *_waiting(viewer, queue)[1])
    query = sa.select(errand.c.item_id).where(mine, waiting).order_by(errand.c.held_until.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def let_go(connection: Connection, viewer: Viewer, queue: Errands, item_id: int) -> None:
    """Let go of an item that is done with."""
    mine = (errand.c.queue == queue) & (errand.c.item_id == item_id) & (errand.c.staff_id == viewer.id)
    connection.execute(sa.update(errand).where(mine).values(staff_id=None, held_until=None, touched_at=_NOW))


def put_off(
    connection: Connection, queue: Errands, item_id: int, until: datetime, *, is_try: bool = False
) -> None:  # fmt: skip
    """Let nobody be given the item before `until`; `is_try`: somebody was called and not reached."""
    values = {"queue": queue, "item_id": item_id, "not_before": until, "tries": int(is_try), "touched_at": _NOW}
    change = {"not_before": until, "tries": errand.c.tries + int(is_try), "touched_at": _NOW}
    free: dict[str, Any] = {"staff_id": None, "held_until": None}
    added = postgresql.insert(errand).values(values)
    connection.execute(
        added.on_conflict_do_update(index_elements=[errand.c.queue, errand.c.item_id], set_=change | free)
    )


def held(connection: Connection, queue: Errands, item_ids: Sequence[int]) -> Mapping[int, Held]:
    """Return who has which of these items, and how often they were tried."""
    has = errand.c.held_until > _NOW
    query = (
        sa.select(
            errand.c.item_id, errand.c.tries, errand.c.not_before,
            sa.case((has, errand.c.staff_id)).label("staff_id"), sa.case((has, staff.c.name)).label("name"),
        )
        .outerjoin(staff, staff.c.id == errand.c.staff_id)
        .where(errand.c.queue == queue, errand.c.item_id.in_(item_ids))
    )  # fmt: skip
    return {row["item_id"]: Held(**row) for row in connection.execute(query).mappings()}


def forget(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` rows untouched for longer than `keep`; return how many."""
    old = sa.select(errand.c.queue, errand.c.item_id).where(errand.c.touched_at < _NOW - keep).limit(most)
    return connection.execute(sa.delete(errand).where(sa.tuple_(errand.c.queue, errand.c.item_id).in_(old))).rowcount


def _hold(connection: Connection, viewer: Viewer, queue: Errands, item_id: int) -> bool:
    values = {"staff_id": viewer.id, "held_until": _NOW + HOLD, "touched_at": _NOW}
    added = postgresql.insert(errand).values({"queue": queue, "item_id": item_id, "tries": 0, **values})
    free = errand.c.held_until.is_(None) | (errand.c.held_until <= _NOW) | (errand.c.staff_id == viewer.id)
    taken = added.on_conflict_do_update(index_elements=[errand.c.queue, errand.c.item_id], set_=values, where=free)
    return connection.execute(taken.returning(errand.c.item_id)).scalar_one_or_none() is not None


def _first_free(viewer: Viewer, queue: Errands) -> sa.Select[Any]:
    item, conditions, since, now = _waiting(viewer, queue)
    taken = sa.exists().where(
        errand.c.queue == queue, errand.c.item_id == item, (errand.c.held_until > _NOW) | (errand.c.not_before > now)
    )  # fmt: skip
    return sa.select(item).where(*conditions, ~taken).order_by(since, item).limit(1)


def _waiting(viewer: Viewer, queue: Errands) -> tuple[Any, list[sa.ColumnElement[bool]], Any, Any]:
    """Return the id, the conditions, the order and the clock of what waits in a queue."""
    if queue is Errands.FOLLOW_UP:
        at_hotline = (ticket.c.holder_kind == HolderKind.FOLLOW_UP) & (ticket.c.holder_id == "")
        return ticket.c.id, [visible_to(viewer), at_hotline], ticket.c.due_at, sa.func.business_now()
    earlier = call.alias("earlier")
    same = (earlier.c.phone_index == call.c.phone_index) & (earlier.c.id < call.c.id)
    first = ~sa.exists().where(same, is_missed(viewer.city, earlier))
    return call.c.id, [is_missed(viewer.city), first], call.c.abandoned_at, _NOW
