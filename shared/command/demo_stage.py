"""Who plays in the demo, and which tickets wait for them: read from the database."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import people
from shared.command.accounts import PLAYER_PREFIX
from shared.command.demo_policy import Cast, Waiting
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.ticket import ticket_from_row
from shared.domain.viewer import Viewer
from shared.people import Staff

LEFT_ALONE_SECONDS = 300.0
_MOST = 400

_WAITING = sa.text("""
WITH clock AS MATERIALIZED (
    SELECT business_now() AS now, coalesce((SELECT speed FROM business_clock), 1) AS speed)
SELECT t.*, extract(epoch FROM clock.now - e.at)::float8 / clock.speed AS idle, clock.speed,
    CASE WHEN t.holder_kind = 'triage'
        THEN (SELECT body FROM decision d WHERE d.ticket_id = t.id ORDER BY seq DESC LIMIT 1) END AS decided
FROM clock, ticket t JOIN ticket_event e ON e.ticket_id = t.id AND e.seq = t.seq
WHERE t.city = :city AND t.holder_kind NOT IN ('archive', 'router') AND NOT EXISTS (
    SELECT FROM ticket_event v WHERE v.ticket_id = t.id
        AND v.at > clock.now - clock.speed * make_interval(secs => :left_alone)
        AND (v.body::json -> 'actor' ->> 'role') <> 'caller'
        AND (v.body::json -> 'actor' ->> 'id')::bigint = ANY(:visitors))
ORDER BY e.at LIMIT :most""")
_OPEN = sa.text("SELECT count(*) FROM ticket WHERE city = :city AND holder_kind <> 'archive'")
_LAST_ID = sa.text("SELECT coalesce(max(id), 0) FROM ticket")


def cast_of(connection: Connection, rules: Rules) -> tuple[Cast, list[int]] | None:
    """Return the played staff and the visitors' account ids; None until the demo's accounts are made."""
    staff = [one for one in people.list_staff(connection, Viewer(Role.ADMIN, rules.city)) if one.is_active]
    players = {one.login: one for one in staff if one.login.startswith(PLAYER_PREFIX)}
    visitors = [one for one in staff if one.login not in players]
    hotline = [players.get(f"{PLAYER_PREFIX}{role}") for role in (Role.OPERATOR, Role.SUPERVISOR, Role.EXPERT)]
    if None in hotline:
        return None
    operator, supervisor, expert = (one.viewer for one in hotline if one is not None)
    handlers = {one.unit: one.viewer for one in players.values() if one.unit is not None}
    visited = frozenset(one.unit for one in visitors if one.unit is not None)
    return Cast(operator, supervisor, expert, handlers, visited), _ids(visitors)


def waiting(connection: Connection, city: str, visitors: list[int]) -> list[Waiting]:
    """Return the tickets that wait for anybody, longest idle first, but not those a visitor has just worked on."""
    wanted = {"city": city, "visitors": visitors, "left_alone": LEFT_ALONE_SECONDS, "most": _MOST}
    return [_waiting(dict(row)) for row in connection.execute(_WAITING, wanted).mappings()]


def open_count(connection: Connection, city: str) -> int:
    """Return how many tickets are not in the archive."""
    return int(connection.execute(_OPEN, {"city": city}).scalar_one())


def last_ticket_id(connection: Connection) -> int:
    """Return the highest ticket id, 0 in an empty database."""
    return int(connection.execute(_LAST_ID).scalar_one())


def _waiting(row: Mapping[str, Any]) -> Waiting:
    decided = json.loads(row["decided"]) if row["decided"] else {}
    is_elsewhere = decided.get("referral") is not None and decided.get("chosen") is None
    return Waiting(ticket_from_row(row), row["idle"], row["speed"], decided.get("candidates", ()), is_elsewhere)


def _ids(staff: list[Staff]) -> list[int]:
    return [one.id for one in staff]
