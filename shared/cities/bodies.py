"""The sheets that say who there is: counties, units, aliases, skills."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.rules import Skill, Unit
from shared.domain.terms import UnitKind

COUNTY_DIGITS = 6
MIN_PHRASE = 2  # one character alone stands in too many words


def take(code: str, row: Row, seen: Mapping[str, object]) -> bool:
    """Tell whether `code` may be added, and complain when it is empty or taken."""
    if code in seen:
        row.say(f"'{code}' is already in this sheet")
    return bool(code) and code not in seen


@dataclass(frozen=True, slots=True)
class Counties:
    """The counties 区（市）县 by code: what each is called, and all names and places that mean it, longest first."""

    names: Mapping[str, tuple[str, str]]
    places: Mapping[str, tuple[str, ...]]
    divisions: Mapping[str, str]


def read_counties(folder: Path, problems: Problems) -> Counties:
    """Return the counties; a place of two counties would be a silent guess: refused."""
    titles: dict[str, tuple[str, str]] = {}
    places: dict[str, tuple[str, ...]] = {}
    divisions: dict[str, str] = {}
    owner: dict[str, str] = {}
    for row in read_sheet(folder / "counties.csv", ("code", "name", "name_en", "division", "places"), problems):
        code, title = row.required("code"), (row.required("name"), row.required("name_en"))
        names = (title[0], *row.many("places"))
        for name in filter(None, names):
            if len(name) < MIN_PHRASE:
                row.say(f"place '{name}' is shorter than {MIN_PHRASE} characters")
            if owner.setdefault(name, code) != code:
                row.say(f"place '{name}' also stands for county '{owner[name]}'")
        if take(code, row, places):
            titles[code] = title
            places[code] = longest_first(names)
            if division := read_division(row, COUNTY_DIGITS, divisions.values()):
                divisions[code] = division
    return Counties(titles, places, divisions)


def longest_first(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names once each: of two that overlap the longer says more."""
    return tuple(sorted(dict.fromkeys(names), key=lambda name: (-len(name), name)))


def read_division(row: Row, digits: int, taken: Iterable[str]) -> str | None:
    """Return the statistical code 统计用区划代码, None where the cell is empty: a zone has none."""
    division = row.text("division")
    if division is None:
        return None
    if not (division.isascii() and division.isdigit() and len(division) == digits):
        row.say(f"division '{division}' is not {digits} digits")
        return None
    if division in taken:
        row.say(f"division '{division}' is already in this sheet")
    return division


def read_units(folder: Path, counties: Counties, problems: Problems) -> dict[str, Unit]:
    """Return the units. Every county must have exactly one of kind `county`, its fall-back owner 属地兜底."""
    units: dict[str, Unit] = {}
    rows: list[tuple[Row, Unit]] = []
    columns = ("code", "name", "name_en", "kind", "parent", "county", "email")
    for row in read_sheet(folder / "units.csv", columns, problems):
        code, kind = row.required("code"), row.choice("kind", UnitKind, UnitKind.DEPARTMENT)
        county, names = row.text("county"), (row.required("name"), row.required("name_en"))
        division = counties.divisions.get(county or "") if kind is UnitKind.COUNTY else None
        unit = Unit(code, *names, kind, row.text("parent"), county, row.text("email"), division)
        if county and county not in counties.places:
            row.say(f"county '{county}' is in no line of counties.csv")
        if county and not code.startswith(f"{county}."):
            row.say(f"the code of a unit of county '{county}' must begin with '{county}.'")
        if not county and ("." in code or kind in (UnitKind.COUNTY, UnitKind.COUNTY_BUREAU)):
            row.say(f"'{code}' needs its county")
        if take(code, row, units):
            units[code] = unit
            rows.append((row, unit))
    for row, unit in rows:
        _check_parents(row, unit, units)
    if rows:
        _check_owners(units, counties.places, problems)
    return units


def _check_parents(row: Row, unit: Unit, units: Mapping[str, Unit]) -> None:
    seen = {unit.code}
    while unit.parent:
        if unit.parent not in units:
            row.say(f"parent '{unit.parent}' is in no line of units.csv")
            return
        if unit.parent in seen:
            row.say(f"'{row.cells['code']}' is its own parent through '{unit.parent}'")
            return
        seen.add(unit.parent)
        unit = units[unit.parent]


def _check_owners(units: Mapping[str, Unit], counties: Mapping[str, object], problems: Problems) -> None:
    for county in counties:
        owners = [unit.code for unit in units.values() if unit.kind is UnitKind.COUNTY and unit.county == county]
        if len(owners) != 1:
            found = ", ".join(owners) or "none"
            problems.add("units.csv", None, f"county '{county}' needs exactly one unit of kind county; found {found}")
    if not any(unit.kind is UnitKind.DISCIPLINE and unit.county is None for unit in units.values()):
        problems.add("units.csv", None, "the city needs a unit of kind discipline for complaints about staff")


def read_skills(folder: Path, problems: Problems) -> dict[str, Skill]:
    """Return the skills an expert seat can have."""
    skills: dict[str, Skill] = {}
    for row in read_sheet(folder / "skills.csv", ("code", "name", "name_en"), problems):
        code = row.required("code")
        if take(code, row, skills):
            skills[code] = Skill(code, row.required("name"), row.required("name_en"))
    return skills


def read_aliases(folder: Path, units: Mapping[str, Unit], problems: Problems) -> dict[str, tuple[str, ...]]:
    """Return what people call units, each with the units it may mean, nearest first."""
    aliases: dict[str, tuple[str, ...]] = {}
    for row in read_sheet(folder / "aliases.csv", ("alias", "units"), problems):
        alias, meant = row.required("alias"), row.many("units")
        if len(alias) < MIN_PHRASE:
            row.say(f"alias '{alias}' is shorter than {MIN_PHRASE} characters")
        for code in meant:
            check_unit(code, row, units)
        if take(alias, row, aliases):
            aliases[alias] = meant
    return aliases


def meant_by(code: str, units: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """Return the units a reference can mean: one, or with `*.<suffix>` each county's bureau."""
    if not code.startswith("*."):
        return (units[code],) if code in units else ()
    end = code[1:]  # looked at first: a pack asks this a thousand times
    bureaus = (unit for unit in units.values() if unit.code.endswith(end))
    return tuple(unit for unit in bureaus if unit.county and unit.code == f"{unit.county}{end}")


def check_unit(code: str, row: Row, units: Mapping[str, Unit]) -> None:
    """Complain about a unit, or a `*.<suffix>` for the bureau of the county, that does not exist."""
    if code and not meant_by(code, units):
        row.say(
            f"no county has a unit '{code}' in units.csv"
            if code.startswith("*.")
            else f"unit '{code}' is in no line of units.csv"
        )
