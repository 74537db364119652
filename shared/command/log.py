"""`hotline log`: who saw, changed or was denied what, newest first."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from shared import people
from shared.database import engine
from shared.domain.numbers import ticket_id_of
from shared.domain.terms import Role
from shared.domain.ticket import encode
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.reads.log_lines import MOST_EXPORTED, LogLine, LogSearch, log_lines
from shared.settings import settings

UNKNOWN = 2
_MOST = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the filters."""
    parser.add_argument("--ticket", metavar="NUMBER", help="lines about one ticket")
    parser.add_argument("--staff", metavar="LOGIN", help="lines of, or about, one person")
    parser.add_argument("--action", help="one action, such as logged_in, revealed, denied, staff_changed")
    parser.add_argument("--since", type=_instant, metavar="WHEN", help="ISO 8601 date or instant; without zone: UTC")
    parser.add_argument("--until", type=_instant, metavar="WHEN", help="the same; this instant no more")
    parser.add_argument("--most", type=int, default=_MOST, help=f"so many lines (default {_MOST})")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print the lines that fit; 2 if what is looked for does not exist."""
    viewer = Viewer(Role.ADMIN, settings().city)
    with engine().connect() as connection:
        rules = known_packs().at(connection, viewer.city)
        ticket_id = ticket_id_of(args.ticket) if args.ticket else None
        person = people.find_login(connection, viewer, args.staff) if args.staff else None
        if (args.ticket and ticket_id is None) or (args.staff and person is None):
            print(
                f"There is no {'ticket' if args.ticket and ticket_id is None else 'login'} like that.", file=sys.stderr
            )
            return UNKNOWN
        wanted = LogSearch(
            staff_id=person.id if person else None,
            ticket_id=ticket_id,
            action=args.action,
            since=args.since,
            until=args.until,
            limit=max(1, min(args.most, MOST_EXPORTED)),
        )
        lines = log_lines(viewer, connection, rules, wanted)
    for line in lines:
        print(json.dumps(encode(asdict(line)), ensure_ascii=False) if args.json else in_words(line))
    return 0


def in_words(line: LogLine) -> str:
    """Return a line for a terminal; what people typed cannot begin a line of its own."""
    before, after = line.before or {}, line.after or {}
    changes = [f"{name}: {before.get(name, '–')} → {after.get(name, '–')}" for name in {**before, **after}]
    about = [line.number or line.object or "", "; ".join(changes or line.fields), line.reason or ""]
    who = f"{line.login or '–'} ({line.role}) from {line.address or '–'}"
    text = f"{line.at:%Y-%m-%d %H:%M:%S}Z  {who:<44}  {line.action:<16} {'  '.join(filter(None, about))}"
    return "".join(character if character.isprintable() else "·" for character in text).rstrip()


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
