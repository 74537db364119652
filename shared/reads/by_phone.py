"""The earlier tickets of a telephone number, for whoever speaks with its owner (SECURITY S11, S65)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.numbers import number_of
from shared.domain.rules import Rules
from shared.domain.viewer import Viewer, may_identify
from shared.reads.visibility import visible_to
from shared.tables.ticket import caller, ticket, ticket_text

MOST_TICKETS = 8
# Numbers are given to other people after a while.
REMEMBERED = timedelta(days=2 * 365)


@dataclass(frozen=True, slots=True)
class PhoneTicket:
    """A ticket of a number."""

    number: str
    title: str
    state: str
    registered_at: datetime
    is_open: bool


def has_phone(viewer: Viewer, phone_index: bytes) -> sa.ColumnElement[bool]:
    """Return the condition on `ticket` that it is of this number and may be found by it.

    By a number nobody finds what is confidential, and who may not know the caller nothing that hides them.
    """
    theirs = sa.exists().where(caller.c.ticket_id == ticket.c.id, caller.c.phone_index == phone_index)
    found = theirs & ~ticket.c.confidential & (ticket.c.registered_at > sa.func.business_now() - REMEMBERED)
    return found if may_identify(viewer, True) else found & ~ticket.c.hidden_identity


def tickets_of_phone(
    viewer: Viewer, connection: Connection, rules: Rules, phone_index: bytes | None
) -> Sequence[PhoneTicket]:
    """Return the tickets of a number that the viewer may see, open ones first."""
    if phone_index is None or not may_identify(viewer, True):
        return []
    title = ticket_text.alias("title")
    on_title = (title.c.ticket_id == ticket.c.id) & (title.c.seq == 1) & (title.c.part == "title")
    is_open = ticket.c.closed_at.is_(None).label("is_open")
    query = (
        sa.select(ticket.c.id, ticket.c.registered_at, ticket.c.state, title.c.text, is_open)
        .outerjoin(title, on_title)
        .where(visible_to(viewer), has_phone(viewer, phone_index))
        .order_by(is_open.desc(), ticket.c.registered_at.desc())
        .limit(MOST_TICKETS)
    )
    return [
        PhoneTicket(
            number_of(row.id, row.registered_at, rules.zone), row.text or "", row.state, row.registered_at, row.is_open
        )
        for row in connection.execute(query)
    ]
