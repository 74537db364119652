"""Planted bugs: a patch each, its first lines saying what it breaks, what must see it and by which words."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.command.paths import ROOT

HERE = Path(__file__).parent
ALWAYS = (3, 4, 5)
CHECK_SECONDS = 600.0
_COPIED = ("shared", "intake", "router", "worker", "tests", "docs/samples", "pyproject.toml")


class DoesNotApply(Exception):
    """The source has moved on: the patch has to follow it."""


@dataclass(frozen=True)
class Bug:
    """One bug. `caught_by` is a test, `expect` what its failure must say."""

    number: int
    what: str
    caught_by: str
    expect: str
    patch: str


def bugs() -> list[Bug]:
    """Return all of them, by number."""
    return sorted((_read(path) for path in HERE.glob("*.patch")), key=lambda bug: bug.number)


def _read(path: Path) -> Bug:
    head, _, patch = path.read_text("utf-8").partition("\n--- ")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    return Bug(int(path.name.partition("_")[0]), said["bug"], said["caught by"], said["expect"], "--- " + patch)


@contextmanager
def copy_of_the_source() -> Iterator[Path]:
    """Give a copy of what runs and of what checks it."""
    with tempfile.TemporaryDirectory(prefix="hotline-seeded-") as folder:
        copy = Path(folder)
        for name in _COPIED:
            source, to = ROOT / name, copy / name
            if source.is_dir():
                shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, to)
        yield copy


def plant(bug: Bug, copy: Path) -> None:
    """Apply a patch. Raises `DoesNotApply` unless each of its hunks fits one place, to the letter."""
    path = Path()
    for part in bug.patch.split("\n--- "):
        lines = part.splitlines()
        path = copy / lines[1].removeprefix("+++ b/")
        if not path.is_file():
            raise DoesNotApply(f"bug {bug.number}: there is no {lines[1]}")
        text = path.read_text("utf-8")
        for before, after in _hunks(lines[2:]):
            if text.count(before) != 1:
                raise DoesNotApply(f"bug {bug.number}: {path.name} has {text.count(before)} times\n{before}")
            text = text.replace(before, after)
        path.write_text(text, "utf-8")


def _hunks(lines: list[str]) -> Iterator[tuple[str, str]]:
    before: list[str] = []
    after: list[str] = []
    for line in [*lines, "@@"]:
        if line.startswith("@@"):
            if before:
                yield "\n".join(before), "\n".join(after)
            before, after = [], []
        else:
            if not line.startswith("+"):
                before.append(line[1:])
            if not line.startswith("-"):
                after.append(line[1:])


@dataclass(frozen=True)
class Seen:
    """How a check went in a copy with the bug. `is_red` for the reason that was expected."""

    is_red: bool
    seconds: float
    said: str


def look(bug: Bug) -> Seen:
    """Plant a bug in a copy of the source and run there what must catch it."""
    began = time.monotonic()
    with copy_of_the_source() as copy:
        plant(bug, copy)
        command = [sys.executable, "-m", "pytest", "-qx", "--tb=short", "-p", "no:cacheprovider", "-p", "no:randomly"]
        done = subprocess.run(
            [*command, bug.caught_by], cwd=copy, env=_outside(copy), capture_output=True, text=True, check=False,
            timeout=CHECK_SECONDS,
        )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith("E ")]
    is_red = done.returncode == 1 and any(bug.expect in line for line in said)
    return Seen(is_red, time.monotonic() - began, "\n".join(said[:8]) or done.stdout[-2000:] + done.stderr[-2000:])


def _outside(copy: Path) -> dict[str, str]:
    from tests.faults.points.house import outside

    return outside() | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
