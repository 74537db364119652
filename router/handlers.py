"""What the router does with a claimed batch: read, classify all at once, and say whose duty each is."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from router.decision import decide_batch
from shared import jobs
from shared.consumer import Handler, through_ledger
from shared.database import at_once, engine
from shared.domain.commands import Command, Dispatch, SendToSeat, SendToTriage
from shared.domain.follow_ups import JobKind
from shared.domain.routing import Decision, RoutingInput
from shared.domain.terms import HolderKind, Role
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.reads.routing import unrouted
from shared.service import ledger
from shared.settings import settings


@cache
def handlers() -> Mapping[JobKind, Handler]:
    """Return the router's handlers, once per process; the catalogue is read before the first ticket comes."""
    with engine().connect() as connection:
        rules = known_packs().at(connection, settings().city)
    decide_batch([RoutingInput(0, "", "")], rules)
    return {JobKind.ROUTE: through_ledger(ledger(), think)}


def think(claimed: Sequence[jobs.Claimed]) -> Sequence[Command | Exception]:
    """Turn each claimed job into the command that moves its ticket on."""
    me = Viewer(role=Role.ROUTER, city=settings().city)
    with at_once(engine()) as connection:
        found = unrouted(me, connection, [job.ticket_id for job in claimed if job.ticket_id is not None])
        rules = known_packs().at(connection, me.city)
    waiting = [found[job.ticket_id] for job in claimed if job.ticket_id in found]
    decisions = decide_batch([one.request for one in waiting], rules)
    commands = {
        one.ticket.id: command_of(one.ticket, decision, me) for one, decision in zip(waiting, decisions, strict=True)
    }
    # A ticket that is no longer with the router gets a command that its ledger will find out of place.
    gone = {job.ticket_id or 0: SendToTriage(actor=me, ticket_id=job.ticket_id or 0, why="") for job in claimed}
    return [{**gone, **commands}[job.ticket_id or 0] for job in claimed]


def command_of(ticket: Ticket, decision: Decision, me: Viewer) -> Command:
    """Return what a decision asks of the ledger."""
    common: dict[str, Any] = {"actor": me, "ticket_id": ticket.id, "seen_seq": ticket.seq}
    chosen = decision.chosen
    if chosen is None:
        return SendToTriage(**common, why=decision.why, decision=decision)
    said: dict[str, Any] = {"duty": chosen.duty, "county": decision.county}
    said |= {"nature": decision.nature, "urgency": decision.urgency}
    if chosen.holder_kind is HolderKind.SEAT:
        return SendToSeat(**common, skill=chosen.holder_id, **said, decision=decision)
    return Dispatch(**common, unit=chosen.holder_id, **said, decision=decision)
