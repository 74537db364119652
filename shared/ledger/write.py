"""The ledger's few hot statements: whole sets of rows in one round trip, as JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from shared import attachments, jobs
from shared.domain.ticket import dumps
from shared.fault_points import fault_point
from shared.ledger.change import TICKET_COLUMNS, Change
from shared.metrics import COMMIT as COMMITTED
from shared.trips import BEGIN, COMMIT, Row, Statement, together

Also = Callable[[Connection, int], None]  # what goes along with a registration, by the ticket's id

_COLUMNS = (*TICKET_COLUMNS, "head")


def _from(part: str, table: str, columns: str) -> str:
    return f"({columns}) SELECT {columns} FROM given, jsonb_populate_recordset(NULL::{table}, given.rows -> '{part}')"


# Each table takes its rows from one part of the parameter; foreign keys are checked at the end of the whole statement.
_LOG = (
    f"event AS (INSERT INTO ticket_event {_from('events', 'ticket_event', 'ticket_id, seq, kind, at, body, hash')}),"
    f" text AS (INSERT INTO ticket_text {_from('texts', 'ticket_text', 'ticket_id, seq, part, text, salt')}),"
    f" decided AS (INSERT INTO decision {_from('decisions', 'decision', 'ticket_id, seq, body')}),"
    f" published AS ({jobs.PUBLISH_SQL}), armed AS ({jobs.ARM_SQL})"
)
_DRAW_SQL = (
    "SELECT nextval('ticket_id') AS ticket_id, business_now() AS now,"
    " (SELECT pack_id FROM active_pack WHERE city = %(city)s) AS pack_id"
)
_CALLER = "ticket_id, name, phone, phone_index, email, address"
# Whoever comes second with a key waits here for the first, and then is given nothing to insert.
_OPEN_SQL = (
    "WITH taken AS (INSERT INTO idempotency (client, route, key, request_mac, ticket_id, at)"
    " VALUES (%(client)s, %(route)s, %(key)s, %(mac)s, %(ticket_id)s, clock_timestamp()) ON CONFLICT DO NOTHING"
    " RETURNING ticket_id), given AS (SELECT %(rows)s::jsonb AS rows FROM taken),"
    f" opened AS (INSERT INTO ticket {_from('tickets', 'ticket', ', '.join(_COLUMNS))}),"
    f" person AS (INSERT INTO caller {_from('callers', 'caller', _CALLER)}),"
    f" {_LOG} SELECT ticket_id FROM taken"
)
_MOVING = ", ".join(f"{name} = r.{name}" for name in _COLUMNS if name not in ("id", "city"))
_MOVE_SQL = (
    f"WITH given AS (SELECT %(rows)s::jsonb AS rows), moved AS (UPDATE ticket SET {_MOVING}"
    # A parameter of its own: of it the planner sees how few tickets it names, and looks them up one by one.
    " FROM jsonb_populate_recordset(NULL::ticket, %(tickets)s) AS r WHERE ticket.id = r.id),"
    f" {_LOG} SELECT"
)

_SET_EMAIL = "UPDATE caller SET email = %(email)s WHERE ticket_id = %(ticket_id)s"

# FOR UPDATE would also block the foreign-key check of every row inserted beside the ticket.
_LOCK_ONE = "SELECT * FROM ticket WHERE id = %(id)s FOR NO KEY UPDATE"
_LOCK_FREE = "SELECT * FROM ticket WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"

# Asked after the lock, or a second event could be dated before the first.
_MOMENT = Statement("SELECT business_now() AS now, (SELECT jsonb_object_agg(city, pack_id) FROM active_pack) AS active")


class Moment(NamedTuple):
    """The business time, and each city's active pack."""

    now: datetime
    active: Mapping[str, int]


def as_json(rows: Any) -> str:
    """Return rows as the JSON parameter of a statement."""
    return dumps(rows).decode()


