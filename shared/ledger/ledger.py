"""`execute`: lock, decide, append, arm, commit; for one person's command or for a batch of claimed jobs."""

import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from time import perf_counter

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs, traces
from shared.bell import Bell
from shared.database import at_once
from shared.domain.commands import Bury, ChangeTellBy, Command, Register
from shared.domain.decide import decide
from shared.domain.errors import Conflict, NotYours, Refused
from shared.domain.follow_ups import JobKind
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Role
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.fault_points import fault_point
from shared.keys import Keys
from shared.ledger import write
from shared.ledger.change import Change, caller_row
from shared.ledger.outcome import Item, Outcome, Verdict, closing_of, must_bury, why_of
from shared.ledger.write import Also
from shared.logs import names_of, request_id
from shared.metrics import BURIED, ENDED, REGISTERED

_KNOWN_KEY = sa.text(
    "SELECT request_mac, ticket_id FROM idempotency WHERE client = :client AND route = :route AND key = :key"
)

log = structlog.get_logger()


# The rules of a city by the id of its active pack, which the ledger reads together with the time of the decision.
RulesOf = Callable[[Connection, str, int | None], Rules]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """Names one attempt of one client to register; `mac` is the fingerprint of what it sent."""

    client: str
    route: str
    key: str
    mac: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A registered ticket; `is_replay` if the key was used before with the same request."""

    ticket: Ticket
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The ticket after a person's command, and the events it gave (none: there was nothing to do)."""

    ticket: Ticket
    event_count: int


class Ledger:
    """The one writer of tickets. Safe to share between threads."""

    def __init__(self, engine: Engine, rules_of: RulesOf, keys: Keys, bell: Bell) -> None:
        self._engine, self._rules_of, self._keys, self._bell = engine, rules_of, keys, bell

    def open_ticket(self, command: Register, key: IdempotencyKey, also: Also | None = None) -> Opened:
        """Register a ticket, once per key; it is committed when this returns. `also` happens with it or neither does.

        A second request with the key waits for the first (2 s) and gets its ticket. Raises `Refused`, with code
        `key_reused` if the same key came with another request.
        """
        change, began = Change(None), perf_counter()
        with at_once(self._engine) as connection:
            ticket_id, now, pack_id = write.draw(connection, command.actor.city)
            fault_point("open.drawn")
            rules = self._rules_of(connection, command.actor.city, pack_id)
            given = replace(command, ticket_id=ticket_id)
            change.record(decide(None, given, rules, now), command.actor, rules, now)
            caller = caller_row(ticket_id, command.caller, self._keys)
            if not write.open_one(connection, change, caller, asdict(key), also):
                return self._replay(connection, key)
        fault_point("open.committed")
        REGISTERED.labels(command.channel).inc()
        _say(change, began)
        self._bell.ring(change.due_now, [change.stands.id])
        return Opened(change.stands, is_replay=False)

    def execute(self, command: Command) -> Done:
        """Carry out a person's command on one ticket; committed when this returns.

        Waits at most `lock_timeout` for the ticket. Raises `Refused`, `NotYours` or `Conflict`.
        """
        began = perf_counter()
        with at_once(self._engine) as connection:
            row, (now, active) = write.lock_one(connection, command.ticket_id)
            if row is None:
                raise NotYours
            ticket = ticket_from_row(row)
            rules = self._rules_of(connection, command.actor.city, active.get(command.actor.city))
            drafts = decide(ticket, command, rules, now)
            change = Change(ticket, bytes(row["head"]))
            change.record(drafts, command.actor, rules, now)
            statements = write.moving([change] if drafts else [])
            if drafts and isinstance(command, ChangeTellBy):
                statements.append(write.new_email(command.ticket_id, self._keys.encrypt(command.email)))
            fault_point("execute.decided")
            write.finish(connection, statements, [change])
        fault_point("execute.committed")
        _say(change, began)
        self._bell.ring(change.due_now, [command.ticket_id] if drafts else [])
        return Done(change.stands, len(drafts))

    def execute_many(self, items: Sequence[Item]) -> list[Outcome]:
        """Apply a batch of claimed jobs in one transaction, each decided alone; outcomes in the order of `items`.

        An SQL error rolls the batch back and runs each alone once. Raises only if the database is gone: then the leases
        end and the jobs come back.
        """
        try:
            return self._apply(items)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            log.warning("batch_rolled_back", jobs=[item.job.id for item in items], error=type(error.orig).__name__)
            if len(items) == 1:
                return self._apply([Item(items[0].job, error)])
            return [outcome for item in items for outcome in self.execute_many([item])]

    def _replay(self, connection: Connection, key: IdempotencyKey) -> Opened:
        known = connection.execute(_KNOWN_KEY, {"client": key.client, "route": key.route, "key": key.key}).one()
        if not hmac.compare_digest(bytes(known.request_mac), key.mac):
            raise Refused("key_reused", "这个 Idempotency-Key 已经用于另一个请求。请换一个新的。")
        row = connection.execute(sa.text("SELECT * FROM ticket WHERE id = :id"), {"id": known.ticket_id})
        return Opened(ticket_from_row(row.mappings().one()), is_replay=True)

    def _apply(self, items: Sequence[Item]) -> list[Outcome]:
        began = perf_counter()
        with at_once(self._engine) as connection:
            rows, held, (now, active) = write.lock_free(connection, [item.job for item in items])
            rules = {city: self._rules_of(connection, city, active.get(city)) for city in {row["city"] for row in rows}}
            changes = {row["id"]: Change(ticket_from_row(row), bytes(row["head"])) for row in rows}
            outcomes, closings = [], []
            for item in items:
                if item.job.id not in held:
                    outcomes.append(Outcome(Verdict.LOST))
                    continue
                outcome, closing = _one(item, changes.get(item.job.ticket_id or 0), rules, now)
                outcomes.append(outcome)
                closings.append(closing)
            moved = [change for change in changes.values() if change.events]
            fault_point("batch.decided")
            statements = write.moving(moved, closing=[closing.job.id for closing in closings])
            write.finish(connection, [*statements, *jobs.closing(closings, write.as_json)], moved)
        fault_point("batch.committed")
        ends = Counter((item.job.kind, outcome.verdict) for item, outcome in zip(items, outcomes, strict=True))
        for labels, count in ends.items():
            ENDED.labels(*labels).inc(count)
        say, is_traced = log.bind(), traces.is_on()
        for item, outcome in zip(items, outcomes, strict=True):
            said = {"outcome": outcome.verdict, "attempt": item.job.attempts, "steps": outcome.steps}
            say.info("job", **names_of(item.job), **said)
            if is_traced and outcome.steps:
                wrote = {row["seq"]: row["kind"] for row in changes[item.job.ticket_id or 0].events}
                named = [(seq, wrote[seq]) for seq in outcome.steps]
                traces.steps(item.job.ticket_id or 0, named, traces.job(item.job.id, item.job.attempts), began)
        due_now = {kind for change in moved for kind in change.due_now}
        self._bell.ring(due_now, [change.ticket.id for change in moved if change.ticket])
        return outcomes


