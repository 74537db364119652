"""A city's open tickets in the order of their ids, some at a time: what a change of the pack may move."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.terms import State
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket

BATCH = 500
_OVER = (State.WITHDRAWN, State.NOT_ACCEPTED, State.CLOSED)


def open_after(viewer: Viewer, connection: Connection, after: int, batch: int = BATCH) -> list[Ticket]:
    """Return the next open tickets with an id above `after`."""
    query = sa.select(ticket).where(visible_to(viewer), ticket.c.state.not_in(_OVER), ticket.c.id > after)
    return [ticket_from_row(row) for row in connection.execute(query.order_by(ticket.c.id).limit(batch)).mappings()]


def all_open(viewer: Viewer, connection: Connection) -> Iterator[Ticket]:
    """Yield all of them."""
    found = open_after(viewer, connection, 0)
    while found:
        yield from found
        found = open_after(viewer, connection, found[-1].id)
