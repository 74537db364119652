"""A ticket in plain words for its caller, from the city's wording; pages and API say the same. No I/O."""

from datetime import datetime
from typing import Any

from shared.domain.labels import EVENTS, HOLDERS
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket
from shared.reads.tickets import TicketView, TimelineEntry

_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS_EN += ("August", "September", "October", "November", "December")


def unit_name(code: str | None, rules: Rules, *, english: bool = False) -> str:
    """Return a unit's name, the code where the pack no longer knows it."""
    unit = rules.units.get(code or "")
    if unit is None:
        return code or ""
    return unit.name_en if english else unit.name


def holder_in_words(ticket: Ticket, rules: Rules, *, english: bool = False) -> str:
    """Return who has the ticket now."""
    if ticket.holder_kind is HolderKind.UNIT:
        return unit_name(ticket.holder_id, rules, english=english)
    if ticket.holder_kind is HolderKind.SEAT and ticket.holder_id in rules.skills:
        skill = rules.skills[ticket.holder_id]
        return f"Expert seat: {skill.name_en}" if english else f"{skill.name}专家座席"
    label = HOLDERS[ticket.holder_kind]
    hotline = HolderKind.ROUTER, HolderKind.TRIAGE, HolderKind.FOLLOW_UP
    if ticket.holder_kind in hotline:
        return "12345 hotline" if english else "12345 热线"
    return label.en if english else label.zh


def step_in_words(entry: TimelineEntry, rules: Rules, *, english: bool = False) -> str:
    """Return one step as a sentence for the caller."""
    due_at = entry.facts.get("due_at")
    wording = rules.wording.get(f"{entry.kind.value}_without_due") if due_at is None else None
    wording = wording or rules.wording.get(entry.kind.value)
    label = EVENTS[entry.kind]
    if wording is None:
        return label.en if english else label.zh
    sentence = wording[1] if english else wording[0]
    unit = _who(entry, rules, english) or ("the department" if english else "承办单位")
    due = instant_in_words(datetime.fromisoformat(due_at), rules, english=english) if due_at else ""
    return sentence.replace("{unit}", unit).replace("{due}", due)


def _who(entry: TimelineEntry, rules: Rules, english: bool) -> str:
    skill = rules.skills.get(entry.facts.get("holder_id") or "")
    if skill is not None and entry.facts.get("holder_kind") == HolderKind.SEAT:
        return skill.name_en if english else skill.name
    return unit_name(entry.facts.get("unit"), rules, english=english)


def instant_in_words(instant: datetime, rules: Rules, *, english: bool = False) -> str:
    """Return an instant as it is said: `10 月 12 日（星期一）17:30`, in the city's zone."""
    local = instant.astimezone(rules.zone)
    if english:
        return f"{_DAYS_EN[local.weekday()]}, {local.day} {_MONTHS_EN[local.month - 1]}, {local:%H:%M}"
    return f"{local.month} 月 {local.day} 日（星期{'一二三四五六日'[local.weekday()]}）{local:%H:%M}"


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
        }
        for entry in view.timeline
    ]
