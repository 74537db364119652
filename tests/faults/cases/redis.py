"""Redis killed, emptied, frozen, full, slow, gone: intake never notices, tickets leave the router (FAULTS T8-T13)."""

import contextlib
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import redis

from tests.faults.catalogue import fault
from tests.faults.load import percentile
from tests.faults.proxy import Weather
from tests.faults.stack import wait
from tests.faults.trial import Trial

# P7 allows 50 ms at the 99th percentile on a machine of its own; here all share it with the harness. What must never
# be: that requests wait for Redis, whose time-out is half a second. Then all of them would.
ADDED_P75_SECONDS = 0.4


@contextmanager
def client(trial: Trial) -> Iterator[Any]:
    """Speak to Redis itself, behind the proxies' backs."""
    with redis.Redis.from_url(trial.stack.redis_url, socket_timeout=5, socket_connect_timeout=5) as opened:
        yield opened


def as_fast_as_before(trial: Trial, since: float) -> None:
    """Demand that requests did not wait for Redis; the first seconds of the load say how fast they were."""
    before = sorted(one.seconds for one in trial.told.attempts if one.at < since)
    now = trial.attempts_since(since)
    trial.demand(bool(now), "no request was accepted meanwhile")
    trial.demand(bool(before), "no request came before, to compare with")
    for share in (0.5, 0.99):
        trial.note(
            f"p{share * 100:.0f} {percentile(before, share) * 1000:.0f} -> {percentile(now, share) * 1000:.0f} ms"
        )
    added = percentile(now, 0.75) - percentile(before, 0.75)
    trial.demand(added <= ADDED_P75_SECONDS, f"requests wait {added:.2f} s longer without Redis")


def is_degraded(trial: Trial) -> None:
    """Demand that readiness says so and yet lets requests in."""
    answer = httpx.get(f"{trial.stack.public_url}/health/ready", trust_env=False, timeout=10)
    said = (answer.status_code, answer.json()["status"])
    trial.demand(said == (200, "degraded"), f"/health/ready says {said}")


def kill_empty(trial: Trial) -> None:
    """Kill Valkey and take its file away; the supervisor starts it again, empty."""
    stack = trial.stack
    wait(lambda: "valkey" in stack.programs(), "Valkey to be there to be killed", 30)
    before = stack.programs()["valkey"]
    shutil.rmtree(stack.home.valkey / "appendonlydir", ignore_errors=True)
    stack.signal("valkey", signal.SIGKILL)
    wait(lambda: stack.programs().get("valkey", before) != before, "the supervisor to start Valkey again", 30)


def freeze(trial: Trial, seconds: float) -> None:
    """Freeze Redis for a while."""
    with trial.stack.frozen("valkey"):
        trial.pause(seconds)


def empty(trial: Trial) -> None:
    """Empty Redis, or only what the broker needs to know where its queues are."""
    with client(trial) as opened, contextlib.suppress(redis.RedisError):
        keys = [key for key in opened.scan_iter() if b"unacked" in key or b"_kombu" in key]
        if trial.chance.random() < 0.5 or not keys:
            opened.flushall()
        else:
            opened.delete(*keys)


@fault("T8", holds="I10; exited workers are started again", in_smoke=True)
def killed_and_back_empty(trial: Trial) -> None:
    """Redis is killed 3 times and comes back empty."""
    began = time.monotonic()
    for _ in range(3):
        kill_empty(trial)
        trial.pause(1.5, 3)
    as_fast_as_before(trial, began)


@fault("T8b", holds="I10; every ticket still leaves the router and every deadline fires")
def gone_for_good(trial: Trial) -> None:
    """Redis is gone for 20 s, which is for good as far as anybody knows."""
    began = time.monotonic()
    trial.stack.stop("valkey", at_once=True)
    trial.pause(20)
    is_degraded(trial)
    late = trial.stack.value(
        "SELECT coalesce(max(extract(epoch FROM real_lag(due_at))), 0)::float8 FROM job"
        " WHERE state = 'todo' AND kind <> 'tidy' AND due_at <= business_now()"
    )
    trial.note(f"oldest due job {late:.1f} s while Redis is gone")
    trial.demand(late <= 10, f"the oldest due job is {late:.1f} s late without Redis")
    as_fast_as_before(trial, began)


