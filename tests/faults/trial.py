"""One fault from beginning to end: load, fault, heal, wait, check."""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.faults.catalogue import Fault, Skipped
from tests.faults.check import DOUBLED, LOST, Look, broken, lateness, shown
from tests.faults.load import Load, Told, figures, percentile
from tests.faults.pace import Pace
from tests.faults.queries import DOUBLING, LONG_DUE, WITH_THE_ROUTER
from tests.faults.stack import Stack, wait

WARM_SECONDS, AFTER_SECONDS = 2.0, 2.0
HEAL_SECONDS = 75.0  # P2, P3: a lease and the way back


@dataclass
class Trial:
    """What a fault's function gets: the product, its clients, a seeded lot, a folder."""

    stack: Stack
    load: Load
    chance: random.Random
    folder: Path
    per_second: float
    kills: int = 0
    notes: list[str] = field(default_factory=list)
    at_end: list[Callable[[], None]] = field(default_factory=list)
    answers_since: float = 0.0

    @property
    def told(self) -> Told:
        """What clients have been told so far."""
        return self.load.told

    def pause(self, least: float, most: float | None = None) -> None:
        """Let the fault last; with `most`, as long as the lot says."""
        time.sleep(least if most is None else self.chance.uniform(least, most))

    def note(self, text: str) -> None:
        """Add to the line of the table."""
        self.notes.append(text)

    def need(self, *tools: str) -> None:
        """Skip the fault where the machine lacks one of these programs."""
        missing = [tool for tool in tools if shutil.which(tool) is None]
        if missing:
            raise Skipped(f"{', '.join(missing)} is not installed")

    def await_tickets(self, count: int, seconds: float) -> None:
        """Wait until clients have filed `count` since the beginning."""
        most = seconds * self.stack.pace.slowness
        wait(lambda: len(self.told.numbers) >= count, f"{count} tickets", most, every=0.02)

    def await_answer(self, seconds: float, status: int = 201) -> float:
        """Wait for an answer to a request that begins from now on; return how long that took."""
        began = time.monotonic()
        wait(
            lambda: any(one.status == status and one.at > began for one in self.told.attempts[-200:]),
            f"an answer {status}", seconds, every=0.02,
        )  # fmt: skip
        return time.monotonic() - began

    def attempts_since(self, instant: float) -> list[float]:
        """Return the sorted seconds that answered requests took which began after an instant."""
        return sorted(one.seconds for one in self.told.attempts if one.at >= instant and one.status == 201)

    def accepted_since(self, instant: float) -> float:
        """Return which share of the requests was accepted at once that began after an instant: 0 of none."""
        began = [one.status == 201 for one in self.told.attempts if one.at >= instant]
        return sum(began) / len(began) if began else 0.0

    def slowest(self, status: int) -> float:
        """Return the seconds of the slowest answer with a status."""
        return max(self.told.latencies(status), default=0.0)

    def demand(self, holds: bool, otherwise: str) -> None:
        """Fail the fault with a sentence unless something holds."""
        if not holds:
            raise AssertionError(otherwise)

    def demand_within(self, seconds: float, most: float, otherwise: str) -> None:
        """Fail the fault unless something was as fast as this machine allows; judges nothing where that is too slow."""
        pace = self.stack.pace
        self.demand(not pace.is_fit or seconds <= most * pace.slowness, otherwise)


@dataclass(frozen=True)
class Figures:
    """What is counted of a trial, and of many together."""

    seconds: float = 0.0
    accepted: int = 0
    kills: int = 0
    lost: int = 0
    doubles: int = 0
    fired: int = 0
    late_worst: float = 0.0

    def __add__(self, other: "Figures") -> "Figures":
        mine, others = asdict(self), asdict(other)
        summed = {name: value + others[name] for name, value in mine.items()}
        return Figures(**summed | {"late_worst": max(self.late_worst, other.late_worst)})


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    fault: str
    outcome: str  # PASS, FAIL or SKIPPED
    why: str = ""
    figures: Figures = field(default_factory=Figures)
    pace: Pace = field(default_factory=Pace)
    notes: str = ""


