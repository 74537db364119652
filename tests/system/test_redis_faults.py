"""Redis killed, emptied, frozen, gone: intake never notices and all tickets leave the router (FAULTS T8-T10)."""

import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import redis

from tests.system.invariants import DUE_AND_UNDONE, WITH_THE_ROUTER, check
from tests.system.load import Load, figures, percentile, seed_of_this_run
from tests.system.running import Instance, wait

LOAD_SECONDS, PER_SECOND = 12.0, 30.0
CAUGHT_UP_SECONDS = 75.0
# P7 allows 50 ms on a machine of its own; here all share it with the test run. What must never be: that a request waits
# for Redis, whose time-out is half a second.
ADDED_P99_SECONDS = 0.4


def _under_load(instance: Instance, folder: Path, fault: Callable[[random.Random], None]) -> None:
    """Load before, load while `fault` runs; check what P7 promises."""
    seed = seed_of_this_run()
    url = instance.public_url
    before = Load(url, folder / "before.jsonl", seed, per_second=PER_SECOND).start(int(PER_SECOND * 5)).wait()
    load = Load(url, folder / "history.jsonl", seed + 1, per_second=PER_SECOND).start()
    began = time.monotonic()
    try:
        fault(random.Random(seed))
        time.sleep(max(0.0, LOAD_SECONDS - (time.monotonic() - began)))
    finally:
        told = load.stop()
    took = wait(lambda: instance.value(WITH_THE_ROUTER) == 0, "all tickets to leave the router", CAUGHT_UP_SECONDS)
    wait(lambda: instance.value(DUE_AND_UNDONE) == 0, "all due jobs to be done", CAUGHT_UP_SECONDS)
    base, now = percentile(before.latencies(201), 0.99), percentile(told.latencies(201), 0.99)
    print(f"{figures(told)}; p99 without the fault {base * 1000:.0f} ms; {took:.1f} s until all had left the router")
    assert set(told.statuses()) == {201}
    assert now - base <= ADDED_P99_SECONDS
    check(instance, told)


def _kill_empty(instance: Instance) -> None:
    """Kill Valkey and take its file away; the supervisor starts it again, empty."""
    before = instance.programs()["valkey"]
    shutil.rmtree(instance.home.valkey / "appendonlydir", ignore_errors=True)
    instance.signal("valkey", signal.SIGKILL)
    wait(lambda: instance.programs().get("valkey", before) != before, "the supervisor to start Valkey again", 30)


def test_redis_killed_and_back_empty_costs_no_request_and_no_ticket(fragile: Instance, tmp_path: Path) -> None:
    def fault(chance: random.Random) -> None:
        for _ in range(3):
            time.sleep(chance.uniform(1.5, 3.0))
            _kill_empty(fragile)

    _under_load(fragile, tmp_path, fault)
    wait(fragile.is_ready, "every process to run again", 30)


def test_redis_emptied_at_random_costs_no_request_and_no_ticket(fragile: Instance, tmp_path: Path) -> None:
    def fault(chance: random.Random) -> None:
        with redis.Redis.from_url(fragile.redis_url) as client:
            for _ in range(12):
                time.sleep(chance.uniform(0.2, 1.2))
                client.flushall()

    _under_load(fragile, tmp_path, fault)


def test_redis_frozen_for_ten_seconds_costs_no_request_and_no_ticket(fragile: Instance, tmp_path: Path) -> None:
    def fault(chance: random.Random) -> None:
        time.sleep(1)
        with fragile.frozen("valkey"):
            time.sleep(3)
            answer = httpx.get(f"{fragile.public_url}/health/ready", trust_env=False, timeout=10)
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            time.sleep(7)

    _under_load(fragile, tmp_path, fault)


def test_with_redis_gone_for_good_every_ticket_still_leaves_the_router(fragile: Instance, tmp_path: Path) -> None:
    def fault(chance: random.Random) -> None:
        time.sleep(1)
        fragile.stop("valkey", at_once=True)

    try:
        _under_load(fragile, tmp_path, fault)
    finally:
        fragile.start("valkey")
    wait(fragile.is_ready, "every process to run again", 60)
