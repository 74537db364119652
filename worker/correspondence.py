"""What a notice tells of: reads the ticket's log as far as the step. Writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.events import EventKind
from shared.domain.rules import Rules
from shared.domain.ticket import Ticket, evolve, ticket_from_row
from shared.domain.viewer import Viewer
from shared.jobs import Claimed
from shared.keys import Keys
from shared.ledger.chain import recorded_from_body
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket, ticket_event, ticket_text
from worker.channel import Nobody
from worker.letters import ANSWERS, Story


@dataclass(frozen=True, slots=True)
class Told:
    """A step to tell of, the ticket as it stands now, and its city's rules."""

    story: Story
    now: Ticket
    rules: Rules


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Reads tickets as `viewer` sees them."""

    viewer: Viewer
    rules_at: Callable[[Connection, str], Rules]
    keys: Keys

    def told(self, connection: Connection, job: Claimed) -> Told:
        """Return the step that a job tells of. Raises `Nobody`."""
        mine = visible_to(self.viewer) & (ticket.c.id == job.ticket_id)
        row = connection.execute(sa.select(ticket).where(mine)).mappings().one_or_none()
        if row is None:
            raise Nobody("not_visible")
        now = ticket_from_row(row)
        return Told(_story(connection, now.id, job.cause_seq), now, self.rules_at(connection, now.city))


def _story(connection: Connection, ticket_id: int, seq: int) -> Story:
    mine = (ticket_event.c.ticket_id == ticket_id) & (ticket_event.c.seq <= seq)
    bodies = connection.execute(sa.select(ticket_event.c.body).where(mine).order_by(ticket_event.c.seq)).scalars()
    then: Ticket | None = None
    answer, recorded = (seq, "public"), None
    for body in bodies:
        recorded, _ = recorded_from_body(body)
        then = evolve(then, recorded)
        if recorded.kind is EventKind.REPLY_SUBMITTED:
            answer = (recorded.seq, "public")
    if then is None or recorded is None or recorded.seq != seq:
        raise LookupError(f"ticket {ticket_id} has no event {seq}")
    if recorded.kind is EventKind.REPORTED:
        answer = (seq, "report")
    return Story(recorded, then, _answer(connection, ticket_id, *answer) if recorded.kind in ANSWERS else None)


def _answer(connection: Connection, ticket_id: int, seq: int, part: str) -> Any:
    mine = (ticket_text.c.ticket_id == ticket_id) & (ticket_text.c.seq == seq) & (ticket_text.c.part == part)
    return connection.execute(sa.select(ticket_text.c.text).where(mine)).scalar_one_or_none()