def _one(
    item: Item, change: Change | None, rules_by_city: Mapping[str, Rules], now: datetime
) -> tuple[Outcome, jobs.Closing]:
    if change is None or change.ticket is None:
        busy = Outcome(Verdict.BUSY)
        return busy, closing_of(item.job, busy, is_buried=False)
    known = len(change.events)
    rules = rules_by_city[change.ticket.city]
    outcome = _decide_alone(item, change, rules, now)
    is_buried = must_bury(item.job, outcome.verdict) or _would_strand(item.job, outcome, change.ticket)
    if is_buried:
        time_itself = Viewer(role=Role.TIME, city=change.ticket.city)
        job, ticket_id, why = item.job, change.ticket.id, outcome.why or ""
        asked = Bury(actor=time_itself, ticket_id=ticket_id, kind=job.kind, error=why, part=job.part)
        change.record(decide(change.ticket, asked, rules, now), time_itself, rules, now)
        BURIED.labels(job.kind).inc()
        log.error("job_buried", **names_of(job), why=outcome.why)
    steps = tuple(row["seq"] for row in change.events[known:])
    return Outcome(outcome.verdict, change.ticket, outcome.why, steps), closing_of(item.job, outcome, is_buried)


def _say(change: Change, began: float) -> None:
    """Log which steps a person's request wrote, under its id: jobs name these steps as their cause."""
    if change.events:
        steps, kinds = zip(*((row["seq"], row["kind"]) for row in change.events), strict=True)
        log.info("steps", ticket=change.stands.id, steps=steps, kinds=kinds)
        if traces.is_on():
            traces.steps(change.stands.id, zip(steps, kinds, strict=True), request_id(), began)


def _decide_alone(item: Item, change: Change, rules: Rules, now: datetime) -> Outcome:
    """Decide one command of a batch; whatever it raises touches no other ticket."""
    if isinstance(item.command, Exception):
        return Outcome(Verdict.FAILED, why=why_of(item.command))
    try:
        drafts = decide(change.ticket, item.command, rules, now)
        change.record(drafts, item.command.actor, rules, now)
    except Conflict:
        return Outcome(Verdict.STALE)
    except Refused as refusal:
        return Outcome(Verdict.REFUSED, why=refusal.code)
    except Exception as error:
        log.exception("decide_failed", **names_of(item.job))
        return Outcome(Verdict.FAILED, why=why_of(error))
    return Outcome(Verdict.DONE if drafts else Verdict.MOOT)


def _would_strand(job: jobs.Claimed, outcome: Outcome, ticket: Ticket) -> bool:
    """Tell whether closing this job would leave the ticket with the router and nothing to move it on."""
    ends = outcome.verdict in (Verdict.REFUSED, Verdict.MOOT)
    return ends and job.kind is JobKind.ROUTE and ticket.holder_kind is HolderKind.ROUTER
