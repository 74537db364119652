"""The sheets of subjects 事项分类 and of merged lines 来源热线."""

import re
from collections.abc import Mapping
from pathlib import Path

from shared.cities.bodies import take
from shared.cities.problems import Problems
from shared.cities.sheet import Row, read_sheet
from shared.domain.rules import Category, OriginLine, Unit
from shared.domain.terms import LineMerger

_NUMBER = re.compile(r"1[0-9]{4}")


def read_categories(folder: Path, problems: Problems) -> dict[str, Category]:
    """Return the subjects: a first level without a parent, and a second one below it; there is no third."""
    categories: dict[str, Category] = {}
    rows: list[tuple[Row, Category]] = []
    for row in read_sheet(folder / "categories.csv", ("code", "name", "name_en", "parent"), problems):
        code, names = row.required("code"), (row.required("name"), row.required("name_en"))
        if take(code, row, categories):
            categories[code] = Category(code, *names, row.text("parent"))
            rows.append((row, categories[code]))
    for row, category in rows:
        if category.parent is None:
            continue
        if category.parent not in categories:
            row.say(f"parent '{category.parent}' is in no line of categories.csv")
        elif categories[category.parent].parent is not None:
            row.say(f"parent '{category.parent}' is itself of the second level")
    return categories


def read_lines(folder: Path, units: Mapping[str, Unit], problems: Problems) -> dict[str, OriginLine]:
    """Return the lines merged into the one number, by their number."""
    lines: dict[str, OriginLine] = {}
    for row in read_sheet(folder / "lines.csv", ("number", "name", "name_en", "unit", "how"), problems):
        number, unit = row.required("number"), row.required("unit")
        names = (row.required("name"), row.required("name_en"))
        if number and not _NUMBER.fullmatch(number):
            row.say(f"'{number}' is no number of a service line, such as 12315")
        if unit and unit not in units:
            row.say(f"unit '{unit}' is in no line of units.csv")
        if take(number, row, lines):
            lines[number] = OriginLine(number, *names, unit, row.choice("how", LineMerger, LineMerger.WHOLE))
    return lines
