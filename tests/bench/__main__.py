"""Runs every measurement and prints one table: `python -m tests.bench`, or with `--full` at the sizes of the goals.

Each program is one process, one after the other; one that fails has its place in the table and stops none of the rest.
Run on a machine that does nothing else. The raw figures go to standard error.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LONGEST_SECONDS = 5_400


@dataclass(frozen=True)
class Run:
    """A program with its words at modest and at full size, and how its figures are told."""

    what: str
    words: str
    full: str
    tell: Callable[[Any], str]


def _flow(found: Any) -> str:
    accepted, dispatched = found["accepted_ms"], found["dispatched_ms"]
    told = f"{found['answered_per_second']}/s, answers {found['answers']}, {found['left_with_router']} left;"
    told += f" accepted p50 {accepted['50']}, p99 {accepted['99']} ms,"
    told += f" dispatched p50 {dispatched['50']}, p99 {dispatched['99']} ms;"
    told += f" {found['processor_ms_per_ticket']['all']} ms of processor a ticket"
    return told + (f"; {_plain(found['notices'])}" if found["notices"] else "")


def _reads(found: Any) -> str:
    lines = []
    for size in found:
        lines.append(f"{size['tickets']:,} tickets (filled in {size['filled_in_seconds']} s)")
        for name, by_clients in size["reads"].items():
            one, more = (by_clients[f"{clients} clients"] for clients in (1, 8))
            lines.append(
                f"{name}: p50 {one['ms']['p50']}, p99 {one['ms']['p99']} ms; eight clients {more['per_second']}/s,"
                f" p99 {more['ms']['p99']} ms; {one['bytes']:,} bytes"
            )
    return "<br>".join(lines)


def _deadlines(found: Any) -> str:
    told = f"{found['fired']:,} of {found['deadlines']:,} fired within {found['all_fired_after_seconds']} s; late"
    told += f" {_plain(found['late_seconds'])} s"
    return told + "".join(f"; {name} meanwhile p99 {one['ms']['p99']} ms" for name, one in found["meanwhile"].items())


def _followers(found: Any) -> str:
    return "<br>".join(
        f"{one['followers']:,}: connected in {one['all_connected_after_seconds']} s (each p99"
        f" {one['connect_ms']['p99']} ms), {one['kib_each']} KiB each, idle {one['idle_core_percent']} % of a core,"
        f" message after p50 {one['delay_ms']['p50']}, p99 {one['delay_ms']['p99']} ms"
        for one in found
    )


def _claims(found: Any) -> str:
    return f"{found['claims_per_second']:,}/s with {found['claimers']} claimers"


def _starts(found: Any) -> str:
    memory, core = found["memory_mib"]["all"], found["core_percent"]["all"]
    told = f"ready after {found['cold_seconds']} s, the second time {found['second_seconds']} s;"
    return f"{told} at rest {memory} MiB and {core} % of a core"


def _plain(found: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items())


def _search(found: Any) -> str:
    return ", ".join(f"{name} {one['median_ms']}" for name, one in found["searches"].items()) + " ms"


RUNS = (
    Run("request to desk", "flow --rate 50 --seconds 20", "flow --rate 300 --seconds 180", _flow),
    Run("with notices", "flow --rate 50 --seconds 20 --notices", "flow --rate 300 --seconds 30 --notices", _flow),
    Run("reading", "reads --tickets 10000", "reads --tickets 100000 1000000", _reads),
    Run("deadlines at once", "deadlines --deadlines 1000", "deadlines --deadlines 10000", _deadlines),
    Run("live followers", "followers --followers 200 --steps 100", "followers --followers 1000 5000", _followers),
    Run("claims", "claims --open 100000 --due 10000", "claims --open 1000000 --due 50000", _claims),
    Run("claims", "claims --open 1000000 --due 10000", "claims --open 10000000 --due 50000", _claims),
    Run("starting, standing still", "starts --seconds 15", "starts", _starts),
    Run("search", "search --tickets 10000 --writes 200", "search --tickets 100000", _search),
    Run("counting a due time", "due --counts 500", "due", lambda found: f"{_plain(found['microseconds'])} µs"),
)


def figure(run: Run, words: str) -> str:
    """Run one program and return what it found, or how it failed."""
    command = [sys.executable, "-m", *f"tests.bench.{words}".split()]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=LONGEST_SECONDS)
        print(done.stdout, file=sys.stderr, flush=True)
        return run.tell(json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError, KeyError) as error:
        return f"failed: {type(error).__name__}: {error}".replace("\n", " ")


def main() -> int:
    """Run all, print the table; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the goals: about an hour")
    is_full = parser.parse_args().full
    print("| what | figures | command |\n|---|---|---|", flush=True)
    figures = []
    for run in RUNS:
        words = run.full if is_full else run.words
        figures.append(figure(run, words))
        print(f"| {run.what} | {figures[-1]} | `python -m tests.bench.{words}` |", flush=True)
    return int(any(one.startswith("failed") for one in figures))


if __name__ == "__main__":
    sys.exit(main())
