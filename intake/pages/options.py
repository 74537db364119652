"""What can be chosen in a form: (value, words) pairs in the reader's language, and units by the name that was typed."""

from collections.abc import Mapping
from typing import Any

from intake.pages.filters import county_name, skill_name, unit_name
from intake.pages.words import word
from intake.stores import rules
from shared.domain.labels import Label
from shared.domain.terms import UnitKind

Options = list[tuple[str, str]]


def counties() -> Options:
    """Return every district and county."""
    return [(code, county_name(code)) for code in rules().counties]


def skills() -> Options:
    """Return every expert queue."""
    return [(code, skill_name(code)) for code in rules().skills]


def unit_names() -> list[str]:
    """Return the names of the units that can hold tickets, for a searchable list."""
    return [unit_name(unit.code) for unit in rules().units.values() if unit.kind is not UnitKind.CITY]


def of_table(table: Mapping[Any, Label]) -> Options:
    """Return a table of codes."""
    return [(str(code), word(label)) for code, label in table.items()]


def unit_code(typed: str) -> str:
    """Return the code of the unit that a person named: by code, by name, or by a part that only one name has.

    What fits no unit comes back as it is, so that the domain refuses it with its own sentence.
    """
    units = rules().units
    if typed in units:
        return typed
    wanted = typed.casefold()
    names = {code: (unit.name.casefold(), unit.name_en.casefold()) for code, unit in units.items()}
    exact = [code for code, both in names.items() if wanted in both]
    found = exact or [code for code, both in names.items() if any(wanted in name for name in both)]
    return found[0] if len(found) == 1 else typed
