"""Seals over the access log, chained and keyed, so that a changed or missing line is found. The only writer of them.

A job seals what has come since the last seal; no request waits for a chain. Whoever owns the database but not the
master secret cannot make a seal. What seals cannot show: lines that were taken away before the first seal over them,
and the newest seals taken away together with their lines.
"""

import hmac
import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Engine

from shared.domain.checks import Difference
from shared.fault_points import fault_point
from shared.tables.people import access_log, access_seal

_GENESIS = b"\0" * 32
_FETCH = 2000
MOST_LINES = 50_000  # under one seal; any number of seals may follow one another
# Writers share this lock until they commit: whoever holds it alone knows that no smaller id is still under way.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('access_log'))")
# Named one by one: a column that is added later is not part of what was sealed before.
_NAMES = (
    "id", "staff_id", "role", "action", "ticket_id", "fields", "reason", "address", "object", "before", "after",
)  # fmt: skip
_COLUMNS = [access_log.c[name] for name in _NAMES]
_AT = sa.func.to_char(sa.func.timezone("UTC", access_log.c.at), "YYYY-MM-DD HH24:MI:SS.US").label("at")


def seal(engine: Engine, key: bytes) -> int:
    """Seal what was committed since the last seal, `MOST_LINES` at most; return how many lines. 0: all are sealed.

    Several may call it at once.
    """
    with engine.begin() as connection:
        connection.execute(_LOCK)
        until = connection.execute(sa.select(sa.func.max(access_log.c.id))).scalar_one()
    with engine.begin() as connection:
        newest = sa.select(access_seal.c.up_to, access_seal.c.mac).order_by(access_seal.c.up_to.desc()).limit(1)
        last = connection.execute(newest).one_or_none()
        after, mac = (0, _GENESIS) if last is None else (last.up_to, bytes(last.mac))
        if until is None or until <= after:
            return 0
        full = sa.select(access_log.c.id).where(access_log.c.id > after).order_by(access_log.c.id)
        last_of_full = connection.execute(full.offset(MOST_LINES - 1).limit(1)).scalar_one_or_none()
        until = until if last_of_full is None else min(until, last_of_full)
        lines, mac = _mac_of(connection, key, mac, after, until)
        row = {"after": after, "up_to": until, "lines": lines, "mac": mac, "at": sa.func.clock_timestamp()}
        added = postgresql.insert(access_seal).values(row).on_conflict_do_nothing().returning(access_seal.c.up_to)
        is_added = connection.execute(added).first() is not None
        fault_point("seal.written")
        return lines if is_added else 0


def differences(connection: Connection, key: bytes) -> Iterator[Difference]:
    """Tell which sealed stretches of the log are not as they were sealed."""
    after, mac = 0, _GENESIS
    for one in connection.execute(sa.select(access_seal).order_by(access_seal.c.up_to)).all():
        if one.after != after:
            yield Difference("access_seal_missing", f"after line {after}, the next seal begins at {one.after}")
            return
        lines, found = _mac_of(connection, key, mac, one.after, one.up_to)
        if lines != one.lines or not hmac.compare_digest(found, bytes(one.mac)):
            what = f"lines {one.after + 1} to {one.up_to}, {lines} of {one.lines} are there"
            yield Difference("access_log_changed", what)
        after, mac = one.up_to, bytes(one.mac)


def _mac_of(connection: Connection, key: bytes, before: bytes, after: int, up_to: int) -> tuple[int, bytes]:
    """Return how many lines there are between two ids, and their seal on top of the one before."""
    there = (access_log.c.id > after) & (access_log.c.id <= up_to)
    query = sa.select(*_COLUMNS, _AT).where(there).order_by(access_log.c.id)
    made, lines = hmac.new(key, before, "sha256"), 0
    for row in connection.execute(query.execution_options(yield_per=_FETCH)).mappings():
        made.update(_canonical(row) + b"\n")
        lines += 1
    return lines, made.digest()


def _canonical(row: sa.RowMapping) -> bytes:
    return json.dumps(dict(row), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
