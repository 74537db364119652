"""PostgreSQL stopped, killed, frozen, locked, full of sessions: 503, never half a ticket, back by itself (T14-T18)."""

import contextlib
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg

from tests.faults.catalogue import LEASE, PASSING, fault
from tests.faults.proxy import Weather
from tests.faults.stack import wait
from tests.faults.trial import Trial

# P8. The client measures from its own side of a busy machine, hence the half second.
ANSWER_SECONDS, BACK_SECONDS = 3.5, 10.0
# Behind requests that wait 2 s for a lock each, another has waited 3 s for its turn before it does the same.
BEHIND_LOCKS_SECONDS = 5.5
_END_SESSIONS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE usename = 'hotline_app' AND application_name <> 'greedy'"""


@contextmanager
def superuser(trial: Trial) -> Iterator[psycopg.Connection]:
    """Speak to PostgreSQL itself, behind the proxies' backs."""
    with psycopg.connect(trial.stack.superuser_url, autocommit=True, connect_timeout=5) as opened:
        yield opened


def refuses_in_time(trial: Trial, seconds: float = ANSWER_SECONDS) -> None:
    """Demand that every answer 503 came within three seconds, or as many as said, and that there was one."""
    slowest = trial.slowest(503)
    trial.note(f"slowest 503 {slowest:.2f} s")
    trial.demand(slowest > 0, "no request met the fault")
    trial.demand_within(slowest, seconds, f"an answer 503 took {slowest:.2f} s")


def is_back_in_time(trial: Trial) -> None:
    """Demand that requests are accepted again within ten seconds, counted from now."""
    back = trial.await_answer(60)
    trial.note(f"back after {back:.2f} s")
    trial.demand_within(back, BACK_SECONDS, f"requests are accepted again only after {back:.1f} s")


def stop_and_start(trial: Trial, seconds: float) -> None:
    """Stop PostgreSQL as `pg_ctl -m immediate` does, start it after a while and wait until it answers."""
    trial.stack.stop("postgres", at_once=True)
    trial.pause(seconds)
    trial.stack.start("postgres")
    wait(trial.stack.can_ask, "PostgreSQL to answer", 60, every=0.02)


def kill_postmaster(trial: Trial) -> None:
    """Kill the postmaster alone; its children end by themselves, and the supervisor starts another."""
    before = trial.stack.programs().get("postgres")
    trial.stack.signal("postgres", signal.SIGKILL, whole=False)
    wait(lambda: trial.stack.programs().get("postgres", before) != before, "another postmaster", 60)
    wait(trial.stack.can_ask, "PostgreSQL to answer", 60, every=0.02)


def terminate_all(trial: Trial) -> None:
    """Let the server end every session of the services, but none of a greedy stranger."""
    with contextlib.suppress(psycopg.OperationalError), superuser(trial) as opened:
        opened.execute(_END_SESSIONS)


def freeze(trial: Trial, seconds: float) -> None:
    """Freeze the server with all its processes."""
    with trial.stack.frozen("postgres"):
        trial.pause(seconds)


def lock_tickets(trial: Trial, seconds: float) -> None:
    """Hold the table of tickets against everybody."""
    with contextlib.suppress(psycopg.OperationalError), superuser(trial) as opened, opened.transaction():
        opened.execute("LOCK TABLE ticket IN ACCESS EXCLUSIVE MODE")
        trial.pause(seconds)


@fault(
    "T14", holds="only 503, within 3 s; back within 10 s without a restart of ours",
    answers=PASSING, outage=LEASE + 15, per_second=60, in_smoke=True,
)  # fmt: skip
def stopped(trial: Trial) -> None:
    """PostgreSQL is stopped at once and stays away for 10 s."""
    before = trial.stack.programs()["intake-public"]
    stop_and_start(trial, 10)
    is_back_in_time(trial)
    refuses_in_time(trial)
    trial.demand(trial.stack.programs()["intake-public"] == before, "intake was restarted")


@fault("T14b", holds="as T14", answers=PASSING, outage=LEASE + 15, per_second=60)
def postmaster_killed(trial: Trial) -> None:
    """kill -9 of the postmaster, then of every session every 2 s, 5 times."""
    kill_postmaster(trial)
    is_back_in_time(trial)
    for _ in range(5):
        terminate_all(trial)
        trial.pause(2)
    refuses_in_time(trial)


@fault("T15", holds="503 within 3 s; threads within their limit", answers=PASSING, outage=LEASE + 15, per_second=60)
def frozen(trial: Trial) -> None:
    """PostgreSQL is frozen for 10 s by SIGSTOP, with all its processes."""
    freeze(trial, 10)
    is_back_in_time(trial)
    refuses_in_time(trial)


@fault("T16", holds="503 after lock_timeout; no restart needed", answers=PASSING, outage=LEASE + 25, threads=24)
def lock_storm(trial: Trial) -> None:
    """Somebody holds LOCK TABLE ticket IN ACCESS EXCLUSIVE MODE for 20 s."""
    before = trial.stack.programs()
    lock_tickets(trial, 20)
    is_back_in_time(trial)
    refuses_in_time(trial, BEHIND_LOCKS_SECONDS)
    trial.demand(trial.stack.programs() == before, "a process was restarted")


@fault("T17", holds="slower; lateness within bound; nothing times out into loss", answers=PASSING, per_second=10)
def slow(trial: Trial) -> None:
    """Every word to and from PostgreSQL takes 200 ms and up to 100 more, for 20 s, for all services."""
    for proxy in trial.stack.proxies.to("postgres"):
        proxy.set(Weather(latency=0.1, jitter=0.05))
    trial.pause(20)


@fault("T18", holds="503; /health/live says 200; back at once", answers=PASSING, outage=LEASE + 15)
def used_up(trial: Trial) -> None:
    """All connections are taken by idle sessions of others while every session of ours is ended, for 8 s."""
    taken: list[psycopg.Connection] = []

    def let_go() -> None:
        for one in taken:
            one.close()

    trial.at_end.append(let_go)
    app = trial.stack.environment["DATABASE_URL"]
    until = time.monotonic() + 8
    while time.monotonic() < until:
        terminate_all(trial)
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(app, connect_timeout=2, application_name="greedy"))
        trial.pause(0.2)
    live = httpx.get(f"{trial.stack.public_url}/health/live", trust_env=False, timeout=5).status_code
    trial.note(f"{len(taken)} sessions of others")
    trial.demand(live == 200, f"/health/live says {live}")
    let_go()
    is_back_in_time(trial)
    refuses_in_time(trial)
