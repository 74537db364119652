"""The forms of the acts: which fields each has and how they are shown. What is accepted is `intake.forms`' business."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from intake.pages.options import Options, counties, of_table, skills, unit_code
from intake.pages.words import say
from shared.domain.labels import END_REASONS, FOLLOW_UP_RESULTS, NATURES, URGENCIES
from shared.domain.terms import EndReason, Role, State
from shared.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `kind` names the template's macro; `options` are offered where something is chosen."""

    name: str
    kind: str  # area, line, unit, pick, radio, rating, tick, files
    required: bool = False
    options: Callable[[], Options] | None = None


def _yes_or_no() -> Options:
    return [("true", say("field.yes")), ("false", say("field.no"))]


def _ratings() -> Options:
    return [(str(rating), say(f"rating.{rating}")) for rating in range(5, 0, -1)]


_NATURE = Field("nature", "pick", options=lambda: of_table(NATURES))
_URGENCY = Field("urgency", "pick", options=lambda: of_table(URGENCIES))
_COUNTY = Field("county", "pick", options=counties)
_REASON = Field("reason", "area", required=True)
_FILES = Field("files", "files")
_INNER_FILES = Field("inner_files", "files")
UNIT_FIELDS = ("unit", "proposed_unit", "accused_unit")

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "answer_directly": (Field("public", "area", required=True), _FILES),
    "not_accept": (Field("public", "area", required=True), _FILES),
    "dispatch": (Field("unit", "unit", required=True), _NATURE, _URGENCY, _COUNTY, Field("reason", "area")),
    "send_to_seat": (Field("skill", "pick", required=True, options=skills), Field("reason", "area")),
    "send_to_triage": (Field("why", "area", required=True),),
    "recall": (_REASON,),
    "redispatch": (Field("unit", "unit", required=True), _REASON),
    "sign": (),
    "take": (),
    "hand_over": (Field("staff_id", "pick", required=True),),
    "contact": (Field("note", "area"), _INNER_FILES),
    "report": (Field("public", "area", required=True), _FILES),
    "return": (Field("basis", "line", required=True), _REASON, Field("proposed_unit", "unit")),
    "reply": (
        Field("public", "area", required=True),
        Field("internal", "area", required=True),
        Field("contacted", "tick"),
        Field("no_contact", "line"),
        _FILES,
        _INNER_FILES,
    ),
    "approve": (),
    "send_back": (_REASON,),
    "resolve": (),
    "follow_up": (
        Field("result", "radio", required=True, options=lambda: of_table(FOLLOW_UP_RESULTS)),
        Field("call_rating", "rating", options=_ratings),
        Field("matter_rating", "rating", options=_ratings),
        Field("note", "area"),
    ),
    "redo": (_REASON,),
    "close": (Field("end_reason", "pick", required=True),),
    "withdraw": (Field("reason", "area"),),
    "amend": (
        _NATURE,
        _URGENCY,
        _COUNTY,
        Field("confidential", "pick", options=_yes_or_no),
        Field("hidden_identity", "pick", options=_yes_or_no),
        Field("accused_unit", "unit"),
        _REASON,
    ),
    "supplement": (Field("text", "area", required=True), _FILES),
    "urge": (Field("note", "area"),),
    "renew_code": (Field("reason", "line", required=True),),
    "reveal": (Field("reason", "line", required=True),),
}
KEYS: Mapping[str, str] = {
    "sign": "s",
    "reply": "r",
    "return": "b",
    "hand_over": "a",
    "follow_up": "r",
    "dispatch": "d",
}
# Which act is the one thing to do next; the first legal one owns the page's primary button.
FIRST = ("sign", "take", "approve", "resolve", "reply", "follow_up", "dispatch", "answer_directly", "close")
_ENDS = {
    State.RESOLVED: (EndReason.SOLVED, EndReason.ANSWERED, EndReason.UNREACHABLE),
    State.WITHDRAWN: (EndReason.WITHDRAWN,),
    State.NOT_ACCEPTED: (EndReason.NOT_ACCEPTED,),
}


def end_reasons(ticket: Ticket) -> Options:
    """Return the reasons for closing that are true in the ticket's state."""
    return of_table({reason: END_REASONS[reason] for reason in _ENDS.get(ticket.state, ())})


def with_unit_codes(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return a form with the names of units replaced by their codes."""
    return {name: unit_code(value) if name in UNIT_FIELDS else value for name, value in typed.items()}


def in_order(acts: list[str], role: Role) -> tuple[str | None, list[str]]:
    """Return the act to do first, and the others in the order of the buttons. An expert is there to answer."""
    order = ("take", "answer_directly") if role is Role.EXPERT else FIRST
    first = next((act for act in order if act in acts), None)
    return first, [act for act in acts if act != first]
