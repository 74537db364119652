"""The sheet of streets and towns 街道（乡镇）: each is a unit of its county."""

from collections.abc import Mapping
from pathlib import Path

from shared.cities.bodies import Counties, read_division, take
from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.rules import Unit
from shared.domain.terms import UnitKind

COLUMNS = ("code", "name", "name_en", "county", "division")
STREET_DIGITS = 9


def read_streets(folder: Path, counties: Counties, units: Mapping[str, Unit], problems: Problems) -> dict[str, Unit]:
    """Return the streets of the sheet; the county is the one whose government must act, not the statistics'."""
    owners = {unit.county: unit.code for unit in units.values() if unit.kind is UnitKind.COUNTY}
    streets: dict[str, Unit] = {}
    rows: list[tuple[Row, str, str]] = []
    for row in read_sheet(folder / "streets.csv", COLUMNS, problems):
        code, county, name = row.required("code"), row.required("county"), row.required("name")
        division = read_division(row, STREET_DIGITS, [street.division or "" for street in streets.values()])
        if county not in counties.places:
            row.say(f"county '{county}' is in no line of counties.csv")
        elif not code.startswith(f"{county}."):
            row.say(f"the code of a street of county '{county}' must begin with '{county}.'")
        elif code in units:
            row.say(f"'{code}' is already in units.csv")
        elif take(code, row, streets):
            chinese, english = counties.names[county]
            names = (f"{chinese}{name}", f"{row.required('name_en')}, {english}")
            streets[code] = Unit(code, *names, UnitKind.STREET, owners.get(county), county, None, division)
            rows.append((row, county, name))
    _check_names(rows, counties)
    return streets


def _check_names(rows: list[tuple[Row, str, str]], counties: Counties) -> None:
    """Two counties may share a street's name; one county may not, nor may it be another county's place."""
    named = {place: county for county, places in counties.places.items() for place in places}
    seen: set[tuple[str, str]] = set()
    for row, county, name in rows:
        if (county, name) in seen:
            row.say(f"county '{county}' already has a street '{name}'")
        if named.get(name, county) != county:
            row.say(f"'{name}' is a place of county '{named[name]}' in counties.csv")
        seen.add((county, name))
