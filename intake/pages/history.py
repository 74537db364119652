"""A ticket's log in the words of the staff's timeline, newest first. No reading."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from intake.pages.filters import code_word, county_name, short_instant, skill_name, unit_name
from intake.pages.words import say
from shared.domain.events import EventKind
from shared.domain.terms import HolderKind, Role
from shared.reads.files import FileView
from shared.reads.tickets import TimelineEntry

_SHOWN_TEXTS = (
    "public",
    "report",
    "internal",
    "no_contact",
    "basis",
    "reason",
    "why",
    "said",
    "supplement",
    "note",
    "error",
)
_STYLES = {EventKind.WARNED: "yellow", EventKind.OVERDUE: "red"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One event: what, by whom, when, and the texts that came with it."""

    seq: int
    style: str
    title: str
    about: str
    at: str
    texts: list[tuple[str, str]]
    files: tuple[FileView, ...] = ()


def history(timeline: tuple[TimelineEntry, ...]) -> list[Moment]:
    """Return the timeline; the newest entry is the present one."""
    moments = [_moment(entry) for entry in timeline]
    return [_as_newest(moments[0]), *moments[1:]] if moments else []


def who(entry: TimelineEntry) -> str:
    """Return who did it: a name, else the role."""
    match entry.actor_role:
        case Role.ROUTER:
            return say("ticket.by.router")
        case Role.TIME:
            return say("ticket.by.time")
        case Role.CALLER:
            return say("ticket.by.caller")
    name = entry.actor_name or code_word(entry.actor_role, "role")
    if entry.behalf_name:
        name = say("absence.behalf", name=name, absent=entry.behalf_name)
    return f"{name} · {unit_name(entry.actor_unit)}" if entry.actor_unit else name


def _moment(entry: TimelineEntry) -> Moment:
    texts = [(say(f"text.{part}"), entry.texts[part]) for part in _SHOWN_TEXTS if part in entry.texts]
    about = " · ".join(part for part in (who(entry), _details(entry)) if part)
    return Moment(
        entry.seq, _STYLES.get(entry.kind, ""), _title(entry), about, short_instant(entry.at), texts, entry.files
    )


def _as_newest(moment: Moment) -> Moment:
    style = moment.style or "now"
    return replace(moment, style=style)


def _title(entry: TimelineEntry) -> str:
    word, changes = code_word(entry.kind, "event"), entry.changes
    if changes.get("holder_kind") == HolderKind.UNIT and changes.get("holder_id"):
        return f"{word} → {unit_name(changes['holder_id'])}"
    if changes.get("holder_kind") == HolderKind.SEAT:
        return f"{word} → {skill_name(changes.get('holder_id'))}"
    if entry.kind is EventKind.CLOSED and changes.get("end_reason"):
        return f"{word}：{code_word(changes['end_reason'], 'end_reason')}"
    if entry.kind in (EventKind.FOLLOWED_UP, EventKind.CONFIRMED) and entry.facts.get("result"):
        return f"{word}：{code_word(entry.facts['result'], 'result')}"
    return word


def _details(entry: TimelineEntry) -> str:
    facts = entry.facts
    match entry.kind:
        case EventKind.FOLLOWED_UP | EventKind.CONFIRMED:
            ratings = [facts.get("call_rating"), facts.get("matter_rating")]
            call, matter = (say(f"rating.{rating}") if rating else "–" for rating in ratings)
            return say("ticket.stars", call=call, matter=matter) if any(ratings) else ""
        case EventKind.RETURN_REQUESTED if facts.get("proposed_unit"):
            return say("ticket.proposed", unit=unit_name(facts["proposed_unit"]))
        case _ if facts.get("stage"):
            due = say("ticket.due.at", at=short_instant(datetime.fromisoformat(facts["due_at"])))
            return f"{code_word(facts['stage'], 'stage')} · {due}"
        case EventKind.RECOUNTED:
            return "，".join(_moved(stage, before, entry) for stage, before in facts["before"]["due"].items())
        case EventKind.AMENDED:
            before = facts.get("before", {})
            return "，".join(_amended(name, value) for name, value in entry.changes.items() if name in before)
    return ""


def _moved(stage: str, before: str, entry: TimelineEntry) -> str:
    clock = entry.changes["clocks"][stage]
    instants = (before, clock["due_at"] if clock else None)
    was, is_now = (short_instant(datetime.fromisoformat(at)) if at else "–" for at in instants)
    return f"{code_word(stage, 'stage')}：{was} → {is_now}"


def _amended(name: str, value: Any) -> str:
    match name:
        case "nature" | "urgency":
            shown = code_word(value, name)
        case "county":
            shown = county_name(value)
        case "accused_unit":
            shown = unit_name(value)
        case _:
            shown = say("field.yes" if value else "field.no")
    return f"{say(f'field.{name}')} → {shown}"
