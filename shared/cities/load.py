"""Loading a city's pack 城市包 from its folder: read, check all of it, or raise everything that is wrong at once."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from shared.cities.bodies import read_aliases, read_counties, read_skills, read_units
from shared.cities.catalogue import Known, read_duties, read_lexicon, read_limits, read_referrals
from shared.cities.pack_file import read_pack_file
from shared.cities.problems import PackError, Problems
from shared.cities.streets import read_streets
from shared.cities.subjects import read_categories, read_lines
from shared.cities.yaml_reader import FILE
from shared.domain.rules import Rules

SHEETS = (
    "aliases.csv", "categories.csv", "counties.csv", "duties.csv", "lexicon.csv",
    "limits.csv", "lines.csv", "referrals.csv", "skills.csv", "streets.csv", "units.csv",
)  # fmt: skip
PACKS = Path(__file__).parent
_CITY = re.compile(r"[a-z][a-z0-9_]{0,30}")


@cache
def load_city(city: str, folder: Path | None = None) -> Rules:
    """Return the rules of `city` from its pack's folder (default: the one shipped here); PackError if unusable."""
    if not _CITY.fullmatch(city):
        raise PackError((f"'{city}' cannot be the name of a city's pack",))
    folder = folder or PACKS / city
    if not folder.is_dir():
        raise PackError((f"there is no pack for the city '{city}'",))
    problems = Problems()
    pack = read_pack_file(folder, problems)
    counties = read_counties(folder, problems)
    offices = read_units(folder, counties, problems)
    streets = read_streets(folder, counties, offices, problems)
    units = {**offices, **streets.units}
    skills = read_skills(folder, problems)
    categories, lines = read_categories(folder, problems), read_lines(folder, units, problems)
    duties = read_duties(folder, Known(units, skills, categories), problems)
    limits, lexicon = read_limits(folder, problems), read_lexicon(folder, problems)
    aliases, referrals = read_aliases(folder, units, problems), read_referrals(folder, problems)
    if pack and pack.city != city:
        problems.add(FILE, None, f"is the pack of '{pack.city}', not of '{city}'")
    if pack is None or problems.found:
        raise PackError(tuple(problems.found))
    return Rules(
        city=city, name=pack.name, name_en=pack.name_en, zone=pack.zone, version=f"{pack.version}+{_digest(folder)}",
        calendar=pack.calendar, units=units, counties=streets.places, skills=skills, duties=duties, limits=limits,
        policy=pack.policy, lexicon=lexicon, wording=pack.words.wording, aliases=aliases, referrals=referrals,
        county_names=counties.names, states=pack.words.states, notices=pack.words.notices, ladder=pack.words.ladder,
        weights=pack.words.weights, categories=categories, lines=lines,
    )  # fmt: skip


def _digest(folder: Path) -> str:
    """Two packs of one declared version are told apart: decisions must name exactly what they were made with."""
    whole = sha256()
    for name in (FILE, *SHEETS):
        whole.update(name.encode() + b"\0" + sha256((folder / name).read_bytes()).digest())
    return whole.hexdigest()[:8]
