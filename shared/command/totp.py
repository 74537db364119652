"""`hotline totp`: who logs in with a second factor 动态口令, and a reset for who has lost the device."""

import argparse
import sys

from shared import access_log, people
from shared.command.whoami import me
from shared.database import engine
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people import second_factor
from shared.settings import settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    verbs = parser.add_subparsers(dest="what", required=True, metavar="list|reset")
    verbs.add_parser("list", help="active accounts that need a second factor, or have one")
    reset = verbs.add_parser("reset", help="take it away and end all sessions; the next login sets up another")
    reset.add_argument("login")


def run(args: argparse.Namespace) -> int:
    """Run one sub-verb; 1 if there is no such account."""
    access_log.came_from(me())
    viewer = Viewer(Role.ADMIN, settings().city)
    with engine().begin() as connection:
        everybody = people.list_staff(connection, viewer)
        if args.what == "list":
            for one in everybody:
                has, needs = second_factor.is_enrolled(connection, one.id), second_factor.is_needed(one.role)
                if one.is_active and (has or needs):
                    print(f"{one.login:<24} {one.role:<12} {'set up' if has else 'at the next login'}")
            return 0
        found = next((one for one in everybody if one.login == args.login.lower()), None)
        if found is None:
            print(f"There is no account {args.login} in {settings().city}.", file=sys.stderr)
            return 1
        second_factor.reset(connection, viewer, found.id)
    print(f"{found.login} sets up a second factor at the next login.")
    return 0
