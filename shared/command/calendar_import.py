"""`hotline calendar import FILE.csv`: a new year's holiday notice 放假通知 becomes a version of the active pack."""

import argparse
import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from shared import packs
from shared.cities.load import read_pack
from shared.cities.problems import PackError, Problems
from shared.cities.sheet import read_sheet
from shared.cities.time_limits import CALENDAR, CALENDAR_COLUMNS, read_days
from shared.command.due_moves import DueMove, due_moves, in_words
from shared.command.joining import join_arguments
from shared.command.pack_work import as_owner, city, reported, the_active
from shared.command.whoami import me
from shared.domain.calendar import DayKind, hours_of
from shared.domain.rules import Rules
from shared.domain.ticket import encode
from shared.ledger.write import business_now

_MOST = 50
_ANY_HOURS = hours_of("09:00-17:00")  # a make-up workday without hours gets those of the pack


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found, and did if it was asked to."""

    year: int
    replaces: int  # days of that year that the active pack had
    version: str
    rests: int
    works: int
    moves: list[DueMove]
    is_active: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and the options."""
    join_arguments(parser)
    verbs = parser.add_subparsers(dest="what", required=True, metavar="import")
    one = verbs.add_parser("import", help="add or replace a year; says which open tickets' due moves")
    one.add_argument("file", type=Path, metavar="FILE.csv", help=f"columns {','.join(CALENDAR_COLUMNS)}, one year")
    one.add_argument("--apply", action="store_true", help="activate it; without this nothing is changed")
    one.add_argument("--json", action="store_true", help="print one JSON object, every ticket in it")


def run(args: argparse.Namespace) -> int:
    """Import one year; 1 if the sheet cannot be used or somebody was faster, 2 if no pack is active."""
    return reported(lambda: _print(*_import(args), as_json=args.json))


def _print(found: Imported, rules: Rules, *, as_json: bool) -> int:
    print(json.dumps(encode(asdict(found)), ensure_ascii=False) if as_json else _in_words(found, rules))
    return 0


def _import(args: argparse.Namespace) -> tuple[Imported, Rules]:
    with as_owner(args) as connection:
        standing = the_active(connection)
        files = packs.read_files(connection, standing.id)
        year, replaces, files = with_year(files, args.file)
        rules = read_pack(city(), files)
        moves = due_moves(connection, rules, business_now(connection))
        if args.apply:
            loaded = packs.load(connection, city(), files, me())
            packs.activate(connection, loaded, standing.id, me(), f"calendar {year}")
        kinds = [day.kind for on, day in rules.calendar.days.items() if on.year == year]
        rests = kinds.count(DayKind.REST)
        return Imported(year, replaces, rules.version, rests, len(kinds) - rests, moves, args.apply), rules


def with_year(files: Mapping[str, bytes], sheet: Path) -> tuple[int, int, dict[str, bytes]]:
    """Return the sheet's year, how many days of it the pack had, and the pack's files with the sheet's days instead."""
    if CALENDAR not in files:
        raise PackError((f"this city's pack has no {CALENDAR}: it follows no holiday notices",))
    problems = Problems()
    new = read_days(sheet, (_ANY_HOURS,), problems)
    years = sorted({on.year for on in new})
    if len(years) > 1:
        problems.add(sheet.name, None, f"holds the years {', '.join(map(str, years))}; import one year at a time")
    if problems.found or not years:
        raise PackError(tuple(problems.found) or (f"{sheet.name}: has no usable line",))
    old = _rows(files[CALENDAR].decode("utf-8-sig"))
    kept = [row for row in old if date.fromisoformat(row["date"].strip()).year != years[0]]
    added = [row.cells for row in read_sheet(sheet, CALENDAR_COLUMNS, problems)]
    out = io.StringIO()
    writer = csv.DictWriter(out, CALENDAR_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted([*kept, *added], key=lambda row: row["date"]))
    return years[0], len(old) - len(kept), {**files, CALENDAR: out.getvalue().encode()}


def _rows(text: str) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(text.splitlines()) if any((cell or "").strip() for cell in row.values())]


def _in_words(found: Imported, rules: Rules) -> str:
    replaced = f", instead of {found.replaces} days that were there" if found.replaces else ""
    lines = [f"{found.year}: {found.rests} days of rest, {found.works} days of work or other hours{replaced}"]
    lines += in_words(found.moves, rules, _MOST)
    if found.is_active:
        lines.append(f"{found.version} is active; the worker counts the open tickets again and tells their callers.")
    else:
        lines.append(f"Nothing was changed. --apply makes it version {found.version} and activates it.")
    return "\n".join(lines)
