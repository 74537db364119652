"""Who is asking: staff by their session, a caller by the cookie that number and pick-up code were exchanged for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, g, request
from sqlalchemy.engine import Connection

from intake.address import is_exempt, network
from intake.stores import engine, reading, rules
from shared import access_log, attempts, people, restoration
from shared.domain.errors import Refused
from shared.domain.numbers import number_of, ticket_id_of
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.settings import settings
from shared.tables.ticket import ticket

FOLLOW_LIFE_AFTER_CLOSE = timedelta(days=90)
_COOKIE_SECONDS = 90 * 24 * 3600


def staff_cookie() -> str:
    """Return the name of the session cookie."""
    return "staff" if settings().is_dev else "__Host-staff"


def waiting_cookie() -> str:
    """Return the name of the cookie of a login that waits for its second factor."""
    return "login" if settings().is_dev else "__Host-login"


def follow_cookie() -> str:
    """Return the name of the caller's cookie."""
    return "follow" if settings().is_dev else "__Host-follow"


def identify_staff() -> None:
    """Set `g.staff` and `g.viewer` from the session cookie, if it is alive."""
    access_log.came_from(request.remote_addr)
    g.staff = g.viewer = g.held = None
    token = request.cookies.get(staff_cookie())
    if token:
        with reading() as connection:
            is_use = "X-Refresh" not in request.headers  # set by live.js where nobody pressed anything
            g.staff = people.staff_of_session(connection, token, is_use=is_use)
            g.held = restoration.held(connection)
        g.viewer = g.staff.viewer if g.staff else None


def identify_caller() -> None:
    """Set `g.viewer` from the caller's cookie; the database is asked only where the cookie is."""
    access_log.came_from(request.remote_addr)
    g.staff = None
    token = request.cookies.get(follow_cookie())
    g.viewer = caller_of_link(token) if token else None


def log_out() -> None:
    """End the session on the server."""
    token = request.cookies.get(staff_cookie())
    if token:
        with engine().begin() as connection:
            people.close_session(connection, token)


def follow(number: str, code: str) -> Viewer:
    """Return the caller whom number and code prove. Raises `Refused`, never saying which is wrong, or `TooMany`."""
    ticket_id = ticket_id_of(number)
    # Unknown numbers are counted too, so that the limit tells nothing; what is no number has no owner to protect.
    subjects = [(attempts.FOLLOW_NUMBER, str(ticket_id))] if ticket_id is not None else []
    if not is_exempt():
        subjects.append((attempts.FOLLOW_ADDRESS, network()))
    with engine().begin() as connection:
        for window, subject in subjects:
            attempts.check(connection, window, subject)
        row = _row(connection, ticket_id or 0)
        version = row.code_version if row is not None else 0
        matches = keys().is_pick_up_code(code, ticket_id or 0, version)
        if row is not None and matches and _same_number(number, row):
            return Viewer(Role.CALLER, row.city, ticket_id=row.id)
        attempts.take(connection, subjects)
    raise Refused("not_found", "流水号或提取码不对。请核对后再试，或拨打 12345 重新查询。")


def caller_of_link(token: str) -> Viewer | None:
    """Return the caller whom a follow link proves, None if it is wrong, revoked or 90 days past the end."""
    ticket_id = keys().ticket_id_of_link(token)
    if ticket_id is None:
        return None
    with reading() as connection:
        row = _row(connection, ticket_id)
    if row is None or not keys().is_link(token, ticket_id, row.code_version) or row.is_over:
        return None
    return Viewer(Role.CALLER, row.city, ticket_id=ticket_id)


def is_alive(token: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a follow link still opens the ticket whose row this is; `now` stands beside its columns."""
    is_over = row["closed_at"] is not None and row["closed_at"] + FOLLOW_LIFE_AFTER_CLOSE < row["now"]
    return not is_over and keys().is_link(token, row["id"], row["code_version"])


def link_of(viewer: Viewer) -> str:
    """Return the token that opens the caller's ticket."""
    with reading() as connection:
        row = _row(connection, viewer.ticket_id or 0)
    return keys().link_token(row.id, row.code_version) if row is not None else ""


def set_cookie(response: Response, name: str, value: str, *, is_session: bool) -> Response:
    """Add a cookie that scripts cannot read; on loopback (--dev) without Secure."""
    response.set_cookie(
        name,
        value,
        max_age=None if is_session else _COOKIE_SECONDS,
        secure=not settings().is_dev,
        httponly=True,
        samesite="Strict" if is_session else "Lax",
        path="/",
    )
    return response


def drop_cookie(response: Response, name: str) -> Response:
    """Remove a cookie."""
    response.delete_cookie(name, path="/", secure=not settings().is_dev, httponly=True)
    return response


def _row(connection: Connection, ticket_id: int) -> sa.Row[tuple[object, ...]] | None:
    t = ticket.c
    is_over = sa.func.coalesce(t.closed_at + FOLLOW_LIFE_AFTER_CLOSE < sa.func.business_now(), False).label("is_over")
    query = sa.select(t.id, t.city, t.registered_at, t.code_version, is_over).where(t.id == ticket_id)
    return connection.execute(query.where(t.city == settings().city)).one_or_none()


def _same_number(typed: str, row: sa.Row[tuple[object, ...]]) -> bool:
    digits = "".join(str(int(character)) for character in typed if character.isdecimal())
    return number_of(row.id, row.registered_at, rules().zone).endswith(digits)
