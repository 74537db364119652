"""Too much at once: starved processors, 10,000 instants in a second, a flood of requests (FAULTS T32, T37, T38)."""

import json
import subprocess
import sys
import time

from shared.command.paths import ROOT
from tests.faults.catalogue import FAST, PASSING, fault
from tests.faults.keeper import Options
from tests.faults.queries import DUE_AND_UNDONE
from tests.faults.stack import wait
from tests.faults.trial import Trial, p99_since

MOST_DAYS = 90
INSTANTS, ALL_SECONDS, INTERACTIVE_SECONDS = 10_000, 60.0, 2.0
FLOOD_SECONDS, FLOOD_RATE = 20, 500
LEAST_ACCEPTED = 0.9  # of what others ask while somebody floods
_FIRED = "SELECT count(*) FROM job WHERE kind IN ('warn', 'overdue', 'red') AND state = 'done' AND outcome = 'done'"


@fault("T32", holds="nothing is wrongly given up; instants up to three times as late", outage=30, per_second=10)
def starved(trial: Trial) -> None:
    """Four busy loops and one that fills memory share the processors for 20 s."""
    trial.need("stress-ng")
    command = ["stress-ng", "--quiet", "--cpu", "4", "--vm", "1", "--vm-bytes", "256m", "--timeout", "20"]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True)
    trial.demand(done.returncode == 0, "stress-ng failed")


@fault(
    "T37", holds=f"all once within {ALL_SECONDS:.0f} s; p99 of requests {INTERACTIVE_SECONDS:.0f} s",
    is_alone=True, per_second=100, stack=Options(clock_speed=1.001),
    without=("I6 instants fire in time",),  # weeks late by the clock that was put on
)  # fmt: skip
def ten_thousand_at_once(trial: Trial) -> None:
    """While the worker is off time goes on by weeks: 10,000 instants are due when it comes back."""
    stack = trial.stack
    for program in ("worker", "worker-watch"):
        stack.stop(program)
    trial.await_tickets(INSTANTS // 3, 300)
    trial.load.slow_down(20)
    due = 0
    for _ in range(MOST_DAYS):
        stack.write("UPDATE business_clock SET business_anchor = business_anchor + interval '1 day'")
        due = stack.value(DUE_AND_UNDONE)
        if due >= INSTANTS:
            break
    trial.demand(due >= INSTANTS, f"only {due:,} instants are armed")
    began, fired = time.monotonic(), stack.value(_FIRED)
    for program in ("worker-watch", "worker"):
        stack.start(program)
    wait(lambda: stack.value(_FIRED) - fired >= INSTANTS, f"{INSTANTS:,} instants to fire", 240, every=0.5)
    took = time.monotonic() - began
    p99 = p99_since(trial, began)
    trial.note(f"{due:,} due at once, {INSTANTS:,} fired after {took:.1f} s, p99 of requests meanwhile {p99:.2f} s")
    trial.demand_within(took, ALL_SECONDS, f"{INSTANTS:,} instants took {took:.0f} s")
    trial.demand(bool(trial.attempts_since(began)), "no request was accepted meanwhile")
    trial.demand_within(p99, INTERACTIVE_SECONDS, f"p99 of requests was {p99:.2f} s")


@fault(
    "T38", holds="429 for the excess; of the others 90 % accepted, p99 2 s; every 201 has its ticket", is_alone=True,
    per_second=10, answers=PASSING,
    stack=Options(
        clock_speed=FAST.clock_speed, environment={"HOTLINE_EXEMPT_NETWORKS": "", "HOTLINE_TRUSTED_PROXIES": "1"}
    ),
)  # fmt: skip
def flood(trial: Trial) -> None:
    """500 anonymous requests a second for 20 s: from one phone, from one address, from many."""
    for who in ("phone", "address", "many"):
        began = time.monotonic()
        words = [who, trial.stack.public_url, str(FLOOD_SECONDS / 3), str(FLOOD_RATE)]
        command = [sys.executable, "-m", "tests.faults.flood", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
        said = json.loads(done.stdout)
        trial.at_end.append(lambda numbers=said["numbers"]: _all_there(trial, numbers))  # type: ignore[misc]
        share, p99 = trial.accepted_since(began), p99_since(trial, began)
        trial.note(f"{who}: {said['statuses']}, {share:.0%} of the others' accepted, p99 {p99:.2f} s")
        trial.demand(share >= LEAST_ACCEPTED, f"of the others' requests {share:.0%} were accepted while {who} flooded")
        trial.demand_within(p99, INTERACTIVE_SECONDS, f"others' p99 was {p99:.2f} s while {who} flooded")
        if who != "many":
            trial.demand(said["statuses"].get("429", 0) > 0, f"the excess from one {who} was not refused")
        trial.demand(not said["statuses"].keys() - {"201", "429", "503"}, f"other answers: {said['statuses']}")


def _all_there(trial: Trial, ids: list[int]) -> None:
    kept = {one for (one,) in trial.stack.rows("SELECT id FROM ticket WHERE id = ANY(%s)", ids)}
    trial.demand(kept == set(ids), f"lost: {sorted(set(ids) - kept)[:20]}")
