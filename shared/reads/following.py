"""What followers are told: the public steps after a number, for many tickets in one query.

Unlike the other reads these take no `Viewer`: they serve many at once; the hub asks `may_see` for each before it sends.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.events import PUBLIC, EventKind
from shared.tables.ticket import ticket

_SINCE = sa.text(
    "SELECT e.ticket_id, e.seq, e.kind, e.at, t.state FROM ticket_event e"
    " JOIN unnest(CAST(:ids AS bigint[]), CAST(:seqs AS int[])) AS f(ticket_id, seq)"
    " ON e.ticket_id = f.ticket_id AND e.seq > f.seq JOIN ticket t ON t.id = e.ticket_id ORDER BY e.ticket_id, e.seq"
)
_LAST = sa.text(
    "SELECT e.ticket_id, e.body FROM ticket t JOIN ticket_event e ON e.ticket_id = t.id AND e.seq = t.seq"
    " WHERE t.id = ANY(:ids)"
)

_NOW_TOO = sa.select(ticket, sa.func.business_now().label("now"))


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a ticket, or, with `seq` 0, only the hint that a queue changed. No personal data, no free text."""

    seq: int
    kind: str
    at: datetime | None
    state: str
    is_public: bool

    @classmethod
    def hint(cls) -> "Change":
        """Return the hint."""
        return cls(0, "", None, "", True)


def changes_since(connection: Connection, since: Mapping[int, int]) -> dict[int, list[Change]]:
    """Return for each ticket its steps after the given `seq`, in order."""
    found: dict[int, list[Change]] = {}
    for row in connection.execute(_SINCE, {"ids": list(since), "seqs": list(since.values())}):
        change = Change(row.seq, row.kind, row.at, row.state, EventKind(row.kind) in PUBLIC)
        found.setdefault(row.ticket_id, []).append(change)
    return found


def rows_of(connection: Connection, ticket_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the tickets' rows by id, each with `now` and `units_before`: the units that its last step took it from."""
    ids = list(ticket_ids)
    rows = {
        row["id"]: dict(row) | {"units_before": set(row["returned_by"])}
        for row in connection.execute(_NOW_TOO.where(ticket.c.id.in_(ids))).mappings()
    }
    for row in connection.execute(_LAST, {"ids": ids}):
        facts = json.loads(row.body)["facts"]
        rows[row.ticket_id]["units_before"] |= {facts.get("from_unit"), facts.get("unit")} - {None}
    return rows
