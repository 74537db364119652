"""The ledger's few hot statements: whole sets of rows in one round trip, as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import attachments, jobs
from shared.domain.ticket import encode
from shared.ledger.change import TICKET_COLUMNS, Change

_COLUMNS = (*TICKET_COLUMNS, "head")

# Each part takes its rows from one JSON parameter; foreign keys are checked at the end of the whole statement.
_LOG = (
    "event AS (INSERT INTO ticket_event (ticket_id, seq, kind, at, body, hash)"
    " SELECT ticket_id, seq, kind, at, body, hash FROM jsonb_populate_recordset(NULL::ticket_event, %(events)s)),"
    " text AS (INSERT INTO ticket_text (ticket_id, seq, part, text, salt)"
    " SELECT ticket_id, seq, part, text, salt FROM jsonb_populate_recordset(NULL::ticket_text, %(texts)s)),"
    " decided AS (INSERT INTO decision (ticket_id, seq, body)"
    " SELECT ticket_id, seq, body FROM jsonb_populate_recordset(NULL::decision, %(decisions)s)),"
    f" published AS ({jobs.PUBLISH_SQL}) "
)
_OPEN_SQL = (
    f"WITH row AS (INSERT INTO ticket ({', '.join(_COLUMNS)})"
    f" SELECT {', '.join(_COLUMNS)} FROM jsonb_populate_recordset(NULL::ticket, %(tickets)s)),"
    " person AS (INSERT INTO caller (ticket_id, name, phone, phone_index, email, address)"
    " SELECT ticket_id, name, phone, phone_index, email, address"
    " FROM jsonb_populate_recordset(NULL::caller, %(callers)s)),"
    f" {_LOG} {jobs.ARM_SQL}"
)
_MOVING = ", ".join(f"{name} = r.{name}" for name in _COLUMNS if name not in ("id", "city"))
_MOVE_SQL = (
    f"WITH row AS (UPDATE ticket SET {_MOVING}"
    " FROM jsonb_populate_recordset(NULL::ticket, %(tickets)s) AS r WHERE ticket.id = r.id),"
    f" {_LOG} {jobs.ARM_SQL}"
)

_SET_EMAIL = sa.text("UPDATE caller SET email = :email WHERE ticket_id = :ticket_id")

# FOR UPDATE would also block the foreign-key check of every row inserted beside the ticket.
_LOCK_ONE = sa.text("SELECT * FROM ticket WHERE id = :id FOR NO KEY UPDATE")
_LOCK_FREE = sa.text("SELECT * FROM ticket WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED")

_MOMENT_SQL = "SELECT business_now(), (SELECT jsonb_object_agg(city, pack_id) FROM active_pack)"


def as_json(rows: Any) -> str:
    """Return rows as the JSON parameter of a statement."""
    return json.dumps(rows, default=encode, ensure_ascii=False)


def write_opened(connection: Connection, change: Change, caller: dict[str, Any]) -> None:
    """Insert a new ticket with everything its first events bring."""
    connection.exec_driver_sql(_OPEN_SQL, _parameters([change]) | {"callers": as_json([caller])})
    attachments.bind(connection, change.files)


def write_moved(connection: Connection, changes: Sequence[Change], closing: Iterable[int] = ()) -> None:
    """Write tickets that have moved on; `closing` are claimed jobs that their own transaction closes."""
    if changes:
        jobs.disarm(connection, [pair for change in changes for pair in change.disarmed], but=closing)
        connection.exec_driver_sql(_MOVE_SQL, _parameters(changes))
        attachments.bind(connection, [row for change in changes for row in change.files])


def write_email(connection: Connection, ticket_id: int, sealed: bytes | None) -> None:
    """Replace the caller's address; whatever is still to be sent goes to the new one."""
    connection.execute(_SET_EMAIL, {"ticket_id": ticket_id, "email": sealed})


def lock_one(connection: Connection, ticket_id: int) -> sa.RowMapping | None:
    """Lock a ticket, waiting at most `lock_timeout`."""
    return connection.execute(_LOCK_ONE, {"id": ticket_id}).mappings().one_or_none()


def lock_free(connection: Connection, ticket_ids: Iterable[int]) -> list[sa.RowMapping]:
    """Lock, by id, those of the tickets that nobody holds."""
    return list(connection.execute(_LOCK_FREE, {"ids": sorted(set(ticket_ids))}).mappings())


def moment(connection: Connection) -> tuple[datetime, Mapping[str, int]]:
    """Return the business time and each city's active pack; read them after the lock, as `business_now` says."""
    now, active = connection.exec_driver_sql(_MOMENT_SQL).one()
    return now, active or {}


def business_now(connection: Connection) -> datetime:
    """Return the business time; read it after the lock, or a second event could be dated before the first."""
    now: datetime = connection.exec_driver_sql("SELECT business_now()").scalar_one()
    return now


def _parameters(changes: Sequence[Change]) -> dict[str, str]:
    return {
        "tickets": as_json([change.ticket_row() for change in changes]),
        "events": as_json([row for change in changes for row in change.events]),
        "texts": as_json([row for change in changes for row in change.texts]),
        "decisions": as_json([row for change in changes for row in change.decisions]),
        "jobs": as_json([row for change in changes for row in change.jobs]),
        "published": as_json([row for change in changes for row in change.published]),
    }
