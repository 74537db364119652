"""The sheets that say what belongs to whom: duties, lexicon, referrals."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.cities.bodies import MIN_PHRASE, check_unit, meant_by, take
from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.levels import may_take
from shared.domain.rules import Category, Duty, Referral, Skill, Unit
from shared.domain.terms import Level, Nature, Urgency

DUTY_COLUMNS = (
    "code", "name", "name_en", "category", "unit", "city_unit", "co_handlers", "level", "nature", "urgency", "skill",
    "limit_class", "words", "against",
)  # fmt: skip
# The kinds of words the router knows how to use; one that is missing would switch a rule off unseen.
LEXICON_KINDS = (
    "negation", "hypothetical", "abstract", "present", "praise", "consultation", "question", "complaint", "fault",
    "report", "suggestion", "help", "official", "private", "address", "misconduct", "rudeness",
)  # fmt: skip
DIALECT, MEANS = "dialect", "="
_MAY_BE_MISSING = (DIALECT, "denial", "either")  # a city without them loses nothing but their help
NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True, slots=True)
class Known:
    """What a line of the catalogue may name, by code."""

    units: Mapping[str, Unit]
    skills: Mapping[str, Skill]
    categories: Mapping[str, Category]


def read_duties(folder: Path, known: Known, problems: Problems) -> dict[str, Duty]:
    """Return the dispatch catalogue 派单目录."""
    duties: dict[str, Duty] = {}
    for row in read_sheet(folder / "duties.csv", DUTY_COLUMNS, problems):
        words, against = row.weighted("words"), row.many("against")
        _check_words(tuple(phrase for phrase, _ in words), against, row)
        duty = Duty(
            row.required("code"), row.required("name"), row.required("name_en"), row.required("unit"), words, against,
            row.choice("nature", Nature, Nature.HELP), row.choice("urgency", Urgency, Urgency.NORMAL),
            row.text("skill"), row.text("city_unit"), row.required("category"), row.many("co_handlers"),
            row.choice("level", Level, Level.STREET), row.text("limit_class"),
        )  # fmt: skip
        if duty.skill and duty.skill not in known.skills:
            row.say(f"skill '{duty.skill}' is in no line of skills.csv")
        if duty.category and duty.category not in known.categories:
            row.say(f"category '{duty.category}' is in no line of categories.csv")
        _check_units(duty, row, known.units)
        if take(duty.code, row, duties):
            duties[duty.code] = duty
    return duties


def _check_units(duty: Duty, row: Row, units: Mapping[str, Unit]) -> None:
    """The lead must exist in every county or be stood in for, and stand high enough; co-handlers must exist."""
    leads = tuple(filter(None, (duty.unit, duty.city_unit)))
    for code in (*leads, *duty.co_handlers):
        check_unit(code, row, units)
    if duty.unit.startswith("*."):
        _check_every_county(duty.unit[2:], duty.city_unit, row, units, {u.county for u in units.values() if u.county})
    elif duty.city_unit:
        row.say("column 'city_unit' is only for duties of the county's bureau (*.suffix)")
    for code in leads:
        low = next((unit for unit in meant_by(code, units) if not may_take(unit, duty)), None)
        if low:
            row.say(f"level '{duty.level}' is above that of unit '{low.code}'")
    for code in set(leads) & set(duty.co_handlers):
        row.say(f"'{code}' both leads and co-handles")


def _check_every_county(
    suffix: str, city_unit: str | None, row: Row, units: Mapping[str, Unit], counties: set[str]
) -> None:
    """A county without the bureau is fine where a city unit takes the matter; else its requests had no owner."""
    without = sorted(county for county in counties if f"{county}.{suffix}" not in units)
    if without and not city_unit:
        row.say(f"no unit '*.{suffix}' in {', '.join(without)}, and no city_unit to stand in")


def _check_words(words: tuple[str, ...], against: tuple[str, ...], row: Row) -> None:
    if not words:
        row.say("column 'words' is empty")
    for phrase in (*words, *against):
        parts = phrase.split("+")
        if "" in parts:
            row.say(f"'{phrase}' joins nothing: write parts such as 半夜+施工")
        elif len(phrase) < MIN_PHRASE:
            row.say(f"'{phrase}' is shorter than {MIN_PHRASE} characters")
    for phrase in set(words) & set(against):
        row.say(f"'{phrase}' speaks both for and against")


def read_lexicon(folder: Path, problems: Problems) -> dict[str, tuple[str, ...]]:
    """Return the router's other words by kind; a kind may take several lines."""
    lexicon: dict[str, tuple[str, ...]] = dict.fromkeys((*LEXICON_KINDS, *_MAY_BE_MISSING), ())
    rows = read_sheet(folder / "lexicon.csv", ("kind", "phrases"), problems)
    for row in rows:
        kind = row.required("kind")
        if kind not in lexicon:
            row.say(f"kind '{kind}' is not one of {', '.join(lexicon)}")
            continue
        lexicon[kind] += row.many("phrases")
        if kind == DIALECT:
            _check_dialect(row)
    for kind in LEXICON_KINDS if rows else ():
        if not lexicon[kind]:
            problems.add("lexicon.csv", None, f"has no words of kind '{kind}'")
    return lexicon


def _check_dialect(row: Row) -> None:
    """Marks in the caller's own text need equal lengths."""
    for pair in row.many("phrases"):
        said, _, meant = pair.partition(MEANS)
        if len(said) < MIN_PHRASE or len(said) != len(meant):
            row.say(f"'{pair}' is not two ways of saying it of one length, such as 咋个=怎么")


def read_referrals(folder: Path, problems: Problems) -> dict[str, Referral]:
    """Return the texts a caller is told at once: danger, and what the line may not take, with the proper route."""
    referrals: dict[str, Referral] = {}
    columns = ("code", "effect", "name", "name_en", "words", "text", "text_en")
    for row in read_sheet(folder / "referrals.csv", columns, problems):
        code, effect, words = row.required("code"), row.required("effect"), row.many("words")
        urgency = None if effect == NOT_ACCEPTED else row.choice("effect", Urgency, Urgency.CRITICAL)
        _check_words(words, (), row)
        if take(code, row, referrals):
            names = (row.required("name"), row.required("name_en"))
            referrals[code] = Referral(code, *names, words, urgency, row.required("text"), row.required("text_en"))
    return referrals
