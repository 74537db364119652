"""What a fault is, and all there are. A new one is a function in a module of `cases`, under `@fault`."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from tests.faults.check import ALWAYS
from tests.faults.keeper import Options

if TYPE_CHECKING:
    from tests.faults.trial import Trial

# A business day in a minute: warnings and overdue marks come due while a fault lasts.
FAST = Options(clock_speed=1440)
PASSING = frozenset({201, 503})  # PostgreSQL is away: try again
BREAKING = frozenset({0, 201, 503})  # and connections of clients break
LEASE = 45.0  # what a killed consumer held comes back when its lease ends: so much later may instants fire


class Skipped(Exception):
    """This machine has no tool or no right that a fault needs; the message says which."""


@dataclass(frozen=True)
class Fault:
    """One fault. `inject` runs while clients file tickets; what it raises fails the trial."""

    id: str
    inject: "Callable[[Trial], None]"
    holds: str
    answers: frozenset[int] = ALWAYS
    outage: float = 0.0
    per_second: float = 30.0
    threads: int = 6
    stack: Options = FAST
    is_alone: bool = False  # needs a stack of its own, and leaves none behind
    in_smoke: bool = False
    in_full: bool = True
    keeps_programs: bool = True  # as many processes afterwards as before
    without: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What is injected, in one line."""
        return (self.inject.__doc__ or "").strip().splitlines()[0].rstrip(".")


FAULTS: dict[str, Fault] = {}


def fault(name: str, *, holds: str, **rest: object) -> "Callable[[Callable[[Trial], None]], Callable[[Trial], None]]":
    """Enter a function as a fault: its docstring says what is injected, `holds` what must hold besides I1-I16."""

    def enter(inject: "Callable[[Trial], None]") -> "Callable[[Trial], None]":
        assert name not in FAULTS, f"{name} stands twice"
        FAULTS[name] = Fault(name, inject, holds, **rest)  # type: ignore[arg-type]
        return inject

    return enter


def all_faults() -> dict[str, Fault]:
    """Return every fault by id, in order."""
    package = import_module("tests.faults.cases")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"tests.faults.cases.{module.name}")
    return dict(sorted(FAULTS.items(), key=lambda item: _order(item[0])))


def _order(name: str) -> tuple[int, str]:
    digits = "".join(letter for letter in name if letter.isdecimal())
    return int(digits or 0), name