def draw(connection: Connection, city: str) -> tuple[int, datetime, int | None]:
    """Draw the id of a ticket to be, with the business time and the city's active pack."""
    ((row,),) = together(connection, Statement(_DRAW_SQL, {"city": city}))
    return row["ticket_id"], row["now"], row["pack_id"]


def open_one(
    connection: Connection, change: Change, caller: dict[str, Any], key: dict[str, Any], also: Also | None
) -> bool:
    """Insert a new ticket with everything its first events bring, and commit; False if its key is taken already.

    All of it is one statement and so one transaction, unless the ticket has files or something else happens with it.
    """
    rows = _rows([change]) | {"callers": [caller]}
    opening = Statement(_OPEN_SQL, key | {"ticket_id": change.stands.id, "rows": as_json(rows)})
    if not (change.files or also):
        with COMMITTED.time():
            (taken,) = together(connection, opening)
        return bool(taken)
    _, taken = together(connection, BEGIN, opening)
    if taken:
        finish(connection, (), [change], also)
    return bool(taken)


def moving(changes: Sequence[Change], closing: Iterable[int] = ()) -> list[Statement]:
    """Return what writes tickets that have moved on; `closing` are claimed jobs that their own transaction closes."""
    if not changes:
        return []
    disarmed = [pair for change in changes for pair in change.disarmed]
    rows = _rows(changes)
    moved = {"tickets": as_json(rows.pop("tickets")), "rows": as_json(rows)}
    return [*jobs.disarming(disarmed, but=closing), Statement(_MOVE_SQL, moved)]


def new_email(ticket_id: int, sealed: bytes | None) -> Statement:
    """Return what replaces the caller's address; whatever is still to be sent goes to the new one."""
    return Statement(_SET_EMAIL, {"ticket_id": ticket_id, "email": sealed})


def finish(
    connection: Connection, statements: Sequence[Statement], changes: Sequence[Change], also: Also | None = None
) -> None:
    """Carry out a transaction's last statements and commit; files of its steps and `also` come in between."""
    files = [row for change in changes for row in change.files]
    if files or also:
        if statements:
            together(connection, *statements)
        attachments.bind(connection, files)
        if also:
            also(connection, changes[0].stands.id)
        fault_point("step.written")
        statements = ()
    with COMMITTED.time():
        together(connection, *statements, COMMIT)


def lock_one(connection: Connection, ticket_id: int) -> tuple[Row | None, Moment]:
    """Begin and lock a ticket, waiting at most `lock_timeout`; return its row and when that was."""
    _, rows, moment = together(connection, BEGIN, Statement(_LOCK_ONE, {"id": ticket_id}), _MOMENT)
    return (rows[0] if rows else None), _moment(moment)


def lock_free(connection: Connection, claimed: Sequence[jobs.Claimed]) -> tuple[list[Row], set[int], Moment]:
    """Begin and lock, by id, the jobs' tickets that nobody holds, then the jobs; return both, jobs still ours by id."""
    ids = sorted({job.ticket_id for job in claimed if job.ticket_id is not None})
    lock = Statement(_LOCK_FREE, {"ids": ids})
    _, rows, held, moment = together(connection, BEGIN, lock, jobs.holding(claimed), _MOMENT)
    return rows, {row["id"] for row in held}, _moment(moment)


def business_now(connection: Connection) -> datetime:
    """Return the business time; read it after the lock, or a second event could be dated before the first."""
    now: datetime = connection.exec_driver_sql("SELECT business_now()").scalar_one()
    return now


def _moment(rows: Sequence[Row]) -> Moment:
    return Moment(rows[0]["now"], rows[0]["active"] or {})


def _rows(changes: Sequence[Change]) -> dict[str, list[dict[str, Any]]]:
    return {
        "tickets": [change.ticket_row() for change in changes],
        "events": [row for change in changes for row in change.events],
        "texts": [row for change in changes for row in change.texts],
        "decisions": [row for change in changes for row in change.decisions],
        "jobs": [row for change in changes for row in change.jobs],
        "published": [row for change in changes for row in change.published],
    }
