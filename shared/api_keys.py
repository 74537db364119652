"""API keys 接口密钥: what a neighbouring system proves itself with. The only writer of table `api_key`.

Of a key only the SHA-256 is kept: it has 256 random bits, so nothing slower is needed. A rotated key's predecessor goes
on working for a while, so that both ends need not change at once.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.access_log import Change, note_change
from shared.attempts import TooMany, Window, take
from shared.domain.errors import Refused
from shared.domain.viewer import Viewer
from shared.people.tokens import token_hash
from shared.tables.api_key import api_key

OVERLAP = timedelta(days=7)
LONGEST_LIFE_DAYS, MOST_PER_MINUTE, MOST_PER_DAY, LONGEST_NAME = 3650, 100_000, 10_000_000, 60
_MARK, _RANDOM_BYTES, _SHOWN = "yht_", 32, 10
_USED_EVERY = timedelta(minutes=1)
_ADAPTER = re.compile(r"[a-z0-9_.-]+/[a-z0-9_.-]+")


class Scope(StrEnum):
    """What a key may do; anything not named here it may not."""

    REGISTER = "tickets:register"
    READ = "tickets:read"  # what it registered itself, as its caller sees it
    CALLS = "calls:report"  # in the name of the adapter whose name the key bears


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as a request or an administrator sees it; the secret part is not there."""

    id: int
    city: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    per_minute: int
    per_day: int
    made_at: datetime
    used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    old_until: datetime | None
    is_alive: bool
    is_use_unsaid: bool  # `used_at` is a minute old or more


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What an administrator enters. A key that reports calls is named as its adapter, `provider/instance`."""

    name: str
    scopes: frozenset[Scope]
    per_minute: int = 60
    per_day: int = 10_000
    days: int | None = 365


def add(connection: Connection, viewer: Viewer, new: NewKey) -> tuple[int, str]:
    """Make a key; return its id and the key itself, which is never shown again. Raises `Refused` with the field."""
    _check(new)
    token = _token()
    now = sa.func.clock_timestamp()
    values = {
        "city": viewer.city,
        "name": new.name,
        "prefix": token[:_SHOWN],
        "key_hash": token_hash(token),
        "scopes": sorted(new.scopes),
        "per_minute": new.per_minute,
        "per_day": new.per_day,
        "made_by": viewer.id,
        "made_at": now,
        "expires_at": None if new.days is None else now + timedelta(days=new.days),
    }
    taken = sa.select(api_key.c.id).where(api_key.c.city == viewer.city, api_key.c.name == new.name)
    if connection.execute(taken.where(api_key.c.revoked_at.is_(None))).first():
        raise Refused("name_taken", "已经有同名的密钥在用。请换一个名字，或先停用那一个。", field="name")
    key_id = int(connection.execute(sa.insert(api_key).values(values).returning(api_key.c.id)).scalar_one())
    note_change(connection, viewer, Change("key_added", f"key:{key_id}", {}, _told(new)))
    return key_id, token


def rotate(connection: Connection, viewer: Viewer, key_id: int, overlap: timedelta = OVERLAP) -> str:
    """Give a key a new secret and return it; the old one works for `overlap` more."""
    known = _mine(connection, viewer, key_id)
    token = _token()
    until = sa.func.clock_timestamp() + overlap
    values = {
        "key_hash": token_hash(token),
        "prefix": token[:_SHOWN],
        "old_hash": api_key.c.key_hash,
        "old_until": until,
    }
    connection.execute(sa.update(api_key).where(api_key.c.id == key_id).values(values))
    told = Change("key_rotated", f"key:{key_id}", {"prefix": known.prefix}, {"prefix": token[:_SHOWN]})
    note_change(connection, viewer, told)
    return token


def revoke(connection: Connection, viewer: Viewer, key_id: int) -> None:
    """Let a key, and its predecessor, open nothing from now on."""
    known = _mine(connection, viewer, key_id)
    now = sa.func.clock_timestamp()
    connection.execute(sa.update(api_key).where(api_key.c.id == key_id).values(revoked_at=now))
    told = Change("key_revoked", f"key:{key_id}", {"name": known.name, "revoked": False}, {"revoked": True})
    note_change(connection, viewer, told)


def list_keys(connection: Connection, viewer: Viewer) -> list[ApiKey]:
    """Return the keys of the viewer's city, newest first."""
    query = _query().where(api_key.c.city == viewer.city).order_by(api_key.c.id.desc())
    return [_key(row) for row in connection.execute(query)]


