"""Tables as a backup takes them and a restore brings them back: by COPY, in an order that foreign keys allow."""

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from typing import Any

from psycopg import Connection, sql

# What must not live on: logins, one-time codes, counts of tries; and the schema's own mark.
LEFT_OUT = frozenset({"session", "login_step", "sign_on_step", "admin_code", "attempt", "alembic_version"})

_TABLES = """SELECT c.relname, ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid
 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum),
 ARRAY(SELECT r.relname::text FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid
 WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid)
 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"""
_SEQUENCES = "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
_OURS = """SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
 UNION ALL SELECT format('DROP SEQUENCE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND pg_has_role(relowner, 'USAGE')
 UNION ALL SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND pg_has_role(p.proowner, 'USAGE')
 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
_FULL = "SELECT EXISTS (SELECT FROM ticket) OR EXISTS (SELECT FROM staff) OR EXISTS (SELECT FROM call)"


def tables(connection: Connection[Any]) -> dict[str, list[str]]:
    """Return the columns of every table a backup takes, referenced tables first."""
    found = {name: (columns, needs) for name, columns, needs in connection.execute(_TABLES)}
    order = TopologicalSorter({name: needs for name, (_, needs) in found.items()}).static_order()
    return {name: found[name][0] for name in order if name not in LEFT_OUT}


def sequences(connection: Connection[Any]) -> dict[str, int]:
    """Return what each sequence gave out last."""
    return dict(connection.execute(_SEQUENCES).fetchall())


def rows_of(connection: Connection[Any], table: str, columns: Iterable[str]) -> Iterator[bytes]:
    """Yield a table's rows in COPY's text form."""
    with connection.cursor().copy(_copy(table, columns, "TO STDOUT")) as copying:
        for chunk in copying:
            yield bytes(chunk)


def bring_back(connection: Connection[Any], table: str, columns: Iterable[str], chunks: Iterable[bytes]) -> None:
    """Add rows to an empty table."""
    with connection.cursor().copy(_copy(table, columns, "FROM STDIN")) as copying:
        for chunk in chunks:
            copying.write(chunk)


def advance(connection: Connection[Any], name: str, last: int) -> None:
    """Let a sequence go on after `last`."""
    connection.execute("SELECT setval(%s::regclass, %s)", [f"public.{name}", max(last, 1)])


def is_full(connection: Connection[Any]) -> bool:
    """Tell whether the database holds anything that a person made; a fresh instance's own pack does not count."""
    there = connection.execute("SELECT to_regclass('public.ticket') IS NOT NULL").fetchone()
    found = connection.execute(_FULL).fetchone() if there and there[0] else (False,)
    return bool(found and found[0])


def clear(connection: Connection[Any]) -> None:
    """Drop what our schema made, in the running transaction."""
    for (statement,) in connection.execute(_OURS).fetchall():
        connection.execute(statement)


def _copy(table: str, columns: Iterable[str], direction: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier("public", table), names, sql.SQL(direction))
