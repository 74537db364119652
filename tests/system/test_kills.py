"""`kill -9` of anything but the supervisor, again and again, while tickets come in (FAULTS T1-T6)."""

import os
import random
import signal
import time
from pathlib import Path

from tests.system.invariants import DUE_AND_UNDONE, WITH_THE_ROUTER, check
from tests.system.load import Load, figures, seed_of_this_run
from tests.system.running import Instance, wait

KILLS, TICKETS, CLIENTS = 20, 2000, 6
# What a killed consumer held comes back when its lease of 40 s ends.
HEAL_SECONDS = 75.0

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


def _kill(instance: Instance, target: str, chance: random.Random) -> None:
    program, _, is_child = target.partition(" ")
    wait(lambda: len(instance.pids(program)) > bool(is_child), f"{target} to be there to be killed", 30)
    pids = instance.pids(program)
    os.kill(chance.choice(pids[1:]) if is_child else pids[0], signal.SIGKILL)


def test_twenty_kills_at_random_lose_no_ticket_and_double_no_effect(fragile: Instance, tmp_path: Path) -> None:
    seed = seed_of_this_run()
    chance = random.Random(seed)
    began = time.monotonic()
    # Every target at least once, the rest by lot; one kill for each share of the tickets, so that all meet load.
    targets = chance.sample(TARGETS, len(TARGETS)) + chance.choices(TARGETS, k=KILLS - len(TARGETS))
    load = Load(fragile.public_url, tmp_path / "history.jsonl", seed, threads=CLIENTS, per_second=60).start(TICKETS)
    for number, target in enumerate(targets):
        share = TICKETS * (number + chance.random()) / (KILLS + 1)
        wait(lambda share=share: len(load.told.numbers) >= share, "clients to get on", 60, every=0.02)  # type: ignore[misc]
        _kill(fragile, target, chance)
    told = load.wait()
    posted = time.monotonic() - began
    healed = wait(lambda: fragile.value(WITH_THE_ROUTER) == 0, "all tickets to leave the router", HEAL_SECONDS)
    wait(lambda: fragile.value(DUE_AND_UNDONE) == 0, "all due jobs to be done", HEAL_SECONDS)
    print(f"{figures(told)}; {posted:.0f} s of load, then {healed:.1f} s until all had left the router")
    print("killed:", ", ".join(targets))
    assert len(told.numbers) == TICKETS
    check(fragile, told)
    wait(fragile.is_ready, "every process to run again", 30)
