"""Staff, their passwords and sessions, the first admin's one-time code. The only writer of those tables."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.tables.people import admin_code, session, staff

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
ADMIN_CODE_LIFE = timedelta(hours=1)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
_SEEN_EVERY = timedelta(minutes=1)
_CODE_BYTES = 10
_NO_PASSWORD = "!"  # noqa: S105 - no hash has this form
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Staff:
    """A person at work, without the password."""

    id: int
    city: str
    login: str
    name: str
    role: Role
    unit: str | None
    skills: tuple[str, ...]
    leads_unit: bool
    is_active: bool = True
    extension: str | None = None

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.role, self.city, self.id, self.unit, self.skills, self.leads_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What an administrator enters; a handler needs a unit, an expert skills. Without a password nobody can log in."""

    city: str
    login: str
    name: str
    password: str | None
    role: Role
    unit: str | None = None
    skills: tuple[str, ...] = ()
    leads_unit: bool = False


def add_staff(connection: Connection, new: NewStaff) -> int:
    """Add an account and return its id. Raises `Refused` with the field that is wrong."""
    if new.password is not None:
        _check_password(new.password, new.login)
    if (new.role is Role.HANDLER) != (new.unit is not None):
        raise Refused("bad_unit", "承办人要选单位，其他岗位不选。", field="unit")
    if new.role not in (Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN):
        raise Refused("bad_role", "请选择岗位。", field="role")
    values = {
        "city": new.city,
        "login": new.login.lower(),
        "name": new.name,
        "password": _NO_PASSWORD if new.password is None else _hasher().hash(new.password),
        "role": new.role,
        "unit": new.unit,
        "skills": list(new.skills),
        "leads_unit": new.leads_unit,
        "is_active": True,
        "created_at": sa.func.clock_timestamp(),
    }
    if connection.execute(sa.select(staff.c.id).where(staff.c.login == new.login.lower())).scalar_one_or_none():
        raise Refused("login_taken", "这个登录名已经有人用了。", field="login")
    return int(connection.execute(sa.insert(staff).values(values).returning(staff.c.id)).scalar_one())


