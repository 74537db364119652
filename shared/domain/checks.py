"""What must be true of every ticket, its log and its jobs, whatever broke meanwhile. Pure; `audit` feeds it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from shared.domain import commands as c
from shared.domain.clocks import Card
from shared.domain.events import EventKind as K
from shared.domain.events import Recorded
from shared.domain.follow_ups import OUTBOUND, TIME_LIMITS, Arm, JobKind, instead_of, next_instants
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Stage, State
from shared.domain.ticket import Ticket
from shared.domain.transitions import LEGAL
from shared.domain.viewer import PEOPLE


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it must be. `code` is stable; `detail` holds codes and instants, nothing personal."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job as its row says."""

    cause_seq: int
    kind: JobKind
    part: str
    state: str
    due_at: datetime
    outcome: str | None


@dataclass(frozen=True, slots=True)
class NoticeSeen:
    """A notice as its row says."""

    seq: int
    part: str
    state: str


Found = Iterator[Difference]

# Which command an event comes from, and the state it leaves (None: the state it found).
_CAUSES: Mapping[K, tuple[type[c.Command], State | None]] = {
    K.SENT_TO_TRIAGE: (c.SendToTriage, None),
    K.SENT_TO_SEAT: (c.SendToSeat, State.REGISTERED),
    K.ANSWERED_DIRECTLY: (c.AnswerDirectly, State.RESOLVED),
    K.NOT_ACCEPTED: (c.NotAccept, State.NOT_ACCEPTED),
    K.DISPATCHED: (c.Dispatch, State.DISPATCHED),
    K.REDISPATCHED: (c.Redispatch, State.DISPATCHED),
    K.RECALLED: (c.Recall, State.REGISTERED),
    K.SIGNED: (c.Sign, State.SIGNED),
    K.TAKEN: (c.Take, None),
    K.HANDED_OVER: (c.HandOver, None),
    K.CONTACTED: (c.Contact, None),
    K.REPORTED: (c.Report, None),
    K.RETURN_REQUESTED: (c.Return, State.RETURN_REQUESTED),
    K.REPLY_SUBMITTED: (c.Reply, State.REPLY_SUBMITTED),
    K.APPROVED: (c.Approve, None),
    K.SENT_BACK: (c.SendBack, State.SIGNED),
    K.RESOLVED: (c.Resolve, State.RESOLVED),
    K.FOLLOWED_UP: (c.FollowUp, None),
    K.CONFIRMED: (c.Confirm, None),
    K.REOPENED: (c.Redo, State.REOPENED),
    K.CLOSED: (c.Close, State.CLOSED),
    K.WITHDRAWN: (c.Withdraw, State.WITHDRAWN),
    K.AMENDED: (c.Amend, None),
    K.SUPPLEMENTED: (c.Supplement, None),
    K.URGED: (c.Urge, None),
    K.CODE_RENEWED: (c.RenewCode, None),
    K.TELL_BY_CHANGED: (c.ChangeTellBy, None),
    K.IDENTITY_HIDDEN: (c.HideIdentity, None),
    K.WARNED: (c.Warn, None),
    K.OVERDUE: (c.MarkOverdue, None),
    K.RED_CARDED: (c.GiveRedCard, None),
    K.STAGE_WARNED: (c.Warn, None),
    K.STAGE_OVERDUE: (c.MarkOverdue, None),
    K.RECOUNTED: (c.Recount, None),
    K.PROMISE_MOVED: (c.Recount, None),
    K.JOB_BURIED: (c.Bury, None),
}
# An answer that comes late says so itself, before time does; the caller's word ends or reopens a ticket.
# Whoever ends a stage late marks it, should the worker not have been there yet.
_ALSO: Mapping[K, tuple[type[c.Command], ...]] = {
    K.OVERDUE: (c.Reply, c.AnswerDirectly, c.NotAccept, c.Redispatch, c.Recall, c.GiveRedCard),
    K.STAGE_OVERDUE: (
        c.Dispatch, c.Redispatch, c.Recall, c.SendToSeat, c.Sign, c.Contact, c.Report, c.Return, c.Reply,
        c.AnswerDirectly, c.NotAccept, c.FollowUp, c.Confirm, c.Redo, c.Close,
    ),
    K.REOPENED: (c.Confirm,),
    K.CLOSED: (c.Confirm,),
}  # fmt: skip
_AT_UNIT = frozenset({State.DISPATCHED, State.SIGNED, State.REPLY_SUBMITTED, State.REOPENED})
_CARDS = {
    K.WARNED: Card.YELLOW,
    K.STAGE_WARNED: Card.YELLOW,
    K.OVERDUE: Card.OVERDUE,
    K.STAGE_OVERDUE: Card.OVERDUE,
    K.RED_CARDED: Card.RED,
}
_ARCHIVED = frozenset({State.WITHDRAWN, State.NOT_ACCEPTED, State.CLOSED})
_FIELDS = tuple(field.name for field in fields(Ticket))


def step_differences(before: Ticket | None, recorded: Recorded, after: Ticket) -> Found:
    """Tell whether one step of a log is legal: right state, right holder, right role, right instant."""
    if before is None or recorded.kind is K.REGISTERED:
        if before is not None or recorded.kind is not K.REGISTERED:
            yield Difference("illegal_step", f"{recorded.kind} is event {recorded.seq}")
        return
    command, left = _CAUSES[recorded.kind]
    causes = [LEGAL[one] for one in (command, *_ALSO.get(recorded.kind, ()))]
    possible = [one for one in causes if before.state in one.states and before.holder_kind in one.holders]
    if not possible:
        yield Difference("illegal_step", f"event {recorded.seq}, {recorded.kind}, from {before.state}")
    if not any(recorded.actor.role in one.roles for one in possible or causes):
        yield Difference("illegal_actor", f"event {recorded.seq}, {recorded.kind}, by {recorded.actor.role}")
    if after.state is not (left or before.state):
        yield Difference("illegal_step", f"event {recorded.seq}, {recorded.kind}, to {after.state}")
    yield from _instant_differences(before, recorded)


