"""Machines that ask: a neighbouring system by its API key, and how often somebody without one may register."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from flask import g, request
from sqlalchemy.engine import Connection

from intake import address
from intake.stores import engine
from shared import api_keys, attempts
from shared.api_keys import ApiKey, Scope
from shared.database import at_once
from shared.domain.errors import Refused
from shared.settings import settings

# Which endpoint is open to keys, and with which scope; the twin of the access table. What is not here refuses them.
SCOPES: Mapping[str, Scope] = {
    "public_api.register": Scope.REGISTER,
    "public_api.show": Scope.READ,
    "public_api.upload": Scope.REGISTER,
    "public_api.download": Scope.READ,
    "calls_api.receive": Scope.CALLS,
}
_SCHEME = "bearer"
_API = "/api/"
_MINUTE = 60


def identify_key() -> None:
    """Set `g.api_key` from `Authorization: Bearer`, and count the request against its quota.

    A key speaks for itself alone: who sends one is nobody else, whatever cookies come along. Raises `Refused`.
    """
    g.api_key = None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not request.path.startswith(_API):
        return
    g.viewer = g.staff = None
    with at_once(engine()) as connection:
        key = api_keys.key_of(connection, settings().city, token.strip())
        if key is None:
            raise Refused("bad_key", "密钥不对，或已停用、过期。(The key is wrong, revoked or expired.)")
        api_keys.spend(connection, key)
    g.api_key = key


def check_scope() -> None:
    """Refuse a key that may not do what it asks for; for the guard of the access table."""
    needed = SCOPES.get(request.endpoint or "")
    if needed is None:
        raise Refused("key_may_not", "密钥不能用在这里。(No key may do this.)")
    if needed not in current_key().scopes:
        raise Refused("key_may_not", f"这个密钥没有权限 {needed}。(The key lacks the scope {needed}.)")


def current_key() -> ApiKey:
    """Return the key of this request, which `check_scope` has let in."""
    key: ApiKey = g.api_key
    return key


@contextmanager
def admitted(phone: str | None, key: str) -> Iterator[None]:
    """Count a registration by somebody without a key, around it. Raises `TooMany`, but not for a repeat.

    What the database could not take does not count: the caller is told to try again.
    """
    uses = [(attempts.INTAKE_PHONE, phone)] if phone else []
    if not address.is_exempt():
        uses.append((attempts.INTAKE_ADDRESS, address.network()))
    if uses:
        _admit(uses, key)
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError):
        # Where not even this can be written, the count could not be either.
        with contextlib.suppress(sa.exc.DBAPIError, sa.exc.TimeoutError), at_once(engine()) as connection:
            attempts.give_back(connection, uses)
        raise


def _admit(uses: Sequence[tuple[attempts.Window, str]], key: str) -> None:
    with at_once(engine()) as connection:
        wait = attempts.take(connection, uses)
        if wait and not is_registered(connection, "public", key):
            again = f"{wait} 秒" if wait < _MINUTE else f"{-(-wait // _MINUTE)} 分钟"
            why = f"登记得太频繁了。请在 {again}后再提交一次；急事请直接拨打 12345。"
            raise attempts.TooMany(wait, "too_many_requests", why)


def admit_file() -> None:
    """Count a file of somebody without a key; nobody fills the disk in an hour. Raises `TooMany`."""
    if g.api_key is not None or address.is_exempt():
        return
    with at_once(engine()) as connection:
        wait = attempts.take(connection, [(attempts.FILES, address.network())])
    if wait:
        why = "从这里上传的附件太多了。请先提交文字，附件过一小时再补充。"
        raise attempts.TooMany(wait, "too_many_requests", why)


def is_registered(connection: Connection, client: str, key: str) -> bool:
    """Tell whether this idempotency key has its ticket already."""
    named = {"client": client, "route": "register", "key": key}
    return connection.execute(_KNOWN, named).first() is not None


_KNOWN = sa.text("SELECT 1 FROM idempotency WHERE client = :client AND route = :route AND key = :key")
