"""What the worker does with claimed batches: warn, mark overdue, send notices, tidy up."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from shared import access_seal, jobs
from shared.consumer import Handler, Think, through_ledger
from shared.database import engine
from shared.domain.commands import Command, GiveRedCard, MarkOverdue, Warn
from shared.domain.follow_ups import OUTBOUND, JobKind
from shared.domain.terms import Role, Stage
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.ledger import Ledger
from shared.packs import known_packs
from shared.service import ledger
from shared.settings import settings
from shared.storage import storage
from worker.correspondence import Correspondence
from worker.holding import held_back
from worker.mail import Addresses, Mail
from worker.notices import Notices
from worker.post import Post
from worker.recounting import Recounting
from worker.scanning import Scanning
from worker.tidying import Tidying


@cache
def handlers() -> Mapping[JobKind, Handler]:
    """Return the worker's handlers, once per process."""
    said = settings()
    me = Viewer(role=Role.TIME, city=said.city)
    post = Post(said.smtp_url, said.mail_from) if said.smtp_url else None
    mail = Mail(correspondence(), Addresses(said.public_url, said.staff_url), post)
    found = {
        **time_handlers(ledger(), me),
        JobKind.NOTIFY: Notices(engine(), ledger(), mail).handle,
        JobKind.RECOUNT: Recounting(engine(), ledger(), known_packs().at).handle,
        JobKind.TIDY: tidying().handle,
        JobKind.SCAN: Scanning(engine(), storage(), said.clamd_url).handle,
    }
    return {kind: held_back(engine(), handle) if kind in OUTBOUND else handle for kind, handle in found.items()}


def correspondence() -> Correspondence:
    """Return what reads the steps to tell of."""
    return Correspondence(Viewer(role=Role.TIME, city=settings().city), known_packs().at, keys())


def tidying() -> Tidying:
    """Return the daily tidying in the city's zone."""
    with engine().connect() as connection:
        rules = known_packs().at(connection, settings().city)
    found = Tidying(engine(), rules.zone, storage())
    found.draft_life = rules.policy.draft_life
    return found.also(lambda: access_seal.seal(engine(), keys().seal))


def time_handlers(by: Ledger, me: Viewer) -> Mapping[JobKind, Handler]:
    """Return what happens at the instants of a ticket's time limit."""
    return {
        JobKind.WARN: through_ledger(by, _each(lambda about, stage: Warn(**about, stage=stage), me)),
        JobKind.OVERDUE: through_ledger(by, _each(lambda about, stage: MarkOverdue(**about, stage=stage), me)),
        JobKind.RED: through_ledger(by, _each(lambda about, _: GiveRedCard(**about), me)),
    }


def _each(command_of: Callable[[dict[str, Any], Stage], Command], me: Viewer) -> Think:
    def think(claimed: Sequence[jobs.Claimed]) -> Sequence[Command | Exception]:
        return [command_of({"actor": me, "ticket_id": job.ticket_id or 0}, Stage(job.part)) for job in claimed]

    return think
