"""Several statements in one round trip: on the ledger's hot ways, asking and waiting cost more than the work."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row
from sqlalchemy.engine import Connection

Row = dict[str, Any]


class Statement(NamedTuple):
    """SQL with psycopg's placeholders, and its values."""

    sql: str
    values: Mapping[str, Any] | None = None


BEGIN, COMMIT = Statement("BEGIN"), Statement("COMMIT")


def together(connection: Connection, *statements: Statement) -> list[list[Row]]:
    """Carry out the statements in order and return the rows of each; what follows a failure is not carried out.

    On a connection of `at_once` a transaction of several trips has its own `BEGIN` and `COMMIT` among them, and is
    rolled back if the connection is given back without. Raises what SQLAlchemy would.
    """
    raw: Any = connection.connection.driver_connection
    # For one statement a pipeline would cost more than it saves.
    lane = raw.pipeline() if len(statements) > 1 else nullcontext()
    cursors = [raw.cursor(row_factory=dict_row) for _ in statements]
    try:
        with lane:
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(*statement)
    except psycopg.Error as error:
        raise _as_of_sqlalchemy(error, connection, is_lost=raw.closed) from error
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _as_of_sqlalchemy(error: psycopg.Error, connection: Connection, *, is_lost: bool) -> BaseException:
    if is_lost:
        connection.invalidate(error)
    return sa.exc.DBAPIError.instance(None, None, error, psycopg.Error, True, is_lost, connection.dialect)
