"""Copies whole tickets by SQL: every row of theirs, with ids and hash chains of their own. As superuser.

Foreign keys are not checked row by row (they hold by the way the rows are made) and plain indexes are made anew at the
end, which is what makes a million a matter of minutes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from shared.ledger.chain import GENESIS

BATCH = 20_000
TABLES = ("ticket_event", "ticket", "ticket_text", "caller", "decision", "job")

_SESSION = (
    "SET session_replication_role = replica",
    "SET synchronous_commit = off",
    "SET work_mem = '256MB'",
    "SET maintenance_work_mem = '512MB'",
    "CREATE TEMP TABLE pattern (place bigint PRIMARY KEY, id bigint)",
    "CREATE TEMP TABLE copy (id bigint PRIMARY KEY, of bigint)",
    # As `shared.ledger.chain` links: the hash of an event covers the one before it.
    """CREATE FUNCTION pg_temp.link(head bytea, body text) RETURNS bytea LANGUAGE sql IMMUTABLE
     AS $$ SELECT sha256(head || convert_to(body, 'UTF8')) $$""",
    f"CREATE AGGREGATE pg_temp.chain(text) (sfunc = pg_temp.link, stype = bytea, initcond = '\\x{GENESIS.hex()}')",
)
_PATTERNS = """INSERT INTO pattern SELECT row_number() OVER (ORDER BY id) - 1, id FROM ticket ORDER BY id LIMIT %s"""
_COPY = """INSERT INTO copy SELECT n, p.id FROM generate_series(%(first)s::bigint, %(last)s) n
 JOIN pattern p ON p.place = n %% %(patterns)s"""
# The first event names the ticket among its fields too.
_EVENTS = sql.SQL("""INSERT INTO ticket_event (ticket_id, seq, kind, at, body, hash)
 SELECT id, seq, kind, at, body, pg_temp.chain(body) OVER (PARTITION BY id ORDER BY seq) FROM (
     SELECT copy.id, seq, kind, at, replace(replace(body, '"ticket":' || of || '}', '"ticket":' || copy.id || '}'),
         '"id":' || of || ',"is_approved":', '"id":' || copy.id || ',"is_approved":') AS body
     FROM copy JOIN of_ticket_event e ON e.ticket_id = of) renamed""")
_HEAD = sql.SQL("(SELECT e.hash FROM ticket_event e WHERE e.ticket_id = copy.id ORDER BY e.seq DESC LIMIT 1)")
_LAY_BY = sql.SQL(
    "CREATE TEMP TABLE {laid_by} AS SELECT t.* FROM {own} t JOIN pattern p ON p.id = t.{key} WHERE {only}"
)
_ALL, _TODO = sql.SQL("true"), sql.SQL("t.state = 'todo'")
_COLUMNS = """SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
 AND is_identity = 'NO' ORDER BY ordinal_position"""
_INDEXES = """SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique ORDER BY c.relname"""


def multiply(url: str, patterns: int, tickets: int) -> None:
    """Copy the first `patterns` tickets one after the other until there are `tickets`."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in _SESSION:
            connection.execute(setting)
        connection.execute(_PATTERNS, [patterns])
        have, last = connection.execute("SELECT count(*), max(id) FROM ticket").fetchone() or (0, 0)
        with _without_indexes(connection):
            statements = [_lay_by(connection, table) for table in TABLES]
            for first in range(last + 1, last + 1 + tickets - have, BATCH):
                span = {"first": first, "last": min(first + BATCH - 1, last + tickets - have), "patterns": patterns}
                with connection.transaction():
                    connection.execute("TRUNCATE copy")
                    connection.execute(_COPY, span)
                    connection.execute("ANALYZE copy")
                    for statement in statements:
                        connection.execute(statement)
        connection.execute("SELECT setval('ticket_id', (SELECT max(id) FROM ticket))")
        connection.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
        connection.execute("CHECKPOINT")


def _lay_by(connection: psycopg.Connection[Any], table: str) -> sql.SQL | sql.Composed:
    """Put the patterns' rows of a table into one beside it; return what copies them into the table."""
    key, laid_by = sql.Identifier("id" if table == "ticket" else "ticket_id"), sql.Identifier(f"of_{table}")
    names = [name for (name,) in connection.execute(_COLUMNS, [table])]
    own = sql.Identifier(table)
    connection.execute(_LAY_BY.format(laid_by=laid_by, own=own, key=key, only=_TODO if table == "job" else _ALL))
    connection.execute(sql.SQL("ANALYZE {}").format(laid_by))
    if table == "ticket_event":
        return _EVENTS
    instead = {"id" if table == "ticket" else "ticket_id": sql.SQL("copy.id"), "head": _HEAD}
    return sql.SQL("INSERT INTO {own} ({names}) SELECT {values} FROM copy JOIN {laid_by} t ON t.{key} = of").format(
        own=own, laid_by=laid_by, key=key,
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(instead.get(name, sql.Identifier("t", name)) for name in names),
    )  # fmt: skip


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Take away what is no constraint; jobs keep theirs, for router and worker look at them all the time."""
    found = connection.execute(_INDEXES, [[name for name in TABLES if name != "job"]]).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    try:
        yield
    finally:
        for _, definition in found:
            connection.execute(definition)
