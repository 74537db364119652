"""`hotline faults`: the fault harness of `tests/faults`, on instances of its own."""

import argparse

from shared.command.paths import ROOT
from shared.command.progress import complain
from shared.command.test import MODULE, clean_environment, run_in


def arguments(parser: argparse.ArgumentParser) -> None:
    """Everything goes to the harness, which says what it knows: ./hotline faults --list."""
    parser.epilog = "Faults by id, or --full, --long, --smoke; --seed N repeats a run; --list tells what there is."


def run(args: argparse.Namespace) -> int:
    """Run the harness; 1 if a fault did what it must not."""
    if not (ROOT / "tests" / "faults").is_dir():
        return complain("The fault harness comes with the source: clone it and run ./hotline faults there.")
    return run_in(clean_environment(), [*MODULE, "tests.faults", *args.rest])
