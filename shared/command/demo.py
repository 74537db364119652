"""`hotline demo`: `up` on a database of its own with known accounts, a fast clock and tickets that keep coming."""

import argparse

from shared.command.front import run_in_front
from shared.command.paths import Home, data_base
from shared.command.progress import Progress
from shared.command.up import arguments

__all__ = ["arguments", "run"]

# One day of 24 hours passes in a minute, so that warnings and overdue tickets come while one watches.
CLOCK_SPEED = 1440.0


def run(args: argparse.Namespace) -> int:
    """Start, print the demo's logins, stay, stop in order."""
    return run_in_front(Home(data_base(), "demo"), args.host, _start_clock, greet)


def _start_clock(environment: dict[str, str]) -> None:
    from shared.command.migrate import set_business_clock

    set_business_clock(environment["DATABASE_OWNER_URL"], CLOCK_SPEED)


def greet(progress: Progress) -> None:
    """Make the demo's accounts where they are missing and print them."""
    from shared.command.accounts import create_demo_accounts

    progress.plain("\nLogins of this demo (its database only):")
    for role, login, password in create_demo_accounts():
        progress.plain(f"  {login:<12} {password:<12} {role}")
