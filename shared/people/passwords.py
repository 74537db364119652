"""Passwords 密码: what one must be like, how it is kept, whether it is right."""

import secrets
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.people.person import Staff, staff_from_row
from shared.tables.people import staff

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
_DUMMY_BYTES = 10
NO_PASSWORD = "!"  # noqa: S105 - no hash has this form


def authenticate(connection: Connection, login: str, password: str) -> Staff | None:
    """Return the person if login and password are right. Takes as long for an unknown login, or without a password."""
    is_spent = sa.func.coalesce(staff.c.one_time_until < sa.func.clock_timestamp(), False).label("is_spent")
    query = sa.select(staff, is_spent).where(staff.c.login == login.lower(), staff.c.is_active)
    row = connection.execute(query).one_or_none()
    stored = NO_PASSWORD if row is None else row.password
    try:
        _hasher().verify(_dummy_hash() if stored == NO_PASSWORD else stored, password)
    except (VerificationError, InvalidHashError):
        return None
    return None if row is None or row.is_spent else staff_from_row(row)


def hashed(password: str | None, login: str) -> str:
    """Return what is kept of a password; None lets nobody in. Raises `Refused` if it is too weak."""
    if password is None:
        return NO_PASSWORD
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("bad_password", f"密码要 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符。", field="password")
    if login.lower() in password.lower():
        raise Refused("bad_password", "密码里不能有登录名。", field="password")
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHasher:
    # OWASP: argon2id, 19 MiB, two passes, one lane.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _dummy_hash() -> str:
    return _hasher().hash(secrets.token_hex(_DUMMY_BYTES))
