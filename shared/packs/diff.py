"""What differs between two versions of a pack: lines by their key, and the cells that changed. Pure."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from shared.cities.time_limits import LIMIT_COLUMNS, LIMITS, PROFILE

_CASE = LIMIT_COLUMNS[:6]
_KEYS = {LIMITS: _CASE, PROFILE: _CASE}  # else the first column

Cells = Mapping[str, str]
Lines = dict[str, Cells]


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line: `before` None if it is new, `after` None if it is gone; of a changed one only the cells that did."""

    key: str
    before: Cells | None
    after: Cells | None


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file. `is_reordered`: the same lines in another order, which decides among time limits."""

    name: str
    lines: tuple[LineChange, ...]
    is_reordered: bool = False


def pack_changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    """Return the files that differ in content, by name."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = _read(name, before.get(name, b"")), _read(name, after.get(name, b""))
        lines = tuple(_line_changes(old, new))
        is_reordered = not lines and list(old) != list(new)
        if lines or is_reordered:
            found.append(FileChange(name, lines, is_reordered))
    return found


def in_words(changes: list[FileChange], most: int) -> Iterator[str]:
    """Yield lines for a terminal, at most `most` for each file."""
    for file in changes:
        added, removed = (sum(getattr(line, one) is None for line in file.lines) for one in ("before", "after"))
        changed = len(file.lines) - added - removed
        what = "the same lines in another order" if file.is_reordered else f"+{added} -{removed} ~{changed}"
        yield f"{file.name}: {what}"
        yield from (f"  {_in_words(line)}" for line in file.lines[:most])
        if len(file.lines) > most:
            yield f"  … and {len(file.lines) - most} more"


def _in_words(line: LineChange) -> str:
    if line.before is None or line.after is None:
        sign, whole = ("+", line.after) if line.before is None else ("-", line.before)
        return f"{sign} {line.key}: {', '.join(filter(None, (whole or {}).values()))}"
    cells = [f"{name}: {line.before[name] or '–'} → {line.after[name] or '–'}" for name in line.after]
    return f"~ {line.key}: {'; '.join(cells)}"


def _line_changes(old: Lines, new: Lines) -> Iterator[LineChange]:
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        if before is None or after is None:
            yield LineChange(key, before, after)
        elif before != after:
            names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
            was, is_now = ({name: cells.get(name, "") for name in names} for cells in (before, after))
            yield LineChange(key, was, is_now)


def _read(name: str, content: bytes) -> Lines:
    text = content.decode("utf-8-sig", errors="replace")
    return dict(_yaml_lines(yaml.safe_load(text) or {})) if name.endswith(".yaml") else _sheet_lines(name, text)


def _sheet_lines(name: str, text: str) -> Lines:
    rows = csv.reader(text.splitlines())
    header = [cell.strip() for cell in next(rows, [])]
    keys = [header.index(column) for column in _KEYS.get(name, ()) if column in header] or [0]
    found: Lines = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        whole = {
            column: cell for place, (column, cell) in enumerate(zip(header, cells, strict=False)) if place not in keys
        }
        key = " ".join(cells[place] for place in keys if place < len(cells))
        found[key if key not in found else f"{key} ({len(found)})"] = whole
    return found


def _yaml_lines(value: object, path: str = "") -> Iterator[tuple[str, Cells]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _yaml_lines(below, f"{path}.{name}" if path else str(name))
    else:
        yield path, {"value": str(value)}
