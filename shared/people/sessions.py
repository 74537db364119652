"""Sessions 会话: begun, looked up, ended. Only a token's hash is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.access_log import where
from shared.people.passwords import is_old
from shared.people.person import Staff, staff_from_row
from shared.people.standing_in import stands_in
from shared.people.tokens import new_token, token_hash
from shared.tables.people import session, staff

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_NAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as an administrator sees it; its name opens nothing."""

    name: str
    began_at: datetime
    seen_at: datetime
    address: str | None


def open_session(connection: Connection, staff_id: int) -> str:
    """Start a session and return its token; only the token's hash is kept."""
    token = new_token()
    now = sa.func.clock_timestamp()
    values = {"token_hash": token_hash(token), "staff_id": staff_id, "created_at": now, "seen_at": now}
    connection.execute(sa.insert(session).values(values | {"address": where()}))
    return token


def close_session(connection: Connection, token: str) -> None:
    """End a session on the server."""
    connection.execute(sa.delete(session).where(session.c.token_hash == token_hash(token)))


def end_sessions(connection: Connection, staff_id: int, named: str | None = None) -> int:
    """End a person's sessions, or the one of that name; their streams end within five seconds. Return how many."""
    gone = sa.delete(session).where(session.c.staff_id == staff_id)
    if named is not None:
        gone = gone.where(_named() == named)
    return connection.execute(gone).rowcount


def sessions_of(connection: Connection, staff_id: int) -> list[OpenSession]:
    """Return a person's sessions that are alive, the last used first."""
    now = sa.func.clock_timestamp()
    alive = (session.c.seen_at > now - IDLE) & (session.c.created_at > now - ABSOLUTE)
    query = sa.select(_named(), session.c.created_at, session.c.seen_at, session.c.address)
    mine = query.where(session.c.staff_id == staff_id, alive).order_by(session.c.seen_at.desc())
    return [OpenSession(*row) for row in connection.execute(mine)]


def staff_of_session(connection: Connection, token: str, *, is_use: bool = True) -> Staff | None:
    """Return whose session it is, None once idle for 30 minutes, 12 hours old, or ended.

    `is_use`: a person did something; a page that only refreshes itself must not keep a session alive.
    """
    now = sa.func.clock_timestamp()
    alive = (session.c.seen_at > now - IDLE) & (session.c.created_at > now - ABSOLUTE)
    query = (
        sa.select(
            staff, stands_in(), is_old().label("is_old"), (session.c.seen_at < now - _SEEN_EVERY).label("is_stale")
        )
        .join(session, session.c.staff_id == staff.c.id)
        .where(session.c.token_hash == token_hash(token), alive, staff.c.is_active)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.is_stale and is_use:
        connection.execute(sa.update(session).where(session.c.token_hash == token_hash(token)).values(seen_at=now))
        connection.commit()
    person = staff_from_row(row)
    return replace(person, must_change_password=True) if row.is_old else person


def staff_of_sessions(connection: Connection, tokens: Iterable[str]) -> dict[str, Staff]:
    """Return whose sessions these are, by token, without counting it as use; ended ones are absent."""
    by_hash = {token_hash(token): token for token in tokens}
    query = sa.select(staff, stands_in(), session.c.token_hash).join(session, session.c.staff_id == staff.c.id)
    alive = session.c.token_hash.in_(by_hash) & staff.c.is_active
    alive &= session.c.created_at > sa.func.clock_timestamp() - ABSOLUTE
    return {by_hash[bytes(row.token_hash)]: staff_from_row(row) for row in connection.execute(query.where(alive))}


def forget_sessions(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` sessions that began longer ago than `keep`; return how many."""
    old = sa.select(session.c.token_hash).where(session.c.created_at < sa.func.clock_timestamp() - keep).limit(most)
    return connection.execute(sa.delete(session).where(session.c.token_hash.in_(old))).rowcount


def _named() -> sa.ColumnElement[str]:
    return sa.func.encode(sa.func.substr(session.c.token_hash, 1, _NAME_BYTES), "hex")