def deactivate(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Disable an account and end its sessions; streams end within five seconds."""
    mine = (staff.c.id == staff_id) & (staff.c.city == viewer.city)
    if connection.execute(sa.update(staff).where(mine).values(is_active=False)).rowcount:
        connection.execute(sa.delete(session).where(session.c.staff_id == staff_id))


def set_extension(connection: Connection, viewer: Viewer, staff_id: int, extension: str | None) -> None:
    """Say which telephone 分机 stands at a person's seat; None: none. Raises `Refused` if it is somebody else's."""
    mine = (staff.c.id == staff_id) & (staff.c.city == viewer.city)
    try:
        connection.execute(sa.update(staff).where(mine).values(extension=extension))
    except sa.exc.IntegrityError:
        raise Refused("extension_taken", "这个分机已经给了别人。") from None


def staff_at(connection: Connection, city: str, extensions: Iterable[str]) -> set[int]:
    """Return the ids of the active people at these telephones."""
    there = (staff.c.city == city) & staff.c.extension.in_(list(extensions)) & staff.c.is_active
    return set(connection.execute(sa.select(staff.c.id).where(there)).scalars())


def list_staff(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the accounts of the viewer's city, by login."""
    rows = connection.execute(sa.select(staff).where(staff.c.city == viewer.city).order_by(staff.c.login))
    return [_staff(row) for row in rows]


def colleagues(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the active people of the viewer's own unit."""
    if viewer.unit is None:
        return []
    mine = (staff.c.city == viewer.city) & (staff.c.unit == viewer.unit) & staff.c.is_active
    return [_staff(row) for row in connection.execute(sa.select(staff).where(mine).order_by(staff.c.name))]


def authenticate(connection: Connection, login: str, password: str) -> Staff | None:
    """Return the person if login and password are right. Takes as long for an unknown login, or without a password."""
    row = connection.execute(sa.select(staff).where(staff.c.login == login.lower(), staff.c.is_active)).one_or_none()
    stored = _NO_PASSWORD if row is None else row.password
    try:
        _hasher().verify(_dummy_hash() if stored == _NO_PASSWORD else stored, password)
    except (VerificationError, InvalidHashError):
        return None
    return None if row is None else _staff(row)


def open_session(connection: Connection, staff_id: int) -> str:
    """Start a session and return its token; only the token's hash is kept."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = sa.func.clock_timestamp()
    values = {"token_hash": _hash(token), "staff_id": staff_id, "created_at": now, "seen_at": now}
    connection.execute(sa.insert(session).values(values))
    return token


def close_session(connection: Connection, token: str) -> None:
    """End a session on the server."""
    connection.execute(sa.delete(session).where(session.c.token_hash == _hash(token)))


def staff_of_session(connection: Connection, token: str, *, is_use: bool = True) -> Staff | None:
    """Return whose session it is, None once idle for 30 minutes, 12 hours old, or ended.

    `is_use`: a person did something; a page that only refreshes itself must not keep a session alive.
    """
    now = sa.func.clock_timestamp()
    alive = (session.c.seen_at > now - IDLE) & (session.c.created_at > now - ABSOLUTE)
    query = (
        sa.select(staff, (session.c.seen_at < now - _SEEN_EVERY).label("is_stale"))
        .join(session, session.c.staff_id == staff.c.id)
        .where(session.c.token_hash == _hash(token), alive, staff.c.is_active)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.is_stale and is_use:
        connection.execute(sa.update(session).where(session.c.token_hash == _hash(token)).values(seen_at=now))
        connection.commit()
    return _staff(row)


def forget_sessions(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` sessions that began longer ago than `keep`; return how many."""
    old = sa.select(session.c.token_hash).where(session.c.created_at < sa.func.clock_timestamp() - keep).limit(most)
    return connection.execute(sa.delete(session).where(session.c.token_hash.in_(old))).rowcount


def staff_of_sessions(connection: Connection, tokens: Iterable[str]) -> dict[str, Staff]:
    """Return whose sessions these are, by token, without counting it as use; ended ones are absent."""
    by_hash = {_hash(token): token for token in tokens}
    query = sa.select(staff, session.c.token_hash).join(session, session.c.staff_id == staff.c.id)
    alive = session.c.token_hash.in_(by_hash) & staff.c.is_active
    alive &= session.c.created_at > sa.func.clock_timestamp() - ABSOLUTE
    return {by_hash[bytes(row.token_hash)]: _staff(row) for row in connection.execute(query.where(alive))}


def issue_admin_code(connection: Connection) -> str | None:
    """Return a fresh one-time code for the first administrator, None if there is one. Earlier codes die."""
    if connection.execute(sa.select(staff.c.id).where(staff.c.role == Role.ADMIN, staff.c.is_active).limit(1)).first():
        return None
    code = secrets.token_hex(_CODE_BYTES)
    connection.execute(sa.delete(admin_code))
    connection.execute(sa.insert(admin_code).values(code_hash=_hash(code), issued_at=sa.func.clock_timestamp()))
    return code


def use_admin_code(connection: Connection, code: str, new: NewStaff) -> int:
    """Make the first administrator. The code works once, within an hour."""
    fresh = admin_code.c.issued_at > sa.func.clock_timestamp() - ADMIN_CODE_LIFE
    used = sa.delete(admin_code).where(admin_code.c.code_hash == _hash(code.strip().lower()), fresh)
    if connection.execute(used).rowcount != 1:
        raise Refused("bad_code", "一次性代码不对或已过期。重新启动 ./hotline up 会给出新的。", field="code")
    return add_staff(connection, new)


def _check_password(password: str, login: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("bad_password", f"密码要 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符。", field="password")
    if login.lower() in password.lower():
        raise Refused("bad_password", "密码里不能有登录名。", field="password")


def _staff(row: sa.Row[tuple[object, ...]]) -> Staff:
    return Staff(
        id=row.id,
        city=row.city,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        unit=row.unit,
        skills=tuple(row.skills),
        leads_unit=row.leads_unit,
        is_active=row.is_active,
        extension=row.extension,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@cache
def _hasher() -> PasswordHasher:
    # OWASP: argon2id, 19 MiB, two passes, one lane.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _dummy_hash() -> str:
    return _hasher().hash(secrets.token_hex(_CODE_BYTES))