@fault("T9", holds="I10; /health/ready says degraded; requests as fast as before", in_smoke=True)
def frozen_for_ten_seconds(trial: Trial) -> None:
    """Redis is frozen for 10 s by SIGSTOP."""
    began = time.monotonic()
    with trial.stack.frozen("valkey"):
        trial.pause(3)
        is_degraded(trial)
        trial.pause(7)
    as_fast_as_before(trial, began)


@fault("T9b", holds="as T9", in_full=False)
def frozen_for_a_minute(trial: Trial) -> None:
    """Redis is frozen for 60 s."""
    began = time.monotonic()
    freeze(trial, 60)
    as_fast_as_before(trial, began)


@fault("T10", holds="I7", in_smoke=True)
def emptied(trial: Trial) -> None:
    """FLUSHALL, or DEL of the broker's own keys, 14 times at random."""
    for _ in range(14):
        trial.pause(0.2, 1.2)
        empty(trial)


@fault("T11", holds="as T8; /health/ready says degraded")
def full(trial: Trial) -> None:
    """Redis has no memory left (maxmemory 1mb, noeviction) for 10 s."""
    began = time.monotonic()
    with client(trial) as opened:
        usual = opened.config_get("maxmemory")["maxmemory"]
        trial.at_end.append(lambda: _configure(trial, maxmemory=usual))
        opened.config_set("maxmemory", "1mb")
        trial.demand(_refuses_writes(opened), "Redis still takes something in")
        trial.pause(5)
        is_degraded(trial)
        trial.pause(5)
    as_fast_as_before(trial, began)


def _refuses_writes(opened: Any) -> bool:
    try:
        for number in range(400):
            opened.set(f"filler:{number}", b"x" * 10_000)
    except redis.OutOfMemoryError:
        return True
    return False


def _configure(trial: Trial, **values: str) -> None:
    with client(trial) as opened:
        for name, value in values.items():
            opened.config_set(name.replace("_", "-"), value)


@fault("T12", holds="degraded, not down; no password in a log")
def slow_read_only_locked(trial: Trial) -> None:
    """Redis pauses all clients for 3 s, refuses writes, changes its password; 4 s each."""
    began = time.monotonic()
    with client(trial) as opened:
        opened.client_pause(3000, True)
        trial.pause(4)
        trial.at_end.append(lambda: _configure(trial, min_replicas_to_write="0"))
        opened.config_set("min-replicas-to-write", "1")
        trial.pause(4)
        is_degraded(trial)
        opened.config_set("min-replicas-to-write", "0")
        usual = opened.config_get("requirepass")["requirepass"]
        opened.config_set("requirepass", "another-password-of-the-nemesis")
        try:
            opened.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            trial.pause(4)
            is_degraded(trial)
        finally:
            opened.config_set("requirepass", usual)
    as_fast_as_before(trial, began)


@fault("T13", holds="0 lost; the consumer is back within 60 s", per_second=20)
def no_reply(trial: Trial) -> None:
    """What Redis says to router and worker vanishes for 8 s: a message is gone from the queue and nowhere else."""
    proxies = trial.stack.proxies
    for name in ("router.redis", "worker.redis"):
        proxies[name].set(Weather(drops_replies=True))
    trial.pause(8)
    for name in ("router.redis", "worker.redis"):
        proxies[name].set(Weather())
    took = wait(lambda: _consumers(trial) >= 2, "router and worker to wait for messages again", 60)
    trial.note(f"consumers back after {took:.1f} s")


def _consumers(trial: Trial) -> int:
    """Return how many wait for a message just now."""
    with client(trial) as opened:
        return sum(one["cmd"] == "brpop" for one in opened.client_list())
