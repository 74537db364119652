"""Passwords 密码: what one must be like, how it is kept, whether it is right."""

import secrets
from datetime import timedelta
from functools import cache
from itertools import islice

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from shared.domain.errors import Refused
from shared.people.person import Staff, staff_from_row
from shared.settings import settings
from shared.tables.people import staff

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
MOST_COMMON = 3_000  # of those that are long enough, most frequent first (ASVS 6.2.4)
OLDEST = timedelta(days=90)
_OURS, _KINDS = ("yihaotong", "一号通"), 3
_LEVEL_3 = "djbh3"
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


def hashed(password: str | None, login: str, *, is_random: bool = False) -> str:
    """Return what is kept of a password; None lets nobody in. Raises `Refused` if it is too weak.

    `is_random`: we drew it ourselves, so that no rule for people's own applies.
    """
    if password is None:
        return NO_PASSWORD
    if not is_random:
        _check(password, login)
    return _hasher().hash(password)


def is_old() -> sa.ColumnElement[bool]:
    """Return the condition on table `staff` that a password is to be changed for its age; only profile `djbh3` asks."""
    if settings().password_profile != _LEVEL_3:
        return sa.false()
    return (staff.c.password != NO_PASSWORD) & (staff.c.password_set_at < sa.func.clock_timestamp() - OLDEST)


def _check(password: str, login: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("bad_password", f"密码要 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符。", field="password")
    if any(word in password.lower() for word in (login.lower(), *_OURS)):
        raise Refused("bad_password", "密码里不能有登录名，也不能有本系统的名字。", field="password")
    if password.lower() in _common():
        raise Refused("common_password", "这个密码太常见，一猜就中。请换一个。", field="password")
    kinds = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
    has = sum(any(is_kind(letter) for letter in password) for is_kind in kinds)
    if settings().password_profile == _LEVEL_3 and has < _KINDS:
        why = "密码要有大写字母、小写字母、数字、符号中的至少三种。"
        raise Refused("plain_password", why, field="password")


@cache
def _common() -> frozenset[str]:
    long_enough = (word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST_PASSWORD)
    return frozenset(islice(long_enough, MOST_COMMON))


@cache
def _hasher() -> PasswordHasher:
    # OWASP: argon2id, 19 MiB, two passes, one lane.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _dummy_hash() -> str:
    return _hasher().hash(secrets.token_hex(_DUMMY_BYTES))
