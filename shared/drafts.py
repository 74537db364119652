"""Operators' drafts 草稿: what has been typed and not yet registered. The only writer of `draft`.

A draft has no number. Its key is the form's own, which also names the ticket that the form may become, so a form that
was registered is known as such. Times are real: a draft is a person's typing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.viewer import Viewer
from shared.fault_points import fault_point
from shared.keys import keys
from shared.tables.draft import draft as d
from shared.tables.ticket import idempotency

MOST_LISTED = 20
_NOW = sa.func.clock_timestamp()
# A window that was shown an older state may not write over a newer one; what it wrote last itself it may always.
_SAVE = sa.text(
    "INSERT INTO draft (staff_id, key, call_id, fields, version, writer, updated_at)"
    " SELECT :staff_id, :key, (SELECT id FROM call WHERE id = :call_id AND city = :city), :fields, 1, :writer,"
    " clock_timestamp()"
    " WHERE NOT EXISTS (SELECT FROM idempotency WHERE client = :client AND route = 'register' AND key = :key)"
    " ON CONFLICT (staff_id, key) DO UPDATE SET fields = EXCLUDED.fields, version = draft.version + 1,"
    " writer = EXCLUDED.writer, updated_at = EXCLUDED.updated_at"
    " WHERE draft.version = :version OR draft.writer = :writer RETURNING version"
)
_FORGET = sa.text(
    "DELETE FROM draft WHERE (staff_id, key) IN (SELECT staff_id, key FROM draft"
    " WHERE updated_at < clock_timestamp() - CAST(:keep AS interval) ORDER BY updated_at LIMIT :most)"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands. `fields` are as they were typed."""

    key: str
    fields: Mapping[str, str]
    version: int
    call_id: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What a window sends. `version` is what it was shown, 0 for a new form; `writer` names the window."""

    key: str
    writer: str
    version: int
    fields: Mapping[str, str]
    call_id: int | None = None


def save(connection: Connection, viewer: Viewer, written: Written) -> int:
    """Keep what was typed and return the new version.

    Raises `Refused`: `draft_changed` if another window wrote meanwhile, `draft_registered` if the form became a ticket.
    """
    _lock(connection, viewer, written.key)
    sealed = keys().encrypt(json.dumps(dict(written.fields)))
    named = {
        "staff_id": viewer.id,
        "client": _client(viewer),
        "city": viewer.city,
        "call_id": written.call_id,
        "fields": sealed,
    }
    named |= {"key": written.key, "writer": written.writer, "version": written.version}
    version = connection.execute(_SAVE, named).scalar_one_or_none()
    if version is None:
        raise _changed() if ticket_of(connection, viewer, written.key) is None else _registered()
    fault_point("draft.saved")
    return int(version)


def finish(connection: Connection, viewer: Viewer, written: Written) -> None:
    """Remove the draft in the transaction that registers it. Raises `Refused` if another window wrote meanwhile."""
    _lock(connection, viewer, written.key)
    mine = _mine(viewer, written.key)
    fresh = (d.c.version == written.version) | (d.c.writer == written.writer)
    connection.execute(sa.delete(d).where(mine, fresh))
    if connection.execute(sa.select(d.c.key).where(mine)).first():
        raise _changed()


def ticket_of(connection: Connection, viewer: Viewer, key: str) -> int | None:
    """Return the id of the ticket that the viewer's form has become."""
    i = idempotency.c
    named = (i.client == _client(viewer)) & (i.route == "register") & (i.key == key)
    return connection.execute(sa.select(i.ticket_id).where(named)).scalar_one_or_none()


def find(connection: Connection, viewer: Viewer, key: str, life: timedelta) -> Draft | None:
    """Return one of the viewer's drafts."""
    row = connection.execute(sa.select(d).where(_mine(viewer, key), _alive(life))).one_or_none()
    return None if row is None else _draft(row)


def of_viewer(connection: Connection, viewer: Viewer, life: timedelta) -> list[Draft]:
    """Return the viewer's drafts, newest first."""
    query = sa.select(d).where(d.c.staff_id == viewer.id, _alive(life)).order_by(d.c.updated_at.desc())
    return [_draft(row) for row in connection.execute(query.limit(MOST_LISTED))]


def discard(connection: Connection, viewer: Viewer, key: str) -> None:
    """Throw one of the viewer's drafts away."""
    connection.execute(sa.delete(d).where(_mine(viewer, key)))


def now(connection: Connection) -> datetime:
    """Return the instant at which a draft that is written now counts as written."""
    at: datetime = connection.execute(sa.select(_NOW)).scalar_one()
    return at


def forget(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` drafts last written longer ago than `keep`; return how many."""
    return connection.execute(_FORGET, {"keep": keep, "most": most}).rowcount


def _lock(connection: Connection, viewer: Viewer, key: str) -> None:
    """Let saving wait for registering: a late save must not bring back what has become a ticket."""
    name = sa.func.hashtextextended(f"draft:{viewer.id}:{key}", 0)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


def _client(viewer: Viewer) -> str:
    return f"staff:{viewer.id}"


def _mine(viewer: Viewer, key: str) -> sa.ColumnElement[bool]:
    return (d.c.staff_id == viewer.id) & (d.c.key == key)


def _alive(life: timedelta) -> sa.ColumnElement[bool]:
    return d.c.updated_at > _NOW - life


def _draft(row: Any) -> Draft:
    return Draft(row.key, json.loads(keys().decrypt(row.fields) or "{}"), row.version, row.call_id, row.updated_at)


def _changed() -> Refused:
    return Refused("draft_changed", "另一个窗口改过这份草稿。您这里写的已经另存一份，两份都在。")


def _registered() -> Refused:
    return Refused("draft_registered", "这份草稿已经登记成工单。")
