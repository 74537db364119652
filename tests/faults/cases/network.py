"""The way to an engine half open or cut for one service alone (FAULTS T19, T34)."""

import time

from tests.faults.cases.postgres import is_back_in_time, refuses_in_time
from tests.faults.cases.redis import as_fast_as_before
from tests.faults.catalogue import LEASE, PASSING, fault
from tests.faults.proxy import FAIR, Weather
from tests.faults.trial import Trial

HALF_OPEN = Weather(is_half_open=True)


@fault("T19", holds="noticed within 10 s; 503 within 3 s", answers=PASSING, outage=LEASE + 15)
def half_open_to_postgres(trial: Trial) -> None:
    """The way from every service to PostgreSQL is half open for 10 s: connections stand, nothing comes through."""
    for proxy in trial.stack.proxies.to("postgres"):
        proxy.set(HALF_OPEN)
    trial.pause(10)
    for proxy in trial.stack.proxies.to("postgres"):
        proxy.set(FAIR)
    is_back_in_time(trial)
    refuses_in_time(trial)


@fault("T19b", holds="I10; noticed within 10 s")
def half_open_to_redis(trial: Trial) -> None:
    """The way from every service to Redis is half open for 10 s."""
    began = time.monotonic()
    for proxy in trial.stack.proxies.to("redis"):
        proxy.set(HALF_OPEN)
    trial.pause(10)
    as_fast_as_before(trial, began)


@fault("T34", holds="as T14", answers=PASSING, outage=LEASE)
def intake_without_postgres(trial: Trial) -> None:
    """Intake alone cannot reach PostgreSQL for 8 s: connections are cut, new ones refused."""
    trial.stack.proxies["intake.postgres"].refuse()
    trial.pause(8)
    trial.stack.proxies["intake.postgres"].accept()
    is_back_in_time(trial)
    refuses_in_time(trial)


@fault("T34b", holds="as T8")
def worker_without_redis(trial: Trial) -> None:
    """The worker alone cannot reach Redis for 12 s."""
    began = time.monotonic()
    trial.stack.proxies["worker.redis"].refuse()
    trial.pause(12)
    as_fast_as_before(trial, began)