def key_of(connection: Connection, city: str, token: str) -> ApiKey | None:
    """Return the living key whose secret this is. Nothing is remembered: a revoked key is dead at once."""
    hashed = token_hash(token)
    is_old = (api_key.c.old_hash == hashed) & (api_key.c.old_until > sa.func.clock_timestamp())
    query = _query().where(api_key.c.city == city, (api_key.c.key_hash == hashed) | is_old)
    row = connection.execute(query).one_or_none()
    return _key(row) if row is not None and row.is_alive else None


def spend(connection: Connection, key: ApiKey) -> None:
    """Count a request of the key's. Raises `TooMany` over its quota; on an autocommit connection that counts too."""
    minute = Window("key_minute", key.per_minute, timedelta(minutes=1))
    day = Window("key_day", key.per_day, timedelta(days=1))
    wait = take(connection, [(minute, str(key.id)), (day, str(key.id))])
    if wait:
        raise TooMany(wait, "over_quota", f"这个密钥的额度用完了，请在 {wait} 秒后再试。(The key's quota is used up.)")
    if key.is_use_unsaid:
        now = sa.func.clock_timestamp()
        connection.execute(sa.update(api_key).where(api_key.c.id == key.id).values(used_at=now))


def _check(new: NewKey) -> None:
    if not 0 < len(new.name) <= LONGEST_NAME:
        raise Refused("bad_input", f"名字要 1 到 {LONGEST_NAME} 个字符。", field="name")
    if not new.scopes:
        raise Refused("bad_input", "至少选一项权限。", field="scopes")
    if Scope.CALLS in new.scopes and not _ADAPTER.fullmatch(new.name):
        raise Refused("bad_input", "上报通话的密钥要以适配器命名，例如 asterisk/main。", field="name")
    for name, value, most in (
        ("per_minute", new.per_minute, MOST_PER_MINUTE),
        ("per_day", new.per_day, MOST_PER_DAY),
        ("days", new.days if new.days is not None else 1, LONGEST_LIFE_DAYS),
    ):
        if not 0 < value <= most:
            raise Refused("bad_input", f"请填 1 到 {most} 的整数。", field=name)


def _mine(connection: Connection, viewer: Viewer, key_id: int) -> ApiKey:
    query = _query().where(api_key.c.city == viewer.city, api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise Refused("no_such_key", "没有这个密钥，或者已经停用。")
    return _key(row)


def _query() -> sa.Select[Any]:
    now = sa.func.clock_timestamp()
    is_alive = api_key.c.revoked_at.is_(None) & sa.func.coalesce(api_key.c.expires_at > now, True)
    is_use_unsaid = sa.func.coalesce(api_key.c.used_at < now - _USED_EVERY, True)
    return sa.select(api_key, is_alive.label("is_alive"), is_use_unsaid.label("is_use_unsaid"))


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        city=row.city,
        name=row.name,
        prefix=row.prefix,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        per_minute=row.per_minute,
        per_day=row.per_day,
        made_at=row.made_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        old_until=row.old_until,
        is_alive=row.is_alive,
        is_use_unsaid=row.is_use_unsaid,
    )


def _told(new: NewKey) -> Mapping[str, Any]:
    told = {"name": new.name, "scopes": sorted(new.scopes), "days": new.days}
    return told | {"per_minute": new.per_minute, "per_day": new.per_day}


def _token() -> str:
    return _MARK + secrets.token_urlsafe(_RANDOM_BYTES)
