"""What became of notices, as staff see it. The recipients' addresses are nowhere in it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.events import EventKind
from shared.domain.numbers import number_of
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.people import notice
from shared.tables.ticket import ticket, ticket_event

MOST_ROWS = 100
TO_CALLER = ("email:caller", "sms:caller")


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice. `stands` is sending, sent, failed, delivered or undelivered; sent is not yet delivered."""

    number: str
    seq: int
    kind: EventKind
    channel: str
    to: str
    stands: str
    error: str | None
    tries: int
    at: datetime


def notices_of(viewer: Viewer, connection: Connection, rules: Rules, ticket_id: int) -> list[NoticeView]:
    """Return a ticket's notices, newest first; webhooks are the administrator's matter."""
    query = _query(viewer).where(ticket.c.id == ticket_id, notice.c.part.not_like("webhook:%"))
    return [_view(row, rules) for row in connection.execute(query.limit(MOST_ROWS))]


def untold(viewer: Viewer, connection: Connection, rules: Rules) -> list[NoticeView]:
    """Return, newest first, what did not reach callers of open tickets and was followed by nothing that did."""
    query = _query(viewer).where(_not_told()).limit(MOST_ROWS)
    return [_view(row, rules) for row in connection.execute(query)]


def untold_count(viewer: Viewer, connection: Connection) -> int:
    """Return how many there are."""
    query = sa.select(sa.func.count()).select_from(notice.join(ticket)).where(visible_to(viewer), _not_told())
    return int(connection.execute(query).scalar_one())


def _not_told() -> sa.ColumnElement[bool]:
    later = notice.alias()
    is_told_later = sa.exists().where(
        later.c.ticket_id == notice.c.ticket_id,
        later.c.seq > notice.c.seq,
        later.c.part.in_(TO_CALLER),
        later.c.state == "sent",
        later.c.receipt.is_distinct_from("undelivered"),
    )
    is_lost = (notice.c.state == "failed") | (notice.c.receipt == "undelivered")
    is_open = ticket.c.holder_kind != HolderKind.ARCHIVE
    return is_lost & notice.c.part.in_(TO_CALLER) & is_open & ~is_told_later


def _query(viewer: Viewer) -> sa.Select[tuple[object, ...]]:
    columns = (notice, ticket.c.registered_at, ticket_event.c.kind)
    step = (ticket_event.c.ticket_id == notice.c.ticket_id) & (ticket_event.c.seq == notice.c.seq)
    found = sa.select(*columns).select_from(notice.join(ticket).join(ticket_event, step)).where(visible_to(viewer))
    return found.order_by(notice.c.changed_at.desc(), notice.c.seq.desc())


def _view(row: sa.Row[tuple[object, ...]], rules: Rules) -> NoticeView:
    channel, _, to = row.part.partition(":")
    return NoticeView(
        number=number_of(row.ticket_id, row.registered_at, rules.zone),
        seq=row.seq,
        kind=EventKind(row.kind),
        channel=channel,
        to="caller" if to == "caller" else to.removeprefix("unit:"),
        stands=row.receipt or row.state,
        error=row.receipt_code if row.receipt == "undelivered" else row.error,
        tries=row.tries,
        at=row.receipt_at or row.changed_at,
    )
