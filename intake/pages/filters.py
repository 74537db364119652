"""What every template may call: words, codes' words, instants and names in the reader's language."""

from datetime import datetime
from typing import Any

from flask import Flask, g

from intake.pages.preferences import is_english, preferences, with_choice
from intake.pages.words import WORDS, refusal, say, word
from intake.plain_words import holder_in_words
from intake.reveal import needs_proof
from intake.stores import rules
from shared.domain import labels
from shared.domain.numbers import in_fours
from shared.domain.wording import instant_in_words
from shared.settings import settings

_DAYS = (
    ("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"),
    ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"),
)  # fmt: skip
_TABLES = {
    "state": labels.STATES,
    "public_state": labels.PUBLIC_STATES,
    "nature": labels.NATURES,
    "urgency": labels.URGENCIES,
    "channel": labels.CHANNELS,
    "role": labels.ROLES,
    "event": labels.EVENTS,
    "result": labels.FOLLOW_UP_RESULTS,
    "end_reason": labels.END_REASONS,
    "holder": labels.HOLDERS,
    "stage": labels.STAGES,
}


def install(app: Flask, surface: str) -> None:
    """Give the app's templates their filters and globals."""
    names = (unit_name, county_name, skill_name, duty_name, code_word)
    for filtering in (in_fours, in_fives, spoken, short_instant, short_day, *names):
        app.add_template_filter(filtering)
    app.add_template_filter(word, "word")
    app.add_template_global(say, "t")
    app.add_template_global(with_choice)
    app.add_template_global(refusal)
    app.add_template_global(holder_name)
    app.add_template_global(needs_proof)
    app.context_processor(lambda: _context(surface))


def in_fives(code: str) -> str:
    """Return a pick-up code as it is shown and read: `7K4M9 2XD5H`."""
    return f"{code[:5]} {code[5:]}"


def spoken(at: datetime) -> str:
    """Return an instant as citizens read it."""
    return word(instant_in_words(at, rules().zone))


def short_instant(at: datetime) -> str:
    """Return an instant as staff read it: `10-12 周一 10:30`."""
    return f"{short_day(at)} {at.astimezone(rules().zone):%H:%M}"


def short_day(at: datetime) -> str:
    """Return a day as staff read it: `10-12 周一`."""
    local = at.astimezone(rules().zone)
    return f"{local:%m-%d} {_DAYS[local.weekday()][is_english()]}"


def unit_name(code: str | None) -> str:
    """Return a unit's name; the code where the pack no longer knows it."""
    unit = rules().units.get(code or "")
    if unit is None:
        return code or ""
    return unit.name_en if is_english() else unit.name


def county_name(code: str | None) -> str:
    """Return the name of a district or county."""
    return rules().county_names.get(code or "", (code or "",) * 2)[is_english()]


def skill_name(code: str | None) -> str:
    """Return the name of an expert queue."""
    skill = rules().skills.get(code or "")
    if skill is None:
        return code or ""
    return skill.name_en if is_english() else skill.name


def duty_name(code: str | None) -> str:
    """Return the name of a line of the catalogue."""
    duty = rules().duties.get(code or "")
    if duty is None:
        return code or ""
    return duty.name_en if is_english() else duty.name


def code_word(code: str, table: str) -> str:
    """Return the word of a code, e.g. `ticket.state | code_word('state')`; an unknown code as it is."""
    label: Any = _TABLES[table].get(code)  # type: ignore[attr-defined]
    return code if label is None else word(label)


def holder_name(ticket: Any) -> str:
    """Return who has a ticket now, in the reader's language."""
    return holder_in_words(ticket, rules(), english=is_english())


def _context(surface: str) -> dict[str, Any]:
    city = rules()
    return {
        "english": is_english(),
        "preferences": preferences(),
        "settings": settings(),
        "surface": surface,
        "city_name": city.name_en if is_english() else city.name,
        "words": WORDS,
        "viewer": g.get("viewer"),
        "staff": g.get("staff"),
    }
