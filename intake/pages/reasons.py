"""The router's decision in words for staff: who could have it and why, who not and why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.pages.filters import duty_name, skill_name, unit_name
from intake.pages.preferences import is_english
from intake.pages.words import say
from intake.stores import rules
from shared.domain.terms import HolderKind

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One candidate of the router's decision, with names."""

    act: str
    code: str
    name: str
    duty: str
    score: float
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    co_handlers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A unit that the words led to and that must not or cannot have it."""

    name: str
    duty: str
    reason: str


def suggestions(decision: Mapping[str, Any] | None) -> list[Suggestion]:
    """Return the best three candidates. Decisions made before there were reasons against have none."""
    return [_suggestion(candidate) for candidate in (decision["candidates"] if decision else [])[:_SHOWN]]


def _suggestion(candidate: Mapping[str, Any]) -> Suggestion:
    is_seat = candidate["holder_kind"] == HolderKind.SEAT
    return Suggestion(
        act="send_to_seat" if is_seat else "dispatch",
        code=candidate["holder_id"],
        name=(skill_name if is_seat else unit_name)(candidate["holder_id"]),
        duty=duty_name(candidate["duty"]),
        score=candidate["score"],
        reasons=tuple(candidate["reasons"]),
        against=tuple(candidate.get("against", ())),
        co_handlers=tuple(unit_name(code) for code in candidate.get("co_handlers", ())),
    )


def ruled_out(decision: Mapping[str, Any] | None) -> list[RuledOut]:
    """Return who was ruled out, as the decision says; `*.police` is a kind of bureau that the place does not have."""
    return [
        RuledOut(_named(one["unit"]), duty_name(one["duty"]), one["reason"])
        for one in (decision or {}).get("ruled_out", ())
    ]


def _named(unit: str) -> str:
    return say("ticket.why.bureau") if unit.startswith("*.") else unit_name(unit)


def referral(decision: Mapping[str, Any] | None) -> str:
    """Return what the caller must be told at once, empty when nothing."""
    found = rules().referrals.get((decision or {}).get("referral") or "")
    if found is None:
        return ""
    return say("ticket.why.referral", text=found.text_en if is_english() else found.text)
