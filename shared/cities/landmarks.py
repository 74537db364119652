"""The sheets that may be left out: landmarks 地标 by the name people use, communities 社区（村） of each street."""

from collections.abc import Mapping
from pathlib import Path

from shared.cities.bodies import MIN_PHRASE, Counties
from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.places import Landmark
from shared.domain.rules import Unit

LANDMARKS, COMMUNITIES = "landmarks.csv", "communities.csv"
_LANDMARK_COLUMNS = ("name", "other_names", "misspelt", "county", "street")
_COMMUNITY_COLUMNS = ("street", "communities")


def read_landmarks(
    folder: Path, counties: Counties, streets: Mapping[str, Unit], problems: Problems
) -> tuple[Landmark, ...]:
    """Return the landmarks. A name said twice, or one that already means another county, would be a silent guess."""
    if not (folder / LANDMARKS).is_file():  # packs from before there were landmarks still hold
        return ()
    found: list[Landmark] = []
    owners = {name: (code,) for code, names in counties.places.items() for name in names}
    owners |= {title: (code,) for code, (title, _) in counties.names.items()}
    seen: set[str] = set()
    for row in read_sheet(folder / LANDMARKS, _LANDMARK_COLUMNS, problems):
        names, misspelt = (row.required("name"), *row.many("other_names")), row.many("misspelt")
        where, street = row.many("county"), row.text("street")
        _check_names((*names, *misspelt), where, owners, seen, row)
        if not where:
            row.say("column 'county' is empty")
        for county in where:
            if county not in counties.places:
                row.say(f"county '{county}' is in no line of counties.csv")
        if street and (street not in streets or (streets[street].county,) != where):
            row.say(f"'{street}' is no street of county '{'|'.join(where)}'")
        found.append(Landmark(names, where, street, misspelt))
    return tuple(found)


def _check_names(
    names: tuple[str, ...], where: tuple[str, ...], owners: Mapping[str, tuple[str, ...]], seen: set[str], row: Row
) -> None:
    for name in filter(None, names):
        if len(name) < MIN_PHRASE:
            row.say(f"place '{name}' is shorter than {MIN_PHRASE} characters")
        if name in seen:
            row.say(f"'{name}' is already in this sheet")
        if owners.get(name, where) != where:
            row.say(f"'{name}' is a place of county '{owners[name][0]}' in counties.csv")
        seen.add(name)


def read_communities(folder: Path, streets: Mapping[str, Unit], problems: Problems) -> dict[str, tuple[str, ...]]:
    """Return the communities by the code of their street. Many streets may have one of the same name."""
    communities: dict[str, tuple[str, ...]] = {}
    if not (folder / COMMUNITIES).is_file():
        return communities
    for row in read_sheet(folder / COMMUNITIES, _COMMUNITY_COLUMNS, problems):
        street, names = row.required("street"), row.many("communities")
        if street and street not in streets:
            row.say(f"street '{street}' is in no line of streets.csv")
        if street in communities:
            row.say(f"'{street}' is already in this sheet")
        for name in names:
            if not (name.endswith(("社区", "村")) and len(name) > MIN_PHRASE):
                row.say(f"'{name}' is no name of a community: it ends in 社区 or 村")
        communities[street] = names
    return communities
