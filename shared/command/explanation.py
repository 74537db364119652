"""Why a ticket is where it is and when it is due: one answer for people and machines. Holds no name and no phone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shared.domain.events import EventKind
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.ticket import Ticket
from shared.reads.tickets import TicketView, TimelineEntry

# Staff write these to staff; what callers say and are told stays on the pages, where each look is noted.
_WHYS = ("why", "reason", "basis", "error")
_LONG_DIGITS = re.compile(r"\d{5,}")
_MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the log. `whys` by part, long runs of digits hidden."""

    seq: int
    kind: EventKind
    at: datetime
    role: Role
    unit: str | None
    whys: Mapping[str, str]
    facts: Mapping[str, Any]
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DueTime:
    """A due time and what it was counted from. `days` are the working days counted, empty for a limit in hours."""

    due_at: datetime
    warn_at: datetime | None
    counted_from: datetime
    working_days: int | None
    hours: int | None
    source: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Armed:
    """Something that will happen by itself."""

    kind: str
    part: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """`placed` brought the ticket to its holder; `decision` is the router's last, which a person may have overruled."""

    ticket: Ticket
    number: str
    placed: Step
    decision: Mapping[str, Any] | None
    decided_at_seq: int | None
    due: DueTime | None
    armed: tuple[Armed, ...]
    steps: tuple[Step, ...]


def explain(view: TicketView, armed: Sequence[Armed], rules: Rules) -> Explanation:
    """Explain a ticket as a supervisor sees it; steps come oldest first."""
    entries = view.timeline[::-1]
    steps = tuple(_step(entry) for entry in entries)
    decided = [entry for entry in entries if entry.decision is not None]
    last = decided[-1] if decided else None
    return Explanation(
        ticket=view.ticket,
        number=view.number,
        placed=[step for step in steps if "holder_kind" in step.changes][-1],
        decision=last.decision if last else None,
        decided_at_seq=last.seq if last else None,
        due=_due(view.ticket, steps, rules),
        armed=tuple(armed),
        steps=steps,
    )


def _step(entry: TimelineEntry) -> Step:
    whys = {part: _LONG_DIGITS.sub("…", entry.texts[part]) for part in _WHYS if part in entry.texts}
    return Step(entry.seq, entry.kind, entry.at, entry.actor_role, entry.actor_unit, whys, entry.facts, entry.changes)


def _due(ticket: Ticket, steps: Sequence[Step], rules: Rules) -> DueTime | None:
    limits = [step.facts["limit"] for step in steps if "limit" in step.facts]
    if ticket.due_at is None or ticket.dispatched_at is None or not limits or limits[-1] is None:
        return None
    limit = limits[-1]
    counted = _counted_days(ticket.dispatched_at, limit["working_days"], rules)
    return DueTime(
        due_at=ticket.due_at,
        warn_at=ticket.warn_at,
        counted_from=ticket.dispatched_at,
        working_days=limit["working_days"],
        hours=limit["hours"],
        source=limit["source"],
        days=counted,
    )


def _counted_days(start: datetime, working_days: int | None, rules: Rules) -> tuple[date, ...]:
    first = start.astimezone(rules.zone).date()
    later = (first + timedelta(days=n) for n in range(1, _MOST_DAYS))
    working = [day for day in later if rules.calendar.is_working_day(day)]
    return tuple(working[: working_days or 0])
