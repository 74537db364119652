"""`./hotline faults`: chosen faults, the full set or the long run, and one table in the end."""

import argparse
import random
import sys
import time
from pathlib import Path

from shared.command.paths import data_base
from tests.faults import long, singles
from tests.faults.catalogue import Fault, all_faults
from tests.faults.house import House
from tests.faults.trial import Figures, Result


def main(words: list[str]) -> int:
    """Run what was asked for; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="hotline faults", description="break a running instance, and see what holds")
    parser.add_argument("faults", nargs="*", metavar="T9", help="ids")
    parser.add_argument("--full", action="store_true", help="every fault but those of the long run")
    parser.add_argument("--smoke", action="store_true", help="the few that `test --system` runs")
    parser.add_argument("--seed", type=int, help="repeats what was drawn by lot")
    parser.add_argument("--long", action="store_true", help="before a release: hours, summed over runs in --results")
    parser.add_argument("--results", type=Path, default=data_base() / "faults.json", help="where the long run sums")
    parser.add_argument("--list", action="store_true", help="tell what there is")
    args = parser.parse_args(words)
    known = all_faults()
    unknown = [name for name in args.faults if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    seed = random.SystemRandom().randrange(10**6) if args.seed is None else args.seed
    if args.long:
        return long.run(known, seed, args.results)
    chosen = [known[name] for name in args.faults]
    chosen += [one for one in known.values() if (args.full and one.in_full) or (args.smoke and one.in_smoke)]
    if not chosen:
        for one in known.values():
            print(f"{one.id:<5} {one.what}.\n      holds: {one.holds}")
        return 0
    return max(run(chosen, seed), singles.run() if args.full else 0)


def run(chosen: list[Fault], seed: int) -> int:
    """Run faults one after the other and print the table."""
    print(f"seed {seed}: ./hotline faults … --seed {seed}", flush=True)
    began, results = time.monotonic(), []
    with House(seed) as house:
        for one in chosen:
            print(f"{one.id:<5} {one.what} …", flush=True)
            results.append(house.run(one))
            print(f"      {results[-1].outcome} {results[-1].why}\n      {results[-1].notes}", flush=True)
    print(table(results, {one.id: one for one in chosen}))
    counts = {outcome: sum(one.outcome == outcome for one in results) for outcome in ("PASS", "FAIL", "SKIPPED")}
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    total = sum((one.figures for one in results), Figures())
    print(f"{said}; {total.accepted:,} tickets accepted over {total.kills} kills, {total.lost} lost;"
          f" {time.monotonic() - began:.0f} s, seed {seed}")  # fmt: skip
    return 1 if counts["FAIL"] else 0


def table(results: list[Result], faults: dict[str, Fault]) -> str:
    """Return the table for a terminal."""
    head = f"\n{'fault':<6}{'seconds':>8}{'accepted':>9}{'kills':>6}{'lost':>5}{'doubles':>8}{'fired':>7}"
    lines = [head + f"{'late s':>9}{'slow':>6}  outcome  what"]
    for one in results:
        of = one.figures
        line = f"{one.fault:<6}{of.seconds:>8.1f}{of.accepted:>9}{of.kills:>6}{of.lost:>5}{of.doubles:>8}{of.fired:>7}"
        line += f"{of.late_worst:>9.1f}{one.pace.times:>6.1f}  {one.outcome:<8} {faults[one.fault].what[:70]}"
        line += "" if one.pace.is_fit else "\n       bounds of speed: not measured, the machine is too slow"
        lines.append(line + (f"\n       {one.why[:400]}" if one.why else ""))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