def _instant_differences(before: Ticket, recorded: Recorded) -> Found:
    card = _CARDS.get(recorded.kind)
    if card is None:
        return
    clock = before.clocks.get(Stage(recorded.facts["stage"]))
    instants = {Card.YELLOW: "warn_at", Card.OVERDUE: "overdue_at", Card.RED: "red_at"}
    instant = getattr(clock, instants[card], None)
    if clock is not None and clock.card >= card:
        yield Difference("fired_twice", f"event {recorded.seq}, {recorded.kind}")
    if instant is None or recorded.at < instant:
        yield Difference("fired_early", f"event {recorded.seq}, {recorded.kind}, at {recorded.at} for {instant}")


def replay_differences(row: Ticket, replayed: Ticket | None) -> Found:
    """Tell whether the row is what its log makes of it."""
    if row != replayed:
        names = [name for name in _FIELDS if getattr(row, name) != getattr(replayed, name, None)]
        yield Difference("replay_differs", ", ".join(names))


def holder_differences(ticket: Ticket, jobs: Sequence[JobSeen], rules: Rules) -> Found:
    """Tell whether the one holder exists and can act."""
    kind, who = ticket.holder_kind, ticket.holder_id
    route = [job for job in jobs if job.kind is JobKind.ROUTE and job.state == "todo"]
    can_act = {
        HolderKind.ROUTER: len(route) == 1,
        HolderKind.TRIAGE: ticket.state not in _ARCHIVED,
        HolderKind.UNIT: who in rules.units and who == ticket.unit and ticket.state in _AT_UNIT,
        HolderKind.SEAT: who in rules.skills and ticket.state is State.REGISTERED,
        HolderKind.FOLLOW_UP: ticket.state is State.RESOLVED,
        HolderKind.ARCHIVE: ticket.state in _ARCHIVED,
    }[kind]
    if not can_act:
        yield Difference("holder_cannot_act", f"{kind} {who}".strip() + f", {ticket.state}, route jobs: {len(route)}")
    if route and kind is not HolderKind.ROUTER:
        yield Difference("route_job_left", f"held by {kind} {who}".strip())
    if ticket.unit is not None and ticket.unit == ticket.accused_unit:
        yield Difference("conflict_of_interest", ticket.unit)


def clock_differences(ticket: Ticket, jobs: Sequence[JobSeen]) -> Found:
    """Tell whether of each clock just the next instant is armed, and none where it stands still."""
    armed = [job for job in jobs if job.kind in TIME_LIMITS and job.state == "todo"]
    needed = next_instants(ticket)
    right, found = {_name_of(one) for one in needed}, {_name_of(job) for job in armed}
    dead = [job for job in jobs if job.state == "dead"]
    given_up = {_name_of(job) for job in dead}
    instead = {_name_of(arm) for job in dead for arm in instead_of(ticket, job.kind, job.part)}
    if len(found) != len(armed) or found - right - instead or right - found - given_up:
        yield Difference("wrong_instants_armed", f"armed {_named(armed)}, needed {_named(needed)}")


def _name_of(job: JobSeen | Arm) -> tuple[JobKind, str, datetime]:
    return job.kind, job.part, job.due_at


def _named(jobs: Sequence[object]) -> str:
    return ", ".join(f"{getattr(job, 'kind', '')} {getattr(job, 'due_at', '')}" for job in jobs) or "none"


def alarm_differences(ticket: Ticket, log: Sequence[Recorded], jobs: Sequence[JobSeen]) -> Found:
    """Tell whether every job that was given up has an alarm, or a person who has acted since."""
    for job in jobs:
        if job.state != "dead":
            continue
        burials = [step.seq for step in log if step.kind is K.JOB_BURIED and step.facts.get("job") == job.kind]
        if not burials:
            yield Difference("dead_without_burial", f"{job.kind} of event {job.cause_seq}")
            continue
        if any(step.seq > burials[-1] and step.actor.role in PEOPLE for step in log):
            continue
        if ticket.alarm is None:
            yield Difference("dead_without_alarm", f"{job.kind} of event {job.cause_seq}")
        if job.kind is JobKind.ROUTE and ticket.holder_kind is not HolderKind.TRIAGE:
            yield Difference("dead_without_triage", f"held by {ticket.holder_kind}")


def notice_differences(ticket: Ticket, notices: Sequence[NoticeSeen], jobs: Sequence[JobSeen]) -> Found:
    """Tell whether notices and their jobs say the same."""
    asked = {(job.cause_seq, job.part): job for job in jobs if job.kind in OUTBOUND}
    told = {(notice.seq, notice.part): notice.state for notice in notices}
    if len(told) != len(notices):
        yield Difference("notice_twice", f"{len(notices)} rows for {len(told)} notices")
    for name, state in told.items():
        job = asked.get(name)
        if name[0] > ticket.seq:
            yield Difference("notice_of_nothing", f"event {name[0]}, {name[1]}")
        if state == "sending" and (job is None or job.state not in ("todo", "dead")):
            yield Difference("notice_left_sending", f"event {name[0]}, {name[1]}")
    for name, job in asked.items():
        expected = {"done": "sent", "failed": "failed"}.get(job.outcome or "") if job.state == "done" else None
        if expected is not None and told.get(name) != expected:
            yield Difference("notice_missing", f"event {name[0]}, {name[1]}: {told.get(name)}, not {expected}")
