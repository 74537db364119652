"""A ticket in plain words for its caller; pages and API say the same. The sentences are `shared.domain.wording`'s."""

from datetime import datetime
from typing import Any

from shared.domain import wording
from shared.domain.labels import EVENTS, HOLDERS, Label
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket
from shared.reads.tickets import TicketView, TimelineEntry

_HOTLINE = Label("12345 热线", "12345 hotline")


def unit_name(code: str | None, rules: Rules, *, english: bool = False) -> str:
    """Return a unit's name, the code where the pack no longer knows it."""
    unit = rules.units.get(code or "")
    if unit is None:
        return code or ""
    return unit.name_en if english else unit.name


def holder_in_words(ticket: Ticket, rules: Rules, *, english: bool = False) -> str:
    """Return who has the ticket now."""
    match ticket.holder_kind:
        case HolderKind.UNIT:
            return unit_name(ticket.holder_id, rules, english=english)
        case HolderKind.SEAT if ticket.holder_id in rules.skills:
            skill = rules.skills[ticket.holder_id]
            return f"Expert seat: {skill.name_en}" if english else f"{skill.name}专家座席"
        case HolderKind.ARCHIVE:
            return _one(HOLDERS[HolderKind.ARCHIVE], english)
        case _:
            return _one(_HOTLINE, english)


def step_in_words(entry: TimelineEntry, rules: Rules, *, english: bool = False) -> str:
    """Return one step as a sentence for the caller."""
    facts = entry.facts
    at_seat = facts.get("holder_kind") == HolderKind.SEAT
    holder = facts.get("holder_id") if at_seat else facts.get("unit")
    promised = facts.get("promised_at")
    sentence = wording.public_sentence(
        rules, entry.kind, holder, datetime.fromisoformat(promised) if promised else None
    )
    return _one(sentence or EVENTS[entry.kind], english)


def instant_in_words(instant: datetime, rules: Rules, *, english: bool = False) -> str:
    """Return an instant as it is said, in the city's zone."""
    return _one(wording.instant_in_words(instant, rules.zone), english)


def steps_in_words(view: TicketView, rules: Rules) -> list[dict[str, Any]]:
    """Return the timeline as the API shows it to the caller, newest first."""
    return [
        {
            "seq": entry.seq,
            "kind": entry.kind.value,
            "at": entry.at,
            "text": step_in_words(entry, rules),
            "text_en": step_in_words(entry, rules, english=True),
            "answer": entry.texts.get("public"),
            "files": entry.files,
        }
        for entry in view.timeline
    ]


def _one(label: Label, english: bool) -> str:
    return label.en if english else label.zh
