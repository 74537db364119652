"""What must happen after an event, and when: jobs 作业 to arm and to disarm. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.events import EventKind as K
from shared.domain.events import Recorded
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, State
from shared.domain.ticket import Ticket
from shared.domain.transitions import UNFINISHED


class JobKind(StrEnum):
    """One kind of "later" each; the service that does it stands beside it."""

    ROUTE = "route"  # router
    WARN = "warn"  # worker
    OVERDUE = "overdue"  # worker
    NOTIFY = "notify"  # worker
    TIDY = "tidy"  # worker, without a ticket


@dataclass(frozen=True, slots=True)
class Arm:
    """Do `kind` at `due_at`. With the event that caused it, `kind` and `part` name the job for good."""

    kind: JobKind
    due_at: datetime
    part: str = ""


@dataclass(frozen=True, slots=True)
class Disarm:
    """Cancel what is still to do of these kinds."""

    kinds: tuple[JobKind, ...]


FollowUp = Arm | Disarm
TIME_LIMITS = (JobKind.WARN, JobKind.OVERDUE)

_TELL_CALLER = frozenset(
    {K.REGISTERED, K.DISPATCHED, K.REDISPATCHED, K.RESOLVED, K.ANSWERED_DIRECTLY, K.NOT_ACCEPTED, K.REOPENED, K.OVERDUE}
)
TELL_UNIT = frozenset({K.DISPATCHED, K.REDISPATCHED, K.REOPENED, K.URGED, K.WARNED, K.OVERDUE})


def follow_ups(ticket: Ticket, recorded: Recorded, rules: Rules) -> list[FollowUp]:
    """Return what `recorded` makes necessary; `ticket` is as the event left it."""
    return [*_for_the_router(ticket, recorded), *_for_time(ticket, recorded.kind), *_to_tell(ticket, recorded, rules)]


def _for_the_router(ticket: Ticket, recorded: Recorded) -> list[FollowUp]:
    if ticket.holder_kind is HolderKind.ROUTER:
        if recorded.kind in (K.REGISTERED, K.RETURN_REQUESTED):
            return [Arm(JobKind.ROUTE, recorded.at)]
        return []
    return [Disarm((JobKind.ROUTE,))] if recorded.kind in _LEAVES_THE_ROUTER else []


def _for_time(ticket: Ticket, kind: K) -> list[FollowUp]:
    if kind in _STOPS_THE_CLOCK:
        return [Disarm(TIME_LIMITS)]
    if kind in _MOVES_THE_CLOCK:
        return [Disarm(TIME_LIMITS), *next_instant(ticket)]
    return list(next_instant(ticket)) if kind is K.WARNED else []


def next_instant(ticket: Ticket) -> list[Arm]:
    """Return the next instant of the ticket's time limit; only this one is ever armed."""
    if not clock_runs(ticket):
        return []
    if ticket.warn_at is not None and not ticket.is_warned:
        return [Arm(JobKind.WARN, ticket.warn_at)]
    if ticket.overdue_at is not None and not ticket.is_overdue:
        return [Arm(JobKind.OVERDUE, ticket.overdue_at)]
    return []


def clock_runs(ticket: Ticket) -> bool:
    """Tell whether the ticket's time counts: it stands still while a reply waits to be looked at, and at the end."""
    return ticket.state in UNFINISHED and ticket.state is not State.REPLY_SUBMITTED


def _to_tell(ticket: Ticket, recorded: Recorded, rules: Rules) -> list[FollowUp]:
    told: list[FollowUp] = []
    if ticket.tell_by is not None and recorded.kind in _TELL_CALLER:
        told.append(Arm(JobKind.NOTIFY, recorded.at, f"{ticket.tell_by}:caller"))
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
_MOVES_THE_CLOCK = frozenset({K.DISPATCHED, K.REDISPATCHED, K.SENT_TO_SEAT, K.REOPENED, K.AMENDED, K.SENT_BACK})
_STOPS_THE_CLOCK = frozenset({K.REPLY_SUBMITTED, K.ANSWERED_DIRECTLY, K.NOT_ACCEPTED, K.WITHDRAWN, K.CLOSED})
