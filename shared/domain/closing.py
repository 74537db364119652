"""Deciders for the end of the way: direct answer, not accepted, follow-up, redo, close, withdraw. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.clocks import ended, resumed, stopped
from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind
from shared.domain.rules import Rules
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, Role, Stage, State
from shared.domain.ticket import Ticket
from shared.domain.timing import after, case_of, overdue, promise, sources, started

UNSOLVED = "unsolved"  # the alarm of a ticket that the caller may not send back to work once more
_ARCHIVE: dict[str, Any] = {"holder_kind": HolderKind.ARCHIVE, "holder_id": ""}
_HOTLINE = (Stage.ACCEPT, Stage.DISPATCH)
_BEFORE_THE_END = (*_HOTLINE, Stage.REPLY, Stage.TOTAL)
_END = {
    State.RESOLVED: {EndReason.SOLVED, EndReason.ANSWERED, EndReason.UNREACHABLE},
    State.WITHDRAWN: {EndReason.WITHDRAWN},
    State.NOT_ACCEPTED: {EndReason.NOT_ACCEPTED},
}


def answer_directly(ticket: Ticket, command: c.AnswerDirectly, rules: Rules, now: datetime) -> list[Event]:
    """直接答复: with the caller on the line it is over; an expert's written answer is followed up."""
    late = overdue(ticket, _BEFORE_THE_END, now)
    then = after(ticket, late)
    changes: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": now, "alarm": None}
    if command.actor.role is Role.EXPERT:
        changes |= {"holder_kind": HolderKind.FOLLOW_UP, "holder_id": "", "handler_id": command.actor.id}
        clocks = ended(then.clocks, _HOTLINE) | stopped(then.clocks, (Stage.REPLY,), now)
        clocks |= started(rules, case_of(ticket, rules), (Stage.FOLLOW_UP,), now)
        changes |= {"clocks": clocks}
        return [*late, Event(EventKind.ANSWERED_DIRECTLY, changes, texts={"public": command.public})]
    answered = Event(EventKind.ANSWERED_DIRECTLY, changes | _ARCHIVE, texts={"public": command.public})
    return [*late, answered, closed(then, EndReason.ANSWERED, now)]


def not_accept(ticket: Ticket, command: c.NotAccept, rules: Rules, now: datetime) -> list[Event]:
    """不予受理: the caller is told the right way, nothing is dropped."""
    late = overdue(ticket, _BEFORE_THE_END, now)
    changes = {"state": State.NOT_ACCEPTED, "alarm": None} | _ARCHIVE | _stand_still(after(ticket, late), now)
    return [*late, Event(EventKind.NOT_ACCEPTED, changes, texts={"public": command.public})]


def follow_up(ticket: Ticket, command: c.FollowUp, rules: Rules, now: datetime) -> list[Event]:
    """回访: solved closes, not solved goes back to work, unreachable stays in the queue."""
    facts = {"result": command.result, "call_rating": command.call_rating, "matter_rating": command.matter_rating}
    late = overdue(ticket, (Stage.FOLLOW_UP,), now)
    gone = ended(ticket.clocks, (Stage.FOLLOW_UP,))
    texts = {"note": command.note} if command.note else {}
    changes = {"clocks": gone} if gone else {}
    rated = rated_by(ticket, command)
    said = [*late, Event(EventKind.FOLLOWED_UP, changes | rated, facts, texts)]
    then = replace(after(ticket, said), **rated)
    match command.result:
        case FollowUpResult.SOLVED:
            return [*said, closed(then, EndReason.SOLVED, now)]
        case FollowUpResult.NOT_SOLVED:
            return [*said, reopened(then, "回访：没有解决", rules, now)]
        case FollowUpResult.UNREACHABLE:
            return said


def redo(ticket: Ticket, command: c.Redo, rules: Rules, now: datetime) -> list[Event]:
    """重办 in a new cycle with a limit of its own."""
    late = overdue(ticket, (Stage.FOLLOW_UP,), now)
    return [*late, reopened(after(ticket, late), command.reason, rules, now)]


def close(ticket: Ticket, command: c.Close, rules: Rules, now: datetime) -> list[Event]:
    """归档 with a true reason."""
    if command.end_reason not in _END[ticket.state]:
        raise Refused("wrong_end_reason", "归档原因与工单状态不符，请重新选择。", field="end_reason")
    late = overdue(ticket, (Stage.FOLLOW_UP, Stage.TOTAL), now)
    return [*late, closed(after(ticket, late), command.end_reason, now)]


def withdraw(ticket: Ticket, command: c.Withdraw, rules: Rules, now: datetime) -> list[Event]:
    """撤单."""
    changes = {"state": State.WITHDRAWN, "alarm": None} | _ARCHIVE | _stand_still(ticket, now)
    return [Event(EventKind.WITHDRAWN, changes, texts={"reason": command.reason} if command.reason else {})]


def rated_by(ticket: Ticket, command: c.FollowUp | c.Confirm) -> dict[str, Any]:
    """Return the change by which ratings given with `command` count as given."""
    ratings = (("call", command.call_rating), ("matter", command.matter_rating))
    given = {name for name, rating in ratings if rating is not None}
    return {"rated": tuple(sorted({*ticket.rated, *given}))} if given else {}


def closed(ticket: Ticket, reason: EndReason, now: datetime) -> Event:
    """Return the event that files the ticket, every clock standing still."""
    changes = {"state": State.CLOSED, "closed_at": now, "end_reason": reason} | _ARCHIVE | _heard(ticket)
    return Event(EventKind.CLOSED, changes | _stand_still(ticket, now))


def _heard(ticket: Ticket) -> dict[str, Any]:
    """Return the change by which nobody need look at an unsolved ticket any more."""
    return {"alarm": None} if ticket.alarm == UNSOLVED else {}


def _stand_still(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Return the change that ends every stage; what the unit needed and the total age stay to be read."""
    kept = (Stage.REPLY, Stage.TOTAL)
    gone = ended(ticket.clocks, [stage for stage in ticket.clocks if stage not in kept])
    return {"clocks": gone | stopped(ticket.clocks, kept, now)}


def reopened(ticket: Ticket, reason: str, rules: Rules, now: datetime) -> Event:
    """Return the event that begins a new cycle; what is done again may be rated again."""
    case = case_of(ticket, rules)
    clocks = ended(ticket.clocks, (Stage.FOLLOW_UP,)) | resumed(ticket.clocks, (Stage.TOTAL,))
    clocks |= started(rules, case, (Stage.REDO, *((Stage.SIGN,) if ticket.unit else (Stage.DISPATCH,))), now)
    changes: dict[str, Any] = {"clocks": clocks, "dispatched_at": now} | promise(ticket, clocks)
    facts = sources(rules, case, clocks) | {"promised_at": changes.get("promised_at")}
    if ticket.unit is None:
        changes |= {"holder_kind": HolderKind.TRIAGE, "holder_id": "", "handler_id": None}
    else:
        changes |= {"holder_kind": HolderKind.UNIT, "holder_id": ticket.unit}
    changes |= {"state": State.REOPENED, "cycle": ticket.cycle + 1, "is_approved": False}
    changes |= {"contacted_at": None} if ticket.contacted_at is not None else {}
    changes |= {"resolved_at": None, "closed_at": None, "end_reason": None} | _heard(ticket)
    if "matter" in ticket.rated:
        changes |= {"rated": tuple(name for name in ticket.rated if name != "matter")}
    return Event(EventKind.REOPENED, changes, facts | {"cycle": ticket.cycle + 1}, {"reason": reason})
