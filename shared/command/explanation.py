"""Why a ticket is where it is and when it is due: one answer for people and machines. Holds no name and no phone."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.clocks import Clock, due_of
from shared.domain.events import EventKind
from shared.domain.rules import Rules
from shared.domain.segments import Segment, segments
from shared.domain.terms import Role, Stage
from shared.domain.ticket import Ticket
from shared.reads.tickets import TicketView, TimelineEntry

# Staff write these to staff; what callers say and are told stays on the pages, where each look is noted.
_WHYS = ("why", "reason", "basis", "error")
_LONG_DIGITS = re.compile(r"\d{5,}")


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
    """One clock of the ticket, where its limit comes from, and its way from start to due."""

    stage: Stage
    clock: Clock
    source: str
    segments: tuple[Segment, ...]


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
    dues: tuple[DueTime, ...]
    armed: tuple[Armed, ...]
    steps: tuple[Step, ...]


def explain(view: TicketView, armed: Sequence[Armed], named: Callable[[str], Rules]) -> Explanation:
    """Explain a ticket as a supervisor sees it; steps come oldest first. `named` gives the rules of a version."""
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
        dues=_dues(view.ticket, steps, named),
        armed=tuple(armed),
        steps=steps,
    )


def _step(entry: TimelineEntry) -> Step:
    whys = {part: _LONG_DIGITS.sub("…", entry.texts[part]) for part in _WHYS if part in entry.texts}
    return Step(entry.seq, entry.kind, entry.at, entry.actor_role, entry.actor_unit, whys, entry.facts, entry.changes)


def _dues(ticket: Ticket, steps: Sequence[Step], named: Callable[[str], Rules]) -> tuple[DueTime, ...]:
    sources: dict[str, tuple[str, str]] = {}
    for step in steps:
        version = step.facts.get("rules", "")
        sources |= {stage: (source, version) for stage, source in step.facts.get("limits", {}).items()}
    found = []
    for stage, clock in ticket.clocks.items():
        source, version = sources.get(stage, ("", ""))
        found.append(DueTime(stage, clock, source, segments(due_of(clock, named(version).calendar))))
    return tuple(found)
