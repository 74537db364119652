"""Units and expert seats of the active pack with the people who stand there, and which have nobody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import Response, request

from intake.acts import current_viewer
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.filters import skill_name, unit_name
from intake.stores import engine, rules
from shared import people
from shared.domain.rules import Unit
from shared.domain.terms import Role, UnitKind
from shared.people import Staff

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Staffed:
    """One unit of the tree with its people; `depth` is how far below the top it stands."""

    unit: Unit
    depth: int
    people: list[Staff]

    @property
    def leaders(self) -> list[Staff]:
        return [one for one in self.people if one.leads_unit]

    @property
    def is_empty(self) -> bool:
        """Tell whether tickets can come here and nobody would see them; the city itself is no holder."""
        return not self.people and self.unit.kind is not UnitKind.CITY


@staff_pages.get("/admin/units")
def units() -> Response:
    """Show the tree of units with people, leaders and addresses."""
    by_unit: dict[str | None, list[Staff]] = defaultdict(list)
    for one in _active():
        by_unit[one.unit].append(one)
    rows = [Staffed(unit, depth, by_unit.get(unit.code, [])) for unit, depth in in_order(rules().units.values())]
    empty = sum(row.is_empty for row in rows)
    text, only = request.args.get("q", "").strip()[:_LONGEST], request.args.get("only")
    shown = [row for row in rows if text.casefold() in unit_name(row.unit.code).casefold()]
    if only == "empty":
        shown = [row for row in shown if row.is_empty]
    elif only == "leaderless":
        shown = [row for row in shown if row.people and not row.leaders]
    gone = [one for one in _flat(by_unit) if one.unit is not None and one.unit not in rules().units]
    return admin_page("units", rows=shown, empty=empty, all=len(rows), gone=gone, q=text, only=only)


@staff_pages.get("/admin/seats")
def seats() -> Response:
    """Show who sits at which expert queue."""
    experts = [one for one in _active() if one.role is Role.EXPERT]
    rows = [(code, skill_name(code), [one for one in experts if code in one.skills]) for code in rules().skills]
    gone = [one for one in experts if any(skill not in rules().skills for skill in one.skills)]
    return admin_page("seats", rows=rows, gone=gone, empty=sum(not there for _, _, there in rows))


def in_order(known: Iterable[Unit]) -> Iterator[tuple[Unit, int]]:
    """Yield units as their tree reads, each below its parent, with its depth."""
    below: dict[str | None, list[Unit]] = defaultdict(list)
    codes = {unit.code: unit for unit in known}
    for unit in codes.values():
        below[unit.parent if unit.parent in codes else None].append(unit)

    def walk(parent: str | None, depth: int) -> Iterator[tuple[Unit, int]]:
        for unit in below[parent]:
            yield unit, depth
            yield from walk(unit.code, depth + 1)

    yield from walk(None, 0)


def _active() -> list[Staff]:
    with engine().connect() as connection:
        return [one for one in people.list_staff(connection, current_viewer()) if one.is_active]


def _flat(by_unit: dict[str | None, list[Staff]]) -> list[Staff]:
    return [one for there in by_unit.values() for one in there]
