"""Every name of a place that a city's rules know, in plain characters, with the sites it may mean."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from router.misspelt import Misspelt
from shared.domain.rules import Rules, Unit
from shared.domain.terms import UnitKind
from shared.script import plain

_COUNTY, _STREET, _USUAL, _SHARED, _WRONG = 2.0, 2.0, 1.0, 0.6, 0.5  # how much a name says
COMMUNITY_ENDS = re.compile(r"社区|村")
_KIND = ("街道", "镇", "乡")  # what ends a street's name
_CALLED = (
    "街道",
    "街道办",
    "街办",
    "镇",
    "乡",
    "场镇",
)  # a town that became a subdistrict keeps its old name for years


class Site(NamedTuple):
    """Where a name may be. `county` is the code of whoever must act, so a zone's where a zone acts."""

    county: str
    street: str | None = None
    community: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """What a name may mean and how much it says; `right` is the usual name where this one is a mistake."""

    sites: tuple[Site, ...]
    weight: float
    right: str | None = None
    is_community: bool = False


@dataclass(frozen=True)
class Gazetteer:
    """Look-up tables of one city's places."""

    city: str
    names: Mapping[str, Name]
    communities: Mapping[str, Name]
    misspelt: Misspelt
    around: Mapping[str, frozenset[str]]  # zone, or street of one -> counties by the statistics that it lies in

    def is_within(self, site: Site, county: str) -> bool:
        """Tell whether a zone's site lies in a county, which is why people name that county."""
        known = self.around.get(site.street or "") or self.around.get(site.county, frozenset())
        return county in known


def gazetteer_of(rules: Rules) -> Gazetteer:
    """Return the gazetteer of a city."""
    streets = [unit for unit in rules.units.values() if unit.kind is UnitKind.STREET and unit.county]
    names: dict[str, Name] = {}
    for name, found in (*_counties(rules), *_landmarks(rules), *_streets(streets, rules)):
        known = names.get(plain(name))
        if known is None or known.weight < found.weight:  # what is called so in full is meant first
            names[plain(name)] = found
    right = {name for name, found in names.items() if found.right is None}
    return Gazetteer(plain(rules.name), names, _communities(rules), Misspelt(right), _around(streets, rules))


def _counties(rules: Rules) -> Iterator[tuple[str, Name]]:
    for county, names in rules.counties.items():
        for name in names:
            is_full = name.endswith(("区", "县", "市")) and len(name) > 2
            yield name, Name((Site(county),), _COUNTY if is_full else _USUAL)


def _landmarks(rules: Rules) -> Iterator[tuple[str, Name]]:
    for one in rules.landmarks:
        sites = tuple(Site(county, one.street) for county in one.counties)
        weight = _USUAL if len(sites) == 1 else _SHARED
        for name in one.names:
            yield name, Name(sites, weight)
        for name in one.misspelt:
            yield name, Name(sites, weight * _WRONG, right=one.names[0])


def _streets(streets: list[Unit], rules: Rules) -> Iterator[tuple[str, Name]]:
    """Yield each street's name, and its stem as a subdistrict and as a town where no street is called exactly so."""
    exact: dict[str, list[Site]] = defaultdict(list)
    called: dict[str, list[Site]] = defaultdict(list)
    for unit in streets:
        name = unit.name.removeprefix(rules.county_names[unit.county or ""][0])
        site = Site(unit.county or "", unit.code)
        exact[name].append(site)
        kind = next((kind for kind in _KIND if name.endswith(kind)), "")
        stem = name.removesuffix(kind)
        if kind and len(stem) > 1:
            for ending in _CALLED:
                called[stem + ending].append(site)
    for name, sites in {**called, **exact}.items():
        yield name, Name(tuple(sites), _STREET)


def _communities(rules: Rules) -> dict[str, Name]:
    found: dict[str, list[Site]] = defaultdict(list)
    for street, names in rules.communities.items():
        for name in names:
            found[plain(name)].append(Site(rules.units[street].county or "", street, name))
    return {
        name: Name(tuple(sites), _USUAL if len({site.county for site in sites}) == 1 else _SHARED, is_community=True)
        for name, sites in found.items()
    }


def _around(streets: list[Unit], rules: Rules) -> dict[str, frozenset[str]]:
    """A street that counts under another county than the one that acts lies in a zone: its code begins with theirs."""
    counties = {unit.division: unit.county for unit in rules.units.values() if unit.kind is UnitKind.COUNTY}
    length = max((len(code) for code in counties if code), default=0)
    around: dict[str, frozenset[str]] = {}
    for unit in streets:
        counted = counties.get((unit.division or "")[:length] or None)
        if counted and counted != unit.county and unit.county:
            around[unit.code] = frozenset({counted})
            around[unit.county] = around.get(unit.county, frozenset()) | {counted}
    return around
