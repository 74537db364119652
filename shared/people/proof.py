"""Proof 二次验证: when the person at a session last showed by password or code that it is they."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.people.passwords import authenticate
from shared.people.person import Staff
from shared.people.second_factor import verify
from shared.people.tokens import token_hash
from shared.tables.people import session

FRESH = timedelta(minutes=15)  # SECURITY S13


def is_proved(connection: Connection, token: str) -> bool:
    """Tell whether the session's last proof is fifteen minutes old at most; a login is one."""
    fresh = session.c.proved_at > sa.func.clock_timestamp() - FRESH
    return connection.execute(sa.select(1).where(session.c.token_hash == token_hash(token), fresh)).first() is not None


def prove(connection: Connection, token: str, person: Staff, typed: str) -> bool:
    """Take a password or a code as proof for the session; False if it is neither."""
    is_right = verify(connection, person, typed) or authenticate(connection, person.login, typed) is not None
    if is_right:
        now = {"proved_at": sa.func.clock_timestamp()}
        connection.execute(sa.update(session).where(session.c.token_hash == token_hash(token)).values(now))
    return is_right
