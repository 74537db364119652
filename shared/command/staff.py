"""`hotline staff`: the city's accounts from a terminal: list, add, set, disable, enable, password, sessions."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy.engine import Connection

from shared import access_log, people
from shared.command.whoami import me
from shared.database import engine
from shared.domain.errors import Refused
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.people import STAFF_ROLES, Edit, NewStaff, Post, Staff
from shared.settings import settings

UNKNOWN = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    verbs = parser.add_subparsers(dest="what", required=True, metavar="|".join(_VERBS))
    listed = verbs.add_parser("list", help="accounts, by login")
    listed.add_argument("text", nargs="?", default="", help="part of login, name or extension")
    listed.add_argument("--json", action="store_true", help="print one JSON array")
    add = verbs.add_parser("add", help="add an account and print its one-time password")
    add.add_argument("login")
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=[role.value for role in STAFF_ROLES])
    change = verbs.add_parser("set", help="change what is named, keep the rest")
    change.add_argument("login")
    change.add_argument("--name")
    change.add_argument("--role", choices=[role.value for role in STAFF_ROLES])
    change.add_argument("--extension", help="of the telephone at the seat; '' for none")
    for one in (add, change):
        one.add_argument("--unit", help="code of a handler's unit; '' for none")
        one.add_argument("--skills", help="codes of an expert's queues, with commas; '' for none")
        one.add_argument("--leads", choices=["yes", "no"], help="whether a handler leads the unit")
    for name, said in _OF_ONE.items():
        verbs.add_parser(name, help=said).add_argument("login")
    sessions = verbs.add_parser("sessions", help="where a person is logged in; --end logs them out everywhere")
    sessions.add_argument("login")
    sessions.add_argument("--end", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Run one sub-verb; 1 if it is refused, 2 if there is no such login. Nothing is changed then."""
    viewer = Viewer(Role.ADMIN, settings().city)
    access_log.came_from(me())
    try:
        with engine().begin() as connection:
            said = _VERBS[args.what](connection, viewer, known_packs().at(connection, viewer.city), args)
    except Refused as refusal:
        print(f"{refusal.why} ({refusal.code})", file=sys.stderr)
        return UNKNOWN if isinstance(refusal, people.NoSuchPerson) else 1
    print(said)
    return 0


def _list(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    text = args.text.casefold()
    found = [
        one
        for one in people.list_staff(connection, viewer)
        if any(text in (part or "").casefold() for part in (one.login, one.name, one.extension))
    ]
    if args.json:
        return json.dumps([_told(one) for one in found], ensure_ascii=False, indent=2)
    lines = [_in_words(one) for one in found]
    return "\n".join([*lines, f"{len(found)} accounts, {sum(one.is_active for one in found)} active"])


def _add(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    post = _post(Post(Role(args.role)), args)
    post.check(rules)
    new = NewStaff(
        city=viewer.city,
        login=args.login,
        name=args.name,
        password=None,
        role=post.role,
        unit=post.unit,
        skills=post.skills,
        leads_unit=post.leads_unit,
    )
    staff_id = people.add_staff(connection, new)
    people.note_added(connection, viewer, staff_id)
    return _password_of(connection, viewer, people.person(connection, viewer, staff_id))


def _set(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    one = _person(connection, viewer, args)
    role = Role(args.role) if args.role else one.role
    # Another role leaves behind what only the old one had.
    kept = Post(one.role, one.unit, one.skills, one.leads_unit) if role is one.role else Post(role)
    post = _post(kept, args)
    post.check(rules)
    extension = one.extension if args.extension is None else args.extension or None
    wanted = Edit(name=args.name or one.name, post=post, extension=extension, version=one.version)
    return _in_words(people.edit_staff(connection, viewer, one.id, wanted))


def _disable(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    one = _person(connection, viewer, args)
    people.deactivate(connection, viewer, one.id)
    return f"{one.login} is disabled; sessions are over, open pages end within 5 s."


def _enable(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    one = _person(connection, viewer, args)
    people.activate(connection, viewer, one.id)
    return f"{one.login} is enabled, with the password from before."


def _password(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    return _password_of(connection, viewer, _person(connection, viewer, args))


def _sessions(connection: Connection, viewer: Viewer, rules: Rules, args: argparse.Namespace) -> str:
    one = _person(connection, viewer, args)
    found = people.sessions_of(connection, one.id)
    if args.end:
        people.end_sessions_of(connection, viewer, one.id)
        return f"{len(found)} sessions of {one.login} are over."
    lines = [f"since {s.began_at:%Y-%m-%d %H:%M}, seen {s.seen_at:%H:%M} (UTC), from {s.address or '?'}" for s in found]
    return "\n".join(lines) or f"{one.login} is not logged in."


_VERBS: Mapping[str, Callable[[Connection, Viewer, Rules, argparse.Namespace], str]] = {
    "list": _list, "add": _add, "set": _set, "disable": _disable, "enable": _enable, "password": _password,
    "sessions": _sessions,
}  # fmt: skip
_OF_ONE = {
    "disable": "let nobody in by this account; their sessions end",
    "enable": "let them in again, with the password from before",
    "password": "print a one-time password; the one before and all sessions are void",
}


def _person(connection: Connection, viewer: Viewer, args: argparse.Namespace) -> Staff:
    found = people.find_login(connection, viewer, args.login)
    if found is None:
        raise people.NoSuchPerson
    return found


def _post(kept: Post, args: argparse.Namespace) -> Post:
    if args.unit is not None:
        kept = replace(kept, unit=args.unit or None)
    if args.skills is not None:
        kept = replace(kept, skills=tuple(filter(None, (skill.strip() for skill in args.skills.split(",")))))
    return kept if args.leads is None else replace(kept, leads_unit=args.leads == "yes")


def _password_of(connection: Connection, viewer: Viewer, one: Staff) -> str:
    password = people.give_one_time_password(connection, viewer, one.id)
    return f"{one.login}: {password}\nIt works for three days, to set a password of their own at the first login."


def _told(one: Staff) -> dict[str, object]:
    names = ("login", "name", "role", "unit", "skills", "leads_unit", "extension", "is_active")
    return {name: getattr(one, name) for name in names}


def _in_words(one: Staff) -> str:
    about = [one.unit or "", "leads" if one.leads_unit else "", ",".join(one.skills)]
    about += [f"ext. {one.extension}" if one.extension else "", "" if one.is_active else "DISABLED"]
    return f"{one.login:<20} {one.role:<11} {one.name}  {' '.join(filter(None, about))}".rstrip()
