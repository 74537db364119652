"""Notices 通知: a row per ticket, event, channel and recipient says what became of it. The only writer of `notice`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.tables.people import notice

MOST_TRIES = 48
RETRY_EVERY = timedelta(minutes=5)

_BEFORE = sa.text(
    "SELECT state, error FROM notice WHERE ticket_id = :ticket_id AND seq = :seq AND part = :part FOR UPDATE"
)
_BEGIN = sa.text(
    "INSERT INTO notice (ticket_id, seq, part, state, tries, reference, error, changed_at)"
    " VALUES (:ticket_id, :seq, :part, 'sending', 1, :reference, NULL, business_now())"
    " ON CONFLICT (ticket_id, seq, part) DO UPDATE"
    " SET tries = notice.tries + 1, error = NULL, changed_at = business_now()"
    " WHERE notice.state = 'sending' RETURNING tries"
)
_GIVE_UP = sa.text(
    "UPDATE notice SET state = 'failed', error = 'dropped', changed_at = business_now()"
    " FROM unnest(CAST(:tickets AS bigint[]), CAST(:seqs AS int[]), CAST(:parts AS text[])) AS d(ticket_id, seq, part)"
    " WHERE notice.ticket_id = d.ticket_id AND notice.seq = d.seq AND notice.part = d.part AND state = 'sending'"
)
# A retry waits in real time, whatever the speed of a demo's clock.
_AFTER = sa.text("SELECT business_now() + :delay * coalesce((SELECT speed FROM business_clock), 1)")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is being sent. `is_repeat`: the try before ended without an answer, so it may arrive twice."""

    ticket_id: int
    seq: int
    part: str
    tries: int
    is_repeat: bool

    @property
    def reference(self) -> str:
        return reference_of(self.ticket_id, self.seq, self.part)


def reference_of(ticket_id: int, seq: int, part: str) -> str:
    """Return the name by which a provider knows the notice; the same at every try."""
    return f"{ticket_id}-{seq}-{part}"


def begin(connection: Connection, ticket_id: int, seq: int, part: str) -> Notice | None:
    """Note that a notice is about to be sent; None if it was sent or given up before. Commit before sending."""
    named = {"ticket_id": ticket_id, "seq": seq, "part": part}
    reference = reference_of(ticket_id, seq, part)
    before = connection.execute(_BEFORE, named).one_or_none()
    begun = connection.execute(_BEGIN, named | {"reference": reference}).scalar_one_or_none()
    if begun is None:
        return None
    return Notice(ticket_id, seq, part, begun, is_repeat=before is not None and before.error is None)


def end(connection: Connection, sent: Notice, state: str, error: str | None = None) -> None:
    """Write what became of a try: `sent`, `failed`, or `sending` with an `error` while it is tried again."""
    mine = (notice.c.ticket_id == sent.ticket_id) & (notice.c.seq == sent.seq) & (notice.c.part == sent.part)
    values = {"state": state, "error": error, "changed_at": sa.func.business_now()}
    connection.execute(sa.update(notice).where(mine).values(values))


def give_up(connection: Connection, named: Sequence[tuple[int | None, int, str]]) -> None:
    """Close the notices on their way whose jobs, named by ticket, event and part, were dropped after a restore."""
    tickets, seqs, parts = zip(*named, strict=True) if named else ((), (), ())
    connection.execute(_GIVE_UP, {"tickets": list(tickets), "seqs": list(seqs), "parts": list(parts)})


def retry_delay(tries: int) -> timedelta | None:
    """Return how long to wait after `tries` refused tries, None when no more will be made. Source: FAULTS P10."""
    if tries >= MOST_TRIES:
        return None
    return timedelta() if tries == 1 else RETRY_EVERY


def business_instant_after(connection: Connection, delay: timedelta) -> datetime:
    """Return the business instant that comes after `delay` of real time."""
    after: datetime = connection.execute(_AFTER, {"delay": delay}).scalar_one()
    return after
