"""The long run before a release: T6 for 30 minutes, T9 for a minute, then kills until enough is known.

Sums stand in a file that a later run continues, so that it may be interrupted at any time.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from tests.faults.catalogue import Fault
from tests.faults.house import House
from tests.faults.trial import Figures, Result

WANTED_TICKETS, WANTED_KILLS = 50_000, 300
ONCE, AGAIN = ("T9b", "T6"), "T2"


@dataclass
class Sums:
    """What all long runs have shown together."""

    figures: Figures = field(default_factory=Figures)
    rounds: int = 0
    failed: int = 0
    once: tuple[str, ...] = ()

    def add(self, result: Result) -> None:
        """Count one more trial."""
        self.rounds += 1
        self.figures += result.figures
        self.failed += result.outcome == "FAIL"

    def is_enough(self) -> bool:
        """Tell whether P1's figures are reached."""
        return self.figures.accepted >= WANTED_TICKETS and self.figures.kills >= WANTED_KILLS


def run(known: Mapping[str, Fault], seed: int, file: Path) -> int:
    """Go on from what `file` holds until it is enough; 1 if any trial failed."""
    sums = _read(file) if file.exists() else Sums()
    print(f"seed {seed}; sums in {file}: {in_words(sums)}", flush=True)
    with House(seed) as house:
        for name in (name for name in ONCE if name not in sums.once):
            _note(sums, house.run(known[name]), file)
            sums.once = (*sums.once, name)
            _write(sums, file)
        while not sums.is_enough():
            # A lot of its own for each round.
            _note(sums, house.run(known[AGAIN], seed + sums.rounds), file)
    print(in_words(sums))
    return 1 if sums.failed else 0


def _note(sums: Sums, result: Result, file: Path) -> None:
    sums.add(result)
    _write(sums, file)
    print(f"{result.fault} {result.outcome} {result.why} {result.notes}\n  so far: {in_words(sums)}", flush=True)


def _read(file: Path) -> Sums:
    said = json.loads(file.read_text())
    return Sums(Figures(**{one.name: said.pop(one.name) for one in fields(Figures)}), **said)


def _write(sums: Sums, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    said = asdict(sums)
    half.write_text(json.dumps(said.pop("figures") | said, indent=1))
    half.replace(file)


def in_words(sums: Sums) -> str:
    """Return the line for docs/benchmarks.md."""
    of = sums.figures
    return (
        f"{of.accepted:,} tickets accepted over {of.kills:,} kills in {sums.rounds} trials,"
        f" {of.seconds / 60:.0f} minutes: {of.lost} lost, {of.doubles} doubles, {of.fired:,} instants fired,"
        f" the latest {of.late_worst:.1f} s late; {sums.failed} trials failed"
    )
