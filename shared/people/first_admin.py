"""The one-time code that makes the first administrator."""

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.people.accounts import add_staff
from shared.people.person import NewStaff
from shared.tables.people import admin_code, staff

ADMIN_CODE_LIFE = timedelta(hours=1)
_CODE_BYTES = 10


def issue_admin_code(connection: Connection) -> str | None:
    """Return a fresh one-time code for the first administrator, None if there is one. Earlier codes die."""
    if connection.execute(sa.select(staff.c.id).where(staff.c.role == Role.ADMIN, staff.c.is_active).limit(1)).first():
        return None
    code = secrets.token_hex(_CODE_BYTES)
    connection.execute(sa.delete(admin_code))
    connection.execute(sa.insert(admin_code).values(code_hash=_digest(code), issued_at=sa.func.clock_timestamp()))
    return code


def use_admin_code(connection: Connection, code: str, new: NewStaff) -> int:
    """Make the first administrator. The code works once, within an hour."""
    fresh = admin_code.c.issued_at > sa.func.clock_timestamp() - ADMIN_CODE_LIFE
    used = sa.delete(admin_code).where(admin_code.c.code_hash == _digest(code.strip().lower()), fresh)
    if connection.execute(used).rowcount != 1:
        raise Refused("bad_code", "一次性代码不对或已过期。重新启动 ./hotline up 会给出新的。", field="code")
    return add_staff(connection, new)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
