"""What must happen after an event, and when: jobs 作业 to arm and to disarm. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.clocks import SILENT, Card
from shared.domain.events import EventKind as K
from shared.domain.events import Recorded
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Stage
from shared.domain.ticket import Ticket


class JobKind(StrEnum):
    """One kind of "later" each; the service that does it stands beside it."""

    ROUTE = "route"  # router
    WARN = "warn"  # worker
    OVERDUE = "overdue"  # worker
    RED = "red"  # worker
    NOTIFY = "notify"  # worker
    HOOK = "hook"  # sender: a webhook; the ledger arms them for whoever listens
    TEXT = "text"  # sender: a short message 短信
    RECOUNT = "recount"  # worker, without a ticket
    TIDY = "tidy"  # worker, without a ticket
    SCAN = "scan"  # worker, without a ticket; `part` is the file


# What leaves the house; held back after a restore until a person releases it.
OUTBOUND = frozenset({JobKind.NOTIFY, JobKind.TEXT, JobKind.HOOK})


@dataclass(frozen=True, slots=True)
class Arm:
    """Do `kind` at `due_at`. With the event that caused it, `kind` and `part` name the job for good."""

    kind: JobKind
    due_at: datetime
    part: str = ""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Cancel what is still to do of these kinds; with `part` only of that part."""

    kinds: tuple[JobKind, ...]
    part: str | None = None


FollowUp = Arm | Disarm
TIME_LIMITS = (JobKind.WARN, JobKind.OVERDUE, JobKind.RED)
_STEPS = {Card.YELLOW: JobKind.WARN, Card.OVERDUE: JobKind.OVERDUE, Card.RED: JobKind.RED}
_CARDS = {kind: card for card, kind in _STEPS.items()}

TELL_CALLER = frozenset(
    {
        K.REGISTERED,
        K.DISPATCHED,
        K.REDISPATCHED,
        K.REPORTED,
        K.RESOLVED,
        K.ANSWERED_DIRECTLY,
        K.NOT_ACCEPTED,
        K.REOPENED,
        K.OVERDUE,
        K.PROMISE_MOVED,
        K.CODE_RENEWED,
    }
)
TELL_UNIT = frozenset({K.DISPATCHED, K.REDISPATCHED, K.REOPENED, K.URGED, K.WARNED, K.OVERDUE, K.RED_CARDED})


def follow_ups(ticket: Ticket, recorded: Recorded, rules: Rules) -> list[FollowUp]:
    """Return what `recorded` makes necessary; `ticket` is as the event left it."""
    return [*_for_the_router(ticket, recorded), *_for_time(ticket, recorded), *_to_tell(ticket, recorded, rules)]


def _for_the_router(ticket: Ticket, recorded: Recorded) -> list[FollowUp]:
    if ticket.holder_kind is HolderKind.ROUTER:
        if recorded.kind in (K.REGISTERED, K.RETURN_REQUESTED):
            return [Arm(JobKind.ROUTE, recorded.at)]
        return []
    return [Disarm((JobKind.ROUTE,))] if recorded.kind in _LEAVES_THE_ROUTER else []


def _for_time(ticket: Ticket, recorded: Recorded) -> list[FollowUp]:
    """Of each clock that the event moved, only the next instant is armed; what is given up does not stop the rest."""
    if recorded.kind is K.JOB_BURIED:
        return list(instead_of(ticket, JobKind(recorded.facts["job"]), recorded.facts.get("part", "")))
    moved = [Stage(stage) for stage in recorded.changes.get("clocks", {})]
    gone = [] if recorded.kind is K.REGISTERED else [Disarm(TIME_LIMITS, stage) for stage in moved]
    return [*gone, *next_instants(ticket, *moved)] if moved else []


def next_instants(ticket: Ticket, *stages: Stage) -> list[Arm]:
    """Return the next instant of each of the ticket's clocks, or of some; no other is ever armed."""
    found: list[Arm] = []
    for stage in stages or ticket.clocks:
        clock = ticket.clocks.get(stage)
        step = clock.next if clock is not None and stage not in SILENT else None
        if step is not None:
            found.append(Arm(_STEPS[step[0]], step[1], stage))
    return found


def instead_of(ticket: Ticket, kind: JobKind, part: str) -> list[Arm]:
    """Return the step of a clock after one that was given up: a warning that fails must not hide that it is overdue."""
    clock = ticket.clocks.get(Stage(part)) if kind in TIME_LIMITS and part in set(Stage) else None
    step = clock.step_after(_CARDS[kind]) if clock is not None else None
    return [Arm(_STEPS[step[0]], step[1], part)] if step is not None else []


def _to_tell(ticket: Ticket, recorded: Recorded, rules: Rules) -> list[FollowUp]:
    told: list[FollowUp] = []
    if ticket.tell_by is not None and recorded.kind in TELL_CALLER:
        kind = JobKind.TEXT if ticket.tell_by == "sms" else JobKind.NOTIFY
        told.append(Arm(kind, recorded.at, f"{ticket.tell_by}:caller"))
    unit = rules.units.get(ticket.unit or "")
    if unit is not None and unit.email and recorded.kind in TELL_UNIT:
        told.append(Arm(JobKind.NOTIFY, recorded.at, f"email:unit:{unit.code}"))
    return told


_LEAVES_THE_ROUTER = frozenset(
    {
        K.DISPATCHED,
        K.REDISPATCHED,
        K.SENT_TO_SEAT,
        K.SENT_TO_TRIAGE,
        K.ANSWERED_DIRECTLY,
        K.NOT_ACCEPTED,
        K.WITHDRAWN,
        K.JOB_BURIED,
    }
)
