"""What the router reads of the tickets it has claimed."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.routing import RoutingInput
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket, ticket_text

_TEXT_PARTS = ("title", "body", "supplement")


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A ticket and what the classifier may know of it."""

    ticket: Ticket
    request: RoutingInput


def unrouted(viewer: Viewer, connection: Connection, ticket_ids: Iterable[int]) -> dict[int, Unrouted]:
    """Return those of the tickets that are with the router, by id, supplements included."""
    wanted = ticket.c.id.in_(list(ticket_ids)) & (ticket.c.holder_kind == HolderKind.ROUTER)
    rows = connection.execute(sa.select(ticket).where(visible_to(viewer), wanted)).mappings()
    tickets = {row["id"]: ticket_from_row(row) for row in rows}
    texts: dict[int, dict[str, list[str]]] = {}
    query = sa.select(ticket_text).where(ticket_text.c.ticket_id.in_(tickets), ticket_text.c.part.in_(_TEXT_PARTS))
    for row in connection.execute(query.order_by(ticket_text.c.ticket_id, ticket_text.c.seq)):
        texts.setdefault(row.ticket_id, {}).setdefault(row.part, []).append(row.text or "")
    return {key: Unrouted(found, _request(found, texts.get(key, {}))) for key, found in tickets.items()}


def _request(found: Ticket, texts: dict[str, list[str]]) -> RoutingInput:
    fixed = found.chosen_by_person
    accused = (found.accused_unit,) if found.accused_unit else ()
    return RoutingInput(
        ticket_id=found.id,
        title="\n".join(texts.get("title", [])),
        body="\n".join(texts.get("body", []) + texts.get("supplement", [])),
        county=found.county,
        nature=found.nature if "nature" in fixed else None,
        urgency=found.urgency if "urgency" in fixed else None,
        proposed_unit=found.proposed_unit,
        excluded_units=(*found.returned_by, *accused),
    )
