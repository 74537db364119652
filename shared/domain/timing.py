"""Deciders for time: the due instants of a ticket, warning 预警, overdue 超期, and jobs given up. Pure."""

from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.events import Event, EventKind
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Nature, Urgency
from shared.domain.ticket import Ticket


def time_limit(
    rules: Rules, nature: Nature, urgency: Urgency, start: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the ticket's fields and the event's facts for a time limit counted from `start`, UTC."""
    due = rules.due(nature, urgency, start)
    changes: dict[str, Any] = {"dispatched_at": start, "is_warned": False, "is_overdue": False}
    if due is None:
        return changes | {"due_at": None, "warn_at": None, "overdue_at": None}, {"limit": None}
    changes |= {"due_at": due.due_at, "warn_at": due.warn_at, "overdue_at": due.overdue_at}
    limit = due.limit
    return changes, {"limit": {"working_days": limit.working_days, "hours": limit.hours, "source": limit.source}}


def warn(ticket: Ticket, command: c.Warn, rules: Rules, now: datetime) -> list[Event]:
    """预警, once per due time and never early."""
    if ticket.is_warned or ticket.warn_at is None or now < ticket.warn_at:
        return []
    return [Event(EventKind.WARNED, {"is_warned": True}, {"due_at": ticket.due_at, "unit": ticket.unit})]


def mark_overdue(ticket: Ticket, command: c.Command, rules: Rules, now: datetime) -> list[Event]:
    """超期, once per due time, strictly after it. Whoever answers late marks it too, should the worker not have yet."""
    if ticket.is_overdue or ticket.overdue_at is None or now < ticket.overdue_at:
        return []
    late = {"late_by_seconds": round((now - ticket.overdue_at).total_seconds(), 3)}
    facts = {"due_at": ticket.due_at, "unit": ticket.unit} | late
    return [Event(EventKind.OVERDUE, {"is_warned": True, "is_overdue": True}, facts)]


def bury(ticket: Ticket, command: c.Bury, rules: Rules, now: datetime) -> list[Event]:
    """Raise the alarm; a ticket that only the router could move on goes to a person at triage."""
    changes: dict[str, Any] = {"alarm": command.kind}
    if ticket.holder_kind is HolderKind.ROUTER:
        changes |= {"holder_kind": HolderKind.TRIAGE, "holder_id": ""}
    return [Event(EventKind.JOB_BURIED, changes, {"job": command.kind}, {"error": command.error})]
