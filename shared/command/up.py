"""`hotline up`: everything on this machine, for real use; stays in front until Ctrl-C."""

import argparse

from shared.command.front import run_in_front
from shared.command.paths import Home, data_base
from shared.command.progress import Progress


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `up` and `demo` share."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")


def run(args: argparse.Namespace) -> int:
    """Start, print a one-time code for the first administrator, stay, stop in order."""
    return run_in_front(Home(data_base(), "up"), args.host, lambda _environment: None, greet)


def greet(progress: Progress) -> None:
    """Print the code that makes the first administrator; it is shown until somebody has used it."""
    from shared.command.accounts import issue_admin_code

    if code := issue_admin_code():
        progress.plain(f"\nOne-time code for the first administrator: {code}")
        progress.plain("Open the staff address, choose “first administrator 首位管理员” and enter it.")
