"""`hotline stop`: end a running `up` or `demo` from another terminal, or what a killed one left."""

import argparse
import os
import signal

from shared.command import instance, leftovers
from shared.command.paths import Home, data_base
from shared.command.progress import Progress, complain

STOP_SECONDS = 300.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options: both instances are stopped."""


def run(args: argparse.Namespace) -> int:
    """Ask the process in front to stop and wait for it; without one, end leftovers."""
    progress = Progress()
    for name in ("up", "demo"):
        home = Home(data_base(), name)
        if not home.run.exists():
            continue
        if instance.is_held(home):
            note = instance.read_note(home)
            if note is None:
                return complain(f"`{name}` is in use by another verb: try again when that has ended.")
            progress.step(f"Stopping `{name}`")
            os.kill(note.pid, signal.SIGTERM)
            if not progress.wait(lambda home=home: not instance.is_held(home), lambda: "it to stop", STOP_SECONDS):  # type: ignore[misc]
                return complain(f"`{name}` (process {note.pid}) has not stopped in {STOP_SECONDS:.0f} s.")
        else:
            leftovers.end_all(home, progress)
    progress.step("Nothing is running")
    return 0
