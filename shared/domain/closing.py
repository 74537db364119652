"""Deciders for the end of the way: direct answer, not accepted, follow-up, redo, close, withdraw. Pure."""

from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind
from shared.domain.rules import Rules
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, Role, State
from shared.domain.ticket import Ticket
from shared.domain.timing import mark_overdue, time_limit

_ARCHIVE: dict[str, Any] = {"holder_kind": HolderKind.ARCHIVE, "holder_id": ""}
_END = {
    State.RESOLVED: {EndReason.SOLVED, EndReason.ANSWERED, EndReason.UNREACHABLE},
    State.WITHDRAWN: {EndReason.WITHDRAWN},
    State.NOT_ACCEPTED: {EndReason.NOT_ACCEPTED},
}


def answer_directly(ticket: Ticket, command: c.AnswerDirectly, rules: Rules, now: datetime) -> list[Event]:
    """直接答复: with the caller on the line it is over; an expert's written answer is followed up."""
    late = mark_overdue(ticket, command, rules, now)
    changes: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": now, "alarm": None}
    if command.actor.role is Role.EXPERT:
        changes |= {"holder_kind": HolderKind.FOLLOW_UP, "holder_id": "", "handler_id": command.actor.id}
        return [*late, Event(EventKind.ANSWERED_DIRECTLY, changes, texts={"public": command.public})]
    answered = Event(EventKind.ANSWERED_DIRECTLY, changes | _ARCHIVE, texts={"public": command.public})
    return [*late, answered, _closed(EndReason.ANSWERED, now)]


def not_accept(ticket: Ticket, command: c.NotAccept, rules: Rules, now: datetime) -> list[Event]:
    """不予受理: the caller is told the right way, nothing is dropped."""
    changes = {"state": State.NOT_ACCEPTED, "alarm": None} | _ARCHIVE
    refused = Event(EventKind.NOT_ACCEPTED, changes, texts={"public": command.public})
    return [*mark_overdue(ticket, command, rules, now), refused]


def follow_up(ticket: Ticket, command: c.FollowUp, rules: Rules, now: datetime) -> list[Event]:
    """回访: solved closes, not solved goes back to work, unreachable stays in the queue."""
    facts = {"result": command.result, "call_rating": command.call_rating, "matter_rating": command.matter_rating}
    said = Event(EventKind.FOLLOWED_UP, facts=facts, texts={"note": command.note} if command.note else {})
    match command.result:
        case FollowUpResult.SOLVED:
            return [said, _closed(EndReason.SOLVED, now)]
        case FollowUpResult.NOT_SOLVED:
            return [said, _reopened(ticket, "回访：没有解决", rules, now)]
        case FollowUpResult.UNREACHABLE:
            return [said]


def redo(ticket: Ticket, command: c.Redo, rules: Rules, now: datetime) -> list[Event]:
    """重办 in a new cycle with a limit of its own."""
    return [_reopened(ticket, command.reason, rules, now)]


def close(ticket: Ticket, command: c.Close, rules: Rules, now: datetime) -> list[Event]:
    """归档 with a true reason."""
    if command.end_reason not in _END[ticket.state]:
        raise Refused("wrong_end_reason", "归档原因与工单状态不符，请重新选择。", field="end_reason")
    return [_closed(command.end_reason, now)]


def withdraw(ticket: Ticket, command: c.Withdraw, rules: Rules, now: datetime) -> list[Event]:
    """撤单."""
    changes = {"state": State.WITHDRAWN, "alarm": None} | _ARCHIVE
    return [Event(EventKind.WITHDRAWN, changes, texts={"reason": command.reason} if command.reason else {})]


def _closed(reason: EndReason, now: datetime) -> Event:
    return Event(EventKind.CLOSED, {"state": State.CLOSED, "closed_at": now, "end_reason": reason} | _ARCHIVE)


def _reopened(ticket: Ticket, reason: str, rules: Rules, now: datetime) -> Event:
    changes, facts = time_limit(rules, ticket.nature, ticket.urgency, now)
    if ticket.unit is None:
        changes |= {"holder_kind": HolderKind.TRIAGE, "holder_id": "", "handler_id": None}
    else:
        changes |= {"holder_kind": HolderKind.UNIT, "holder_id": ticket.unit}
    changes |= {"state": State.REOPENED, "cycle": ticket.cycle + 1, "is_approved": False}
    changes |= {"resolved_at": None, "closed_at": None, "end_reason": None}
    return Event(EventKind.REOPENED, changes, facts | {"cycle": ticket.cycle + 1}, {"reason": reason})
