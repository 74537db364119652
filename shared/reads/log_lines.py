"""Lines of the access log 查阅和审计记录: who did what to what, when and from where. For administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.numbers import number_of
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.tables.people import access_log as a
from shared.tables.people import staff
from shared.tables.ticket import ticket

PAGE = 50
MOST_EXPORTED = 10_000
REFUSED = frozenset({"denied", "login_failed"})


@dataclass(frozen=True, slots=True)
class LogSearch:
    """Which lines: by the person who acted or was changed, ticket, action, time; `below` is the last line seen."""

    staff_id: int | None = None
    ticket_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: int | None = None
    limit: int = PAGE


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `result` is `done` or `refused`; `number` is the ticket's."""

    id: int
    at: datetime
    login: str | None
    name: str | None
    role: str
    address: str | None
    action: str
    result: str
    number: str | None
    object: str | None
    fields: Sequence[str]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None


def log_lines(viewer: Viewer, connection: Connection, rules: Rules, wanted: LogSearch) -> list[LogLine]:
    """Return lines, newest first; none for anybody but an administrator, whose city's they are."""
    if viewer.role is not Role.ADMIN:
        return []
    # A line without a person is of whoever was not logged in: of this city unless it names another's ticket.
    is_ours = sa.func.coalesce(staff.c.city, ticket.c.city, viewer.city) == viewer.city
    query = (
        sa.select(a, staff.c.login, staff.c.name, ticket.c.registered_at)
        .outerjoin(staff, staff.c.id == a.c.staff_id)
        .outerjoin(ticket, ticket.c.id == a.c.ticket_id)
        .where(is_ours, *_conditions(wanted))
        .order_by(a.c.id.desc())
        .limit(min(wanted.limit, MOST_EXPORTED))
    )
    return [_line(row, rules) for row in connection.execute(query).mappings()]


def known_actions(connection: Connection) -> list[str]:
    """Return every action that stands in the log."""
    # A loose scan by the index on the action would need recursion; there are few actions and the page asks once.
    return list(connection.execute(sa.select(a.c.action).distinct().order_by(a.c.action)).scalars())


def _conditions(wanted: LogSearch) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.staff_id is not None:
        found.append((a.c.staff_id == wanted.staff_id) | (a.c.object == f"staff:{wanted.staff_id}"))
    if wanted.ticket_id is not None:
        found.append(a.c.ticket_id == wanted.ticket_id)
    if wanted.action is not None:
        found.append(a.c.action == wanted.action)
    if wanted.since is not None:
        found.append(a.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(a.c.at < wanted.until)
    if wanted.below is not None:
        found.append(a.c.id < wanted.below)
    return found


def _line(row: sa.RowMapping, rules: Rules) -> LogLine:
    names = ("id", "at", "login", "name", "role", "address", "action", "object", "fields", "before", "after", "reason")
    at = row["registered_at"]
    number = number_of(row["ticket_id"], at, rules.zone) if at is not None else None
    result = "refused" if row["action"] in REFUSED else "done"
    return LogLine(number=number, result=result, **{name: row[name] for name in names})
