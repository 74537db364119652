"""What a neighbouring system may see by its API key: the tickets that it registered itself, and no other."""

import json

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.numbers import number_of, ticket_id_of
from shared.domain.rules import Rules
from shared.tables.ticket import ticket, ticket_event


def registered_by_key(connection: Connection, rules: Rules, key_id: int, number: str) -> int | None:
    """Return the id of the ticket with this whole number if the key registered it; says nothing about any other."""
    ticket_id = ticket_id_of(number)
    query = sa.select(ticket.c.registered_at, ticket_event.c.body).join(ticket_event)
    first = (ticket.c.id == ticket_id) & (ticket.c.city == rules.city) & (ticket_event.c.seq == 1)
    row = None if ticket_id is None else connection.execute(query.where(first)).one_or_none()
    if row is None or json.loads(row.body)["facts"].get("api_key") != key_id:
        return None
    return ticket_id if number_of(ticket_id or 0, row.registered_at, rules.zone) == number else None
