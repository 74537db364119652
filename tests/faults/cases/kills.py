"""`kill -9` of anything but the supervisor (FAULTS T1-T5)."""

import contextlib
import os
import signal
import time

from tests.faults.catalogue import BREAKING, LEASE, fault
from tests.faults.stack import wait
from tests.faults.trial import Trial

KILLS, TICKETS = 20, 2000
WHOLE_SECONDS = 30.0
TARGETS = [
    "intake-public",
    "intake-public worker",
    "intake-staff",
    "stream",
    "router",
    "router child",
    "router-watch",
    "worker",
    "worker child",
    "worker-watch",
    "sender",
]
_ROUTING_NOW = "SELECT count(*) FROM job WHERE kind = 'route' AND state = 'todo' AND leased_until > clock_timestamp()"


def kill(trial: Trial, target: str) -> None:
    """Kill a program's main process, or by lot one of its children."""
    program, _, is_child = target.partition(" ")
    stack = trial.stack
    wait(lambda: len(stack.pids(program)) > bool(is_child), f"{target} to be there to be killed", 60, every=0.02)
    pids = stack.pids(program)
    trial.kills += 1
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(trial.chance.choice(pids[1:]) if is_child else pids[0], signal.SIGKILL)


def kill_whole(trial: Trial, program: str) -> None:
    """Kill a program with all its children."""
    wait(lambda: len(trial.stack.pids(program)) > 0, f"{program} to be there to be killed", 60, every=0.02)
    trial.kills += 1
    trial.stack.signal(program, signal.SIGKILL)


@fault("T1", holds="what it was working on is done again within 75 s, once", outage=LEASE)
def router_child(trial: Trial) -> None:
    """kill -9 of the router's pool child while it has jobs under lease, 8 times."""
    hits = 0
    for _ in range(8):
        with contextlib.suppress(AssertionError):  # at this load it may be idle just now
            wait(lambda: trial.stack.value(_ROUTING_NOW) > 0, "a job under lease", 2, every=0.001)
            hits += 1
        kill(trial, "router child")
        trial.pause(0.5, 1.5)
    trial.note(f"8 kills, {hits} with jobs under lease")
    trial.demand(hits > 0, "no kill met a job under lease")


@fault("T2", holds="0 lost of 2,000", answers=BREAKING, outage=2 * LEASE, per_second=60, in_smoke=True)
def twenty_kills(trial: Trial) -> None:
    """kill -9 of 20 processes at random, every kind at least once, while 2,000 tickets come in."""
    # A job may lose its consumer twice: hence two leases. One kill for each share of the tickets: all meet load.
    targets = trial.chance.sample(TARGETS, len(TARGETS)) + trial.chance.choices(TARGETS, k=KILLS - len(TARGETS))
    for number, target in enumerate(targets):
        trial.await_tickets(int(TICKETS * (number + trial.chance.random()) / (KILLS + 1)), 90)
        kill(trial, target)
    trial.await_tickets(TICKETS, 120)
    trial.note(f"{KILLS} kills")


@fault("T3", holds="bells alone carry the work meanwhile; nothing is done twice", outage=LEASE)
def watches(trial: Trial) -> None:
    """kill -9 of both watches at random, 12 times."""
    for _ in range(12):
        kill_whole(trial, trial.chance.choice(["router-watch", "worker-watch"]))
        trial.pause(0.4, 1.2)


@fault("T4", holds="the client sees a reset and its repeat gets the SAME number", answers=BREAKING, per_second=60)
def intake_workers(trial: Trial) -> None:
    """kill -9 of intake's worker processes in the middle of requests, 12 times."""
    for _ in range(12):
        kill(trial, "intake-public worker")
        trial.pause(0.5, 1.5)
    broken = trial.told.statuses().get(0, 0)
    trial.note(f"{broken} connections broken")
    trial.demand(broken > 0, "no request was in the middle of anything")


@fault("T5", holds=f"all healthy within {WHOLE_SECONDS:.0f} s", answers=BREAKING, outage=LEASE + 20)
def everything(trial: Trial) -> None:
    """kill -9 of every process but the supervisor at once, engines included, in random order, twice."""
    for _ in range(2):
        everything_once(trial)
        began = time.monotonic()
        wait(trial.stack.is_ready, "every process to run again", 90)
        took = time.monotonic() - began
        trial.note(f"whole after {took:.1f} s")
        trial.demand_within(took, WHOLE_SECONDS, f"whole only after {took:.1f} s")
        trial.pause(3)


def everything_once(trial: Trial) -> None:
    """Kill every process of the instance but the supervisor."""
    programs = [name for name in trial.stack.programs() if name != "keeper"]
    doomed = [pid for name in trial.chance.sample(programs, len(programs)) for pid in trial.stack.pids(name)]
    trial.kills += len(programs)
    for pid in doomed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait(lambda: not set(doomed) & set(trial.stack.programs().values()), "the supervisor to see it", 30)
