"""What the router reads of the tickets it has claimed."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.engine import Connection

from shared.domain.routing import RoutingInput
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket, ticket_text

_TEXT_PARTS = ("title", "body", "supplement")
_SAID = sa.func.jsonb_build_array(ticket_text.c.part, sa.func.coalesce(ticket_text.c.text, ""))
_TEXTS = (
    sa.select(sa.func.jsonb_agg(aggregate_order_by(_SAID, ticket_text.c.seq)))
    .where(ticket_text.c.ticket_id == ticket.c.id, ticket_text.c.part.in_(_TEXT_PARTS))
    .scalar_subquery()
    .label("texts")
)


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A ticket and what the classifier may know of it."""

    ticket: Ticket
    request: RoutingInput


def unrouted(viewer: Viewer, connection: Connection, ticket_ids: Iterable[int]) -> dict[int, Unrouted]:
    """Return those of the tickets that are with the router, by id, supplements included."""
    ids = sa.literal(list(ticket_ids), ARRAY(sa.BigInteger))
    wanted = (ticket.c.id == sa.any_(ids)) & (ticket.c.holder_kind == HolderKind.ROUTER)
    rows = connection.execute(sa.select(ticket, _TEXTS).where(visible_to(viewer), wanted)).mappings()
    return {row["id"]: Unrouted(found := ticket_from_row(row), _request(found, row["texts"] or [])) for row in rows}


def _request(found: Ticket, said: list[tuple[str, str]]) -> RoutingInput:
    texts = {part: [text for name, text in said if name == part] for part in _TEXT_PARTS}
    fixed = found.chosen_by_person
    return RoutingInput(
        ticket_id=found.id,
        title="\n".join(texts["title"]),
        body="\n".join(texts["body"] + texts["supplement"]),
        county=found.county,
        nature=found.nature if "nature" in fixed else None,
        urgency=found.urgency if "urgency" in fixed else None,
        proposed_unit=found.proposed_unit,
        excluded_units=found.returned_by,
        accused_units=(found.accused_unit,) if found.accused_unit else (),
    )
