"""The recount after a pack was activated: open tickets whose clocks move by the new rules, some hundreds at a time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs, notices, packs
from shared.domain.commands import Recount
from shared.domain.decide import decide
from shared.domain.errors import Refused
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.fault_points import fault_point
from shared.ledger import Ledger
from shared.ledger.outcome import why_of
from shared.ledger.write import business_now
from shared.packs import Activation
from shared.packs.sweep import Sweep
from shared.reads.open_tickets import BATCH, open_after
from worker.untied import close, one_by_one

ROUNDS = 2
# A process may have decided by the old rules in the moment of the activation; no transaction lasts as long as this.
NEXT_ROUND, TRY_AGAIN = timedelta(seconds=60), timedelta(seconds=5)  # real time
BUDGET_SECONDS = 5.0  # what a consumer's hard limit leaves; the rest is a job of its own

log = structlog.get_logger()


@dataclass(slots=True)
class _Done:
    """How far one job came. `held` is the first ticket that somebody else had locked all the time."""

    after: int
    is_end: bool
    moved: int = 0
    held: int | None = None
    failures: list[str] = field(default_factory=list)


class Recounting:
    """Handles jobs of kind `recount`. `rules_at` gives a city's active rules on a connection."""

    batch, budget_seconds = BATCH, BUDGET_SECONDS

    def __init__(self, engine: Engine, ledger: Ledger, rules_at: Callable[[Connection, str], Rules]) -> None:
        self._engine, self._ledger, self._rules_at = engine, ledger, rules_at

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Recount what each job names, arm the next and close it."""
        one_by_one(self._engine, claimed, self._one)

    def _one(self, job: jobs.Claimed) -> None:
        sweep = Sweep.of(job.part)
        with self._engine.connect() as connection:
            activation = packs.activation(connection, sweep.activation_id)
            newest = packs.newest_activation(connection, activation.city)
        if newest != activation:
            self._close(job, "moot")  # the newer one's own sweep begins from the start
            return
        done = self._sweep(activation, sweep)
        fault_point("recount.swept")
        log.info("recounted", pack=activation.pack_id, after=done.after, moved=done.moved, round=sweep.round)
        self._close(job, "failed" if done.failures else "done", self._next(sweep, done), "; ".join(done.failures[:5]))

    def _sweep(self, activation: Activation, sweep: Sweep) -> _Done:
        me, until = Viewer(Role.TIME, activation.city), time.monotonic() + self.budget_seconds
        with self._engine.connect() as connection:
            now, rules = business_now(connection), self._rules_at(connection, activation.city)
            found = open_after(me, connection, sweep.after, self.batch)
        done = _Done(sweep.after, is_end=len(found) < self.batch)
        for ticket in found:
            if time.monotonic() > until:
                done.is_end = False
                break
            self._ticket(ticket, Recount(actor=me, ticket_id=ticket.id), rules, now, done)
            done.after = ticket.id
        return done

    def _ticket(self, ticket: Ticket, command: Recount, rules: Rules, now: datetime, done: _Done) -> None:
        """Recount one ticket; whatever it raises keeps no other from being recounted."""
        try:
            if decide(ticket, command, rules, now):
                done.moved += bool(self._ledger.execute(command).event_count)
        except sa.exc.OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
            done.held = done.held or ticket.id
        except Refused:
            log.info("recount_overtaken", ticket=ticket.id)
        except (ValueError, LookupError, TypeError) as error:
            log.exception("recount_ticket_failed", ticket=ticket.id)
            done.failures.append(f"{ticket.id} {why_of(error)}")

    def _next(self, sweep: Sweep, done: _Done) -> tuple[Sweep, timedelta] | None:
        if done.held is not None:
            return sweep.on(done.held - 1), TRY_AGAIN
        if not done.is_end:
            return sweep.on(done.after), timedelta()
        return (Sweep(sweep.activation_id, sweep.round + 1), NEXT_ROUND) if sweep.round < ROUNDS else None

    def _close(
        self, job: jobs.Claimed, outcome: str, rest: tuple[Sweep, timedelta] | None = None, why: str = ""
    ) -> None:
        closing = jobs.Closing(job, "done", outcome, why or None)
        if rest is None:
            close(self._engine, closing)
            return
        sweep, delay = rest
        close(self._engine, closing, lambda c: (sweep.part, notices.business_instant_after(c, delay)))
