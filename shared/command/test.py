"""`hotline test`: linters, import contracts, types and tests on engines of its own; --system and --deploy for more."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from shared.command.environment import without_engine_variables
from shared.command.paths import ROOT
from shared.command.progress import Progress

MODULE = [sys.executable, "-P", "-m"]
SERVICES = ["shared", "intake", "router", "worker"]
CHECKS = {
    "ruff check": [*MODULE, "ruff", "check", "."],
    "ruff format": [*MODULE, "ruff", "format", "--check", "."],
    "import contracts": [str(Path(sys.executable).with_name("lint-imports"))],
    "types": [*MODULE, "mypy", "--strict", *SERVICES],
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the set; whatever else is given goes to pytest, and then only pytest runs."""
    parser.add_argument("--system", action="store_true", help="the slow set: real processes, faults, whole starts")
    parser.add_argument("--deploy", action="store_true", help="the files in deploy/, by helm, hadolint and the like")
    parser.epilog = "Other arguments go to pytest: ./hotline test tests/unit -k clock"


def run(args: argparse.Namespace) -> int:
    """Run the checks, then pytest last, so that its closing line is the last to be read."""
    progress = Progress()
    environment = clean_environment()
    failed = []
    if not (args.system or args.deploy or args.rest):
        for name, command in CHECKS.items():
            progress.step(name)
            if run_in(environment, command):
                failed.append(name)
    if failed:
        progress.step(f"FAILED: {', '.join(failed)}; the tests run nevertheless")
    slow = ["tests/deploy"] if args.deploy else ["tests/system", "tests/faults"] if args.system else None
    options = slow or ["-n", str(min(os.cpu_count() or 2, 8))]
    progress.step(f"tests: pytest {' '.join([*options, *args.rest])}")
    return run_in(environment, [*MODULE, "pytest", *options, *args.rest]) or len(failed)


def clean_environment() -> dict[str, str]:
    """Return the environment for tests: they make engines of their own and must not meet a person's by accident."""
    mine = {k: v for k, v in without_engine_variables(os.environ).items() if not k.startswith("HOTLINE_")}
    return mine | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def run_in(environment: dict[str, str], command: list[str]) -> int:
    """Run a command from the checkout's root to its end; return its exit code."""
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
