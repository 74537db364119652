"""Random faults one after the other, 1.5 to 4 s apart, each with its undoing; the seed decides which and when."""

import time
from collections.abc import Callable, Mapping

from tests.faults.cases import kills, postgres, redis
from tests.faults.proxy import FAIR, Weather
from tests.faults.trial import Trial

LEAST_SECONDS, MOST_SECONDS = 1.5, 4.0

Act = Callable[[Trial], None]


def _weather(dependency: str, weather: Weather) -> Act:
    def act(trial: Trial) -> None:
        for proxy in trial.stack.proxies.to(dependency):
            proxy.set(weather)
        trial.pause(1, 3)
        for proxy in trial.stack.proxies.to(dependency):
            proxy.set(FAIR)

    return act


def _cut(trial: Trial) -> None:
    for name in trial.chance.sample(sorted(trial.stack.proxies), 2):
        trial.stack.proxies[name].cut()


# By weight: most of what happens to a city's machine is one process's trouble.
ACTS: Mapping[str, tuple[int, Act]] = {
    "kill a process": (10, lambda trial: kills.kill(trial, trial.chance.choice(kills.TARGETS))),
    "kill a whole service": (4, lambda trial: kills.kill_whole(trial, trial.chance.choice(["router", "worker"]))),
    "kill everything": (1, kills.everything_once),
    "Redis back empty": (2, redis.kill_empty),
    "Redis frozen": (2, lambda trial: redis.freeze(trial, trial.chance.uniform(1, 4))),
    "Redis emptied": (3, redis.empty),
    "Redis half open": (2, _weather("redis", Weather(is_half_open=True))),
    "replies of Redis lost": (2, _weather("redis", Weather(drops_replies=True))),
    "PostgreSQL stopped": (1, lambda trial: postgres.stop_and_start(trial, trial.chance.uniform(0, 2))),
    "postmaster killed": (1, postgres.kill_postmaster),
    "sessions ended": (2, postgres.terminate_all),
    "PostgreSQL frozen": (2, lambda trial: postgres.freeze(trial, trial.chance.uniform(1, 4))),
    "tickets locked": (1, lambda trial: postgres.lock_tickets(trial, trial.chance.uniform(1, 4))),
    "PostgreSQL slow": (2, _weather("postgres", Weather(latency=0.05, jitter=0.05))),
    "PostgreSQL half open": (1, _weather("postgres", Weather(is_half_open=True))),
    "connections reset": (2, _cut),
    "connections die after some bytes": (1, _weather("postgres", Weather(resets_after=20_000))),
}


def rage(trial: Trial, seconds: float) -> int:
    """Let the lot break things for so long; return how many times it did."""
    names, weights = list(ACTS), [weight for weight, _ in ACTS.values()]
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        began = time.monotonic()
        name = trial.chance.choices(names, weights)[0]
        with (trial.folder / "nemesis.txt").open("a") as told:
            told.write(f"{began:.2f} {name}\n")
        ACTS[name][1](trial)
        count += 1
        pause = trial.chance.uniform(LEAST_SECONDS, MOST_SECONDS)
        time.sleep(max(0.0, pause - (time.monotonic() - began)))
    return count
