"""Who is told of a step and in which words: reads the ticket's log as far as the step. Writes nothing."""

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
from shared.tables.ticket import caller, ticket, ticket_event, ticket_text
from worker.letters import ANSWERS, Letter, Story, letter_to_caller, letter_to_unit

CALLER = "email:caller"
UNIT = "email:unit:"


class Nobody(Exception):
    """There is nobody to tell, and the message is why, as a code."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Writes letters as `viewer` sees the tickets. The links lead to the two surfaces' addresses."""

    viewer: Viewer
    rules_at: Callable[[Connection, str], Rules]
    keys: Keys
    public_url: str
    staff_url: str

    def letter(self, connection: Connection, job: Claimed) -> tuple[str, Letter]:
        """Return the address and the letter for a `notify` job. Raises `Nobody`."""
        mine = visible_to(self.viewer) & (ticket.c.id == job.ticket_id)
        row = connection.execute(sa.select(ticket).where(mine)).mappings().one_or_none()
        if row is None:
            raise Nobody("not_visible")
        now = ticket_from_row(row)
        rules = self.rules_at(connection, now.city)
        story = _story(connection, now.id, job.cause_seq)
        if job.part == CALLER:
            link = f"{self.public_url}/f/{self.keys.link_token(now.id, now.code_version)}"
            return self._callers_address(connection, now.id), letter_to_caller(story, rules, link)
        unit = rules.units.get(job.part.removeprefix(UNIT)) if job.part.startswith(UNIT) else None
        if unit is None or not unit.email:
            raise Nobody("no_address")
        if now.unit != unit.code:
            raise Nobody("moved_on")  # who no longer holds a ticket no longer sees it either
        return unit.email, letter_to_unit(story, rules, self.staff_url)

    def _callers_address(self, connection: Connection, ticket_id: int) -> str:
        query = sa.select(caller.c.email).where(caller.c.ticket_id == ticket_id)
        address = self.keys.decrypt(connection.execute(query).scalar_one_or_none())
        if not address:
            raise Nobody("no_address")
        return address


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
