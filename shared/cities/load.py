"""Loading a city's pack 城市包 from its folder: read, check all of it, or raise everything that is wrong at once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from shared.cities.bodies import read_aliases, read_counties, read_skills, read_units
from shared.cities.catalogue import Known, read_duties, read_lexicon, read_referrals
from shared.cities.landmarks import COMMUNITIES, LANDMARKS, read_communities, read_landmarks
from shared.cities.pack_file import STATE_COUNCIL, PackFile, read_pack_file
from shared.cities.problems import PackError, Problems
from shared.cities.streets import read_streets
from shared.cities.subjects import read_categories, read_lines
from shared.cities.time_limits import CALENDAR, LIMITS, PROFILE, PROFILES, read_days, read_limits, state_council_days
from shared.cities.yaml_reader import FILE
from shared.domain.calendar import CalendarError, WorkingCalendar
from shared.domain.rules import Rules

SHEETS = (
    "aliases.csv", "categories.csv", "counties.csv", "duties.csv", "lexicon.csv",
    "lines.csv", "referrals.csv", "skills.csv", "streets.csv", "units.csv",
)  # fmt: skip
PACKS = Path(__file__).parent
_ALL = (FILE, *SHEETS, LANDMARKS, COMMUNITIES, LIMITS, PROFILE, CALENDAR)
_CITY = re.compile(r"[a-z][a-z0-9_]{0,30}")


@cache
def load_city(city: str, folder: Path | None = None) -> Rules:
    """Return the rules of `city` from its pack's folder (default: the one shipped here); PackError if unusable."""
    return read_pack(city, files_of(city, folder))


def files_of(city: str, folder: Path | None = None) -> dict[str, bytes]:
    """Return a pack's files by name, completed by the profile of limits and the calendar that `pack.yaml` names."""
    if not _CITY.fullmatch(city):
        raise PackError((f"'{city}' cannot be the name of a city's pack",))
    folder = folder or PACKS / city
    if not folder.is_dir():
        raise PackError((f"there is no pack for the city '{city}'",))
    files = {name: (folder / name).read_bytes() for name in _ALL if (folder / name).is_file()}
    try:
        said = yaml.safe_load(files.get(FILE, b""))
    except yaml.YAMLError:
        return files  # reading it again will say on which line
    named = said if isinstance(said, dict) else {}
    profile = PROFILES / f"{named.get('limits_profile')}.csv"
    if PROFILE not in files and profile.parent == PROFILES and profile.is_file():
        files[PROFILE] = profile.read_bytes()
    if CALENDAR not in files and named.get("holidays") == STATE_COUNCIL:
        files[CALENDAR] = state_council_days().encode()
    return files


def read_pack(city: str, files: Mapping[str, bytes]) -> Rules:
    """Return the rules that a pack's files give; PackError with all that is wrong if unusable."""
    with TemporaryDirectory(prefix="pack-") as place:
        for name, content in files.items():
            Path(place, name).write_bytes(content)
        return _read(city, Path(place), digest_of(files))


def _read(city: str, folder: Path, digest: str) -> Rules:
    problems = Problems()
    pack = read_pack_file(folder, problems)
    counties = read_counties(folder, problems)
    offices = read_units(folder, counties, problems)
    streets = read_streets(folder, counties, offices, problems)
    units = {**offices, **streets}
    landmarks = read_landmarks(folder, counties, streets, problems)
    communities = read_communities(folder, streets, problems)
    skills = read_skills(folder, problems)
    categories, lines = read_categories(folder, problems), read_lines(folder, units, problems)
    duties = read_duties(folder, Known(units, skills, categories), problems)
    lexicon = read_lexicon(folder, problems)
    aliases, referrals = read_aliases(folder, units, problems), read_referrals(folder, problems)
    classes = frozenset(duty.limit_class for duty in duties.values() if duty.limit_class)
    sheets = [folder / name for name in (LIMITS, PROFILE) if (folder / name).is_file()]
    limits = read_limits(sheets or [folder / LIMITS], classes, problems)
    if pack and pack.city != city:
        problems.add(FILE, None, f"is the pack of '{pack.city}', not of '{city}'")
    for code in pack.policy.approval_units if pack else ():
        if code not in units:
            problems.add(FILE, None, f"policy.approval_units: there is no unit '{code}'")
    calendar = _calendar(folder / CALENDAR, pack, problems) if pack else None
    if pack is None or calendar is None or problems.found:
        raise PackError(tuple(problems.found))
    return Rules(
        city=city, name=pack.name, name_en=pack.name_en, zone=pack.zone, version=f"{pack.version}+{digest}",
        calendar=calendar, units=units, counties=counties.places, skills=skills, duties=duties, limits=limits,
        policy=pack.policy, lexicon=lexicon, wording=pack.words.wording, aliases=aliases, referrals=referrals,
        county_names=counties.names, states=pack.words.states, notices=pack.words.notices, texts=pack.words.texts,
        ladder=pack.words.ladder, weights=pack.words.weights, categories=categories, lines=lines,
        landmarks=landmarks, communities=communities,
    )  # fmt: skip


def _calendar(sheet: Path, pack: PackFile, problems: Problems) -> WorkingCalendar:
    if not pack.has_notices:
        return pack.calendar
    days = read_days(sheet, pack.make_up, problems, pack.calendar)
    try:
        return replace(pack.calendar, days=days, official_years=frozenset(on.year for on in days))
    except CalendarError as error:
        problems.add(CALENDAR, None, str(error))
        return pack.calendar


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return what tells packs of one declared version apart: decisions must name exactly what they were made with."""
    whole = sha256()
    for name in sorted(files):
        whole.update(name.encode() + b"\0" + sha256(files[name]).digest())
    return whole.hexdigest()[:8]
