"""Reading one spreadsheet of a pack: rows that know their line and complain about it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from shared.cities.problems import Problems

Choice = TypeVar("Choice", bound=StrEnum)
MAX_WEIGHT = 5.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet. Cells are trimmed; several values stand in one cell with `|` between them."""

    file: str
    line: int
    cells: dict[str, str]
    problems: Problems

    def say(self, message: str) -> None:
        """Note a problem with this line."""
        self.problems.add(self.file, self.line, message)

    def text(self, column: str) -> str | None:
        """Return the cell, None when it is empty."""
        return self.cells[column] or None

    def required(self, column: str) -> str:
        """Return the cell; an empty one is a problem."""
        if not self.cells[column]:
            self.say(f"column '{column}' is empty")
        return self.cells[column]

    def many(self, column: str) -> tuple[str, ...]:
        """Return the cell's values; one given twice is a problem."""
        values = [value.strip() for value in self.cells[column].replace("｜", "|").split("|")]
        values = [value for value in values if value]
        for value in {value for value in values if values.count(value) > 1}:
            self.say(f"column '{column}' has '{value}' twice")
        return tuple(values)

    def weighted(self, column: str) -> tuple[tuple[str, float], ...]:
        """Return values such as `停水:3`; without a weight it is 1."""
        out: list[tuple[str, float]] = []
        for value in self.many(column):
            phrase, colon, number = value.replace("：", ":").rpartition(":")
            if not colon:
                out.append((value, 1.0))
                continue
            try:
                weight = float(number)
            except ValueError:
                weight = 0.0
            if not 0 < weight <= MAX_WEIGHT:  # also refuses nan
                self.say(f"'{value}' needs a weight above 0 and up to {MAX_WEIGHT:g}, such as 停水:2")
            out.append((phrase, weight))
        names = [phrase for phrase, _ in out]
        for phrase in {name for name in names if names.count(name) > 1}:
            self.say(f"column '{column}' has '{phrase}' twice")
        return tuple(out)

    def choice(self, column: str, kinds: type[Choice], default: Choice) -> Choice:
        """Return the cell as one of `kinds`; `default` stands in where that fails, and the problem is noted."""
        try:
            return kinds(self.cells[column])
        except ValueError:
            self.say(f"column '{column}' is '{self.cells[column]}', not one of {', '.join(kinds)}")
            return default


def read_sheet(path: Path, columns: tuple[str, ...], problems: Problems) -> list[Row]:
    """Return the sheet's rows; a missing file, another encoding or other columns are problems and give no rows."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.add(path.name, None, "the file is missing")
        return []
    except UnicodeDecodeError:
        problems.add(path.name, None, "the file is not UTF-8; save it as 'CSV UTF-8'")
        return []
    lines = _lines(text, path.name, problems)
    line, header = next(lines, (1, []))
    if set(header) != set(columns) or len(header) != len(columns):
        problems.add(path.name, line, f"the columns must be {', '.join(columns)}; found {', '.join(header) or 'none'}")
        return []
    rows: list[Row] = []
    for line, cells in lines:
        if len(cells) != len(header):
            problems.add(path.name, line, f"has {len(cells)} cells, the heading has {len(header)}")
        else:
            rows.append(Row(path.name, line, dict(zip(header, cells, strict=True)), problems))
    if not rows:
        problems.add(path.name, None, "has no usable line")
    return rows


def _lines(text: str, file: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
    except csv.Error as error:
        problems.add(file, reader.line_num, f"cannot be read as CSV: {error}")
