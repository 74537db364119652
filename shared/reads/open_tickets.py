"""A city's open tickets in the order of their ids, some at a time: what a change of the pack may move."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.engine import Connection

from shared.domain.terms import HolderKind, State
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket

BATCH = 500
_OVER = (State.WITHDRAWN, State.NOT_ACCEPTED, State.CLOSED)
# Named one by one: the index of queues finds them.
_OPEN_HOLDERS = [kind for kind in HolderKind if kind is not HolderKind.ARCHIVE]
_PROVISIONAL = "$.* ? (@.is_provisional == true && @.stopped_at == null)"


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


def has_provisional(viewer: Viewer, connection: Connection) -> bool:
    """Tell whether a clock of an open ticket was counted through a year without holiday notice (K16)."""
    counted = ticket.c.clocks.op("@?")(sa.cast(_PROVISIONAL, JSONPATH))
    open_ones = visible_to(viewer) & ticket.c.holder_kind.in_(_OPEN_HOLDERS)
    return bool(connection.execute(sa.select(sa.exists().where(open_ones, counted))).scalar_one())
