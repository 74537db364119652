"""Lets a verb work on a running instance, or starts what it needs and stops that afterwards."""

import argparse
import json
import os
import sys
from contextlib import ExitStack
from enum import Enum

from shared.command import instance, leftovers
from shared.command.paths import Home, data_base
from shared.command.postgres import EngineFailed
from shared.command.progress import Progress
from shared.command.stack import Stack
from shared.command.stopping import stop_signals


class Needs(Enum):
    """What must run while a verb works."""

    NOTHING = "nothing"
    DATABASE = "database"
    SERVICES = "services"


def join_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the instance."""
    parser.add_argument("--demo", action="store_true", help="work on the demo's data even when it is not running")


def join(needs: Needs, args: argparse.Namespace, cleanup: ExitStack) -> None:
    """Put a running instance's environment into ours; start the instance where none runs."""
    home = _choose(args.demo)
    lock = instance.take(home)
    if lock is None:
        note = instance.read_note(home)
        if note is None or not note.has_services:
            raise SystemExit("The instance is just starting or stopping: try again in a moment.")
        os.environ.update(json.loads(home.environment.read_text()))
        return
    cleanup.enter_context(lock)
    if needs is Needs.DATABASE and os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    cleanup.enter_context(stop_signals())
    progress = Progress(sys.stderr)  # the verb's own answer has stdout for itself
    leftovers.end_all(home, progress)
    stack = Stack(home, progress, "127.0.0.1", dict(os.environ))
    cleanup.callback(stack.stop)
    try:
        stack.start_engines()
        if needs is Needs.SERVICES:
            stack.start_services()
    except (EngineFailed, OSError) as error:
        raise SystemExit(str(error)) from error


def _choose(wants_demo: bool) -> Home:
    real, demo = Home(data_base(), "up"), Home(data_base(), "demo")
    if wants_demo or (instance.is_held(demo) and not instance.is_held(real)):
        return demo
    # A machine that has only ever seen the demo means the demo.
    return demo if demo.postgres.exists() and not real.postgres.exists() else real
