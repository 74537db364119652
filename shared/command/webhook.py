"""`hotline webhook`: who is told of public steps: add, list, test, enable, disable, rotate, replay."""

import argparse
import sys
import time
from datetime import datetime

from sqlalchemy.engine import Connection

from shared import access_log, webhooks
from shared.command.whoami import me
from shared.database import engine
from shared.domain.errors import Refused
from shared.domain.numbers import ticket_id_of
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.outside import Outside
from shared.settings import settings

WAIT_SECONDS = 25.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    verbs = parser.add_subparsers(dest="what", required=True, metavar="add|list|test|enable|disable|rotate|replay")
    add = verbs.add_parser("add", help="make an endpoint and print its secret, which is never shown again")
    add.add_argument("url")
    add.add_argument("--kind", action="append", default=[], help="tell this event kind only; may be repeated")
    verbs.add_parser("list", help="endpoints and how they do")
    for name, about in (
        ("test", "send a test and print the answer"),
        ("enable", "let it be told again"),
        ("disable", "tell it nothing any more"),
        ("rotate", "print a new secret; the one before goes on signing beside it until the next rotation"),
    ):
        verbs.add_parser(name, help=about).add_argument("id", type=int)
    replay = verbs.add_parser("replay", help="send again, under the old ids: one step, or all that has failed")
    replay.add_argument("id", type=int)
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("--step", nargs=2, metavar=("NUMBER", "SEQ"), help="one step of one ticket")
    which.add_argument("--since", type=datetime.fromisoformat, help="2026-10-01T08:00+08:00")


def run(args: argparse.Namespace) -> int:
    """Run one sub-verb; 1 if it is refused or the test was not taken."""
    access_log.came_from(me())
    viewer = Viewer(Role.ADMIN, settings().city)
    try:
        with engine().begin() as connection:
            print(_do(args, connection, viewer))
    except Refused as refusal:
        print(refusal.why, file=sys.stderr)
        return 1
    return _await_answer(args.id) if args.what == "test" else 0


def _do(args: argparse.Namespace, connection: Connection, viewer: Viewer) -> str:
    match args.what:
        case "add":
            outside = Outside(settings().webhook_networks, settings().is_dev)
            made, secret = webhooks.add(connection, viewer, keys(), outside, (args.url, args.kind))
            return f"{made}  {secret}"
        case "list":
            return "\n".join(map(_line, webhooks.list_endpoints(connection, viewer))) or "No endpoints."
        case "test":
            webhooks.test(connection, viewer, args.id)
            return "Sent."
        case "rotate":
            return webhooks.rotate(connection, viewer, keys(), args.id)
        case "replay":
            return f"{_replay(args, connection, viewer)} to send again."
        case _:
            webhooks.set_state(connection, viewer, args.id, is_active=args.what == "enable")
            return f"{args.what}d."


def _replay(args: argparse.Namespace, connection: Connection, viewer: Viewer) -> int:
    if args.since is not None:
        if args.since.tzinfo is None:
            raise Refused("no_zone", "--since needs a zone, such as 2026-10-01T08:00+08:00")
        return webhooks.replay_failed(connection, viewer, args.id, args.since)
    number, seq = args.step
    ticket_id = ticket_id_of(number)
    if ticket_id is None or not seq.isdecimal():
        raise Refused("not_found", "--step needs a ticket's number and the number of a step")
    return webhooks.replay(connection, viewer, args.id, [(ticket_id, int(seq))])


def _await_answer(endpoint_id: int) -> int:
    """Wait for the sender, print what it heard; 0 if that was a yes."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with engine().connect() as connection:
            if not webhooks.is_waiting(connection, endpoint_id):
                found = webhooks.find(connection, endpoint_id)
                answer = found.answer if found else None
                print(answer or "no answer")
                return int(not (answer or "").startswith("http_2"))
        time.sleep(0.2)
    print("The sender has not sent it yet. Does it run? ./hotline status", file=sys.stderr)
    return 1


def _line(one: webhooks.Endpoint) -> str:
    said = f"{one.answer} {one.answered_at:%Y-%m-%d %H:%M}" if one.answered_at else "never called"
    failing = f"  failing since {one.failing_since:%Y-%m-%d %H:%M}" if one.failing_since else ""
    why = f" ({one.why})" if one.why else ""
    return f"{one.id:>3}  {one.state}{why}  {one.url}  {len(one.kinds)} kinds  {said}{failing}"
