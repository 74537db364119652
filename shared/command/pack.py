"""`hotline pack`: check, load, list, compare, activate and take back versions of the city's pack 城市包."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from sqlalchemy.engine import Connection

from shared import access_log, packs
from shared.access_log import Change
from shared.cities.load import files_of, read_pack
from shared.cities.yaml_reader import FILE
from shared.command.due_moves import due_moves
from shared.command.due_moves import in_words as moves_in_words
from shared.command.joining import join_arguments
from shared.command.pack_work import Unusable, as_owner, city, files_in, reported, summary, the_active, version
from shared.command.whoami import me
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.ledger.write import business_now
from shared.packs import PackVersion
from shared.packs.diff import in_words, pack_changes

_MOST_LINES, _MOST_TICKETS = 40, 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    join_arguments(parser)
    verbs = parser.add_subparsers(dest="what", required=True, metavar="check|load|list|diff|activate|rollback")
    check = verbs.add_parser("check", help="say all that is wrong with a folder, or what it holds; needs no database")
    check.add_argument("folder", type=Path, metavar="DIR")
    load = verbs.add_parser("load", help="keep a folder as a version, without activating it")
    load.add_argument("folder", type=Path, metavar="DIR", nargs="?", help="default: the pack that is shipped")
    verbs.add_parser("list", help="versions, and who activated which when")
    diff = verbs.add_parser("diff", help="lines that differ, and open tickets whose due would move")
    diff.add_argument("versions", metavar="VERSION|ID|DIR", nargs="*", help="default: the active and the newest")
    diff.add_argument("--all", action="store_true", help="every line and every ticket")
    activate = verbs.add_parser("activate", help="let a version hold from now on; open tickets are counted again")
    activate.add_argument("version", metavar="VERSION|ID")
    activate.add_argument("--expect", metavar="VERSION", help="refuse if another version is active by then")
    verbs.add_parser("rollback", help="activate what was active before")


def run(args: argparse.Namespace) -> int:
    """Run one sub-verb; 1 if the pack cannot be used or somebody was faster, 2 if there is no such version."""
    return reported(lambda: _VERBS[args.what](args))


def _check(args: argparse.Namespace) -> int:
    named = _city_of(args.folder)
    print(summary(read_pack(named, files_of(named, args.folder))))
    return 0


def _load(args: argparse.Namespace) -> int:
    with as_owner(args) as connection:
        known = {one.id for one in packs.versions(connection, city())}
        found = packs.load(connection, city(), files_in(args.folder, city()), me())
        rules = packs.Packs().of(connection, city(), found.id)
    print(f"{'known before' if found.id in known else 'loaded'} as {found.id}: {summary(rules)}")
    print(
        f"To see what would change: ./hotline pack diff {found.id}\nTo let it hold: ./hotline pack activate {found.id}"
    )
    return 0


def _list(args: argparse.Namespace) -> int:
    with as_owner(args) as connection:
        active, names = packs.active(connection, city()), {}
        for one in packs.versions(connection, city()):
            names[one.id] = one.version
            mark = "*" if active is not None and one.id == active.id else " "
            print(f"{mark} {one.id:>4}  {one.version:<24} loaded {one.loaded_at:%Y-%m-%d %H:%M} by {one.loaded_by}")
        print("\nactivated, newest first (UTC):")
        for done in packs.activations(connection, city()):
            before = f" instead of {names[done.replaced_id]}" if done.replaced_id else ""
            print(f"  {done.at:%Y-%m-%d %H:%M}  {names[done.pack_id]}{before}  by {done.by_whom}  {done.note}".rstrip())
    return 0


def _diff(args: argparse.Namespace) -> int:
    most = (sys.maxsize, sys.maxsize) if args.all else (_MOST_LINES, _MOST_TICKETS)
    if len(args.versions) > 2:
        raise Unusable("Two versions can be compared, not more.")
    with as_owner(args) as connection:
        standing, now = the_active(connection), business_now(connection)
        newest = packs.versions(connection, city())[0]
        names = {0: [str(standing.id), str(newest.id)], 1: [str(standing.id), *args.versions]}
        old_name, new_name = names.get(len(args.versions), args.versions)
        sides = [
            _files(name) or packs.read_files(connection, version(connection, name).id) for name in (old_name, new_name)
        ]
        old, new = (read_pack(city(), files) for files in sides)
        print(f"{old.version} → {new.version}")
        print("\n".join(in_words(pack_changes(*sides), most[0])) or "No difference.")
        print("\nIf it held now: " + "\n".join(moves_in_words(due_moves(connection, new, now), new, most[1])))
    return 0


def _activate(args: argparse.Namespace) -> int:
    with as_owner(args) as connection:
        standing, to = packs.active(connection, city()), version(connection, args.version)
        read_pack(city(), packs.read_files(connection, to.id))  # another release may have loaded it
        expected = version(connection, args.expect) if args.expect else standing
        done = packs.activate(connection, to, expected.id if expected else None, me())
        if done:
            _note(connection, standing, to)
    print(f"{to.version} is active" + ("." if done else " already.") + (_SWEEP if done else ""))
    return 0


def _rollback(args: argparse.Namespace) -> int:
    with as_owner(args) as connection:
        standing = the_active(connection)
        done = packs.rollback(connection, city(), standing.id, me())
        if done is None:
            raise Unusable("Nothing was active before this version.")
        _note(connection, standing, the_active(connection))
        print(f"{the_active(connection).version} is active again.{_SWEEP}")
    return 0


_SWEEP = " Every process has it within a second; the worker counts the open tickets again."
_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "check": _check, "load": _load, "list": _list, "diff": _diff, "activate": _activate, "rollback": _rollback,
}  # fmt: skip


def _note(connection: Connection, before: PackVersion | None, after: PackVersion) -> None:
    access_log.came_from(me())
    was = {"version": before.version} if before else {}
    change = Change("pack_activated", f"pack:{after.city}", was, {"version": after.version})
    access_log.note_change(connection, Viewer(Role.ADMIN, after.city), change)


def _files(named: str) -> dict[str, bytes] | None:
    return files_in(Path(named), city()) if Path(named).is_dir() else None


def _city_of(folder: Path) -> str:
    """Return the city that a folder's pack declares; the folder's name where it declares none that can be read."""
    try:
        said = yaml.safe_load((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return folder.resolve().name
    declared = said.get("city") if isinstance(said, dict) else None
    return declared if isinstance(declared, str) else folder.resolve().name