def run(fault: Fault, stack: Stack, seed: int, folder: Path) -> Result:
    """Try one fault on a healthy stack; leaves it healed."""
    began = time.monotonic()
    wait(stack.is_ready, "the stack to be whole", 90)
    chance = random.Random(f"{seed}-{fault.id}")
    folder.mkdir(parents=True, exist_ok=True)
    load = Load(
        stack.public_url, folder / f"{fault.id}.jsonl", chance.randrange(10**9),
        threads=fault.threads, per_second=fault.per_second,
    )  # fmt: skip
    trial = Trial(stack, load, chance, folder, fault.per_second)
    since, before = stack.value("SELECT clock_timestamp()"), {}
    load.start()
    failures: list[str] = []
    try:
        trial.pause(WARM_SECONDS)
        before = stack.burden() if fault.keeps_programs else {}
        fault.inject(trial)
    except Skipped as why:
        load.stop()
        _end(trial, stack)
        return Result(fault.id, "SKIPPED", str(why), pace=stack.pace)
    except Exception as error:  # noqa: BLE001 whatever goes wrong is a line of the table
        failures.append(f"{type(error).__name__}: {error}")
    failures += _heal(trial, stack)
    told = load.stop()
    failures += _settle(stack)
    look = Look(stack, told, fault.answers, fault.outage, since, before, without=fault.without)
    counted, wrong = _judged(look, Figures(accepted=len(told.numbers), kills=trial.kills))
    failures += wrong
    return Result(
        fault.id,
        "FAIL" if failures else "PASS",
        "; ".join(failures),
        replace(counted, seconds=time.monotonic() - began),
        stack.pace,
        "; ".join([*trial.notes, figures(told)]),
    )


def _judged(look: Look, counted: Figures) -> tuple[Figures, list[str]]:
    """Look for what does not hold; return it in words, and what can be counted."""
    try:
        found = broken(look)
        lost, doubles = (sum(len(found.get(name, [])) for name in names) for names in ({LOST}, {DOUBLED, *DOUBLING}))
        counted = replace(counted, lost=lost, doubles=doubles)
        late = lateness(look)
        return replace(counted, fired=len(late), late_worst=max(late, default=0.0)), shown(found)
    except Exception as error:  # noqa: BLE001 what cannot be asked is a line of the table too
        return counted, [f"checking: {type(error).__name__}: {error}"]


def _end(trial: Trial, stack: Stack) -> list[str]:
    """Undo the fault; return what could not be undone."""
    failures = []
    for undo in (stack.heal, *reversed(trial.at_end), stack.heal):
        try:
            undo()
        except Exception as error:  # noqa: BLE001 the others are to be undone too
            failures.append(f"healing: {type(error).__name__}: {error}")
    return failures


def _heal(trial: Trial, stack: Stack) -> list[str]:
    """Undo the fault under load, and see that requests are answered again."""
    failures = _end(trial, stack)
    try:
        trial.note(f"201 again after {trial.await_answer(60):.1f} s")
        trial.pause(AFTER_SECONDS)
        wait(stack.is_ready, "every process to run again", 60)
    except AssertionError as error:
        failures.append(str(error))
    return failures


def _settle(stack: Stack) -> list[str]:
    """Wait until nothing is left to do."""
    try:
        wait(lambda: stack.value(WITH_THE_ROUTER) == 0, "all tickets to leave the router", HEAL_SECONDS)
        wait(lambda: stack.value(LONG_DUE) == 0, "all due jobs to be done", HEAL_SECONDS)
    except AssertionError as error:
        return [str(error)]
    return []


def p99_since(trial: Trial, instant: float) -> float:
    """Return the 99th percentile of answered requests that began after an instant."""
    return percentile(trial.attempts_since(instant), 0.99)
