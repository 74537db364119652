"""Clients that file tickets and never give up: what they do not know they ask again with the same key.

Every request stands in a history, one JSON line before it is sent (`invoke`) and one after (`ok`, `fail`, `info` =
unknown), so that what the database holds afterwards can be held against what clients were told.
"""

import json
import os
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

# Longer than any request may take (FAULTS I11), so that a hang is seen as one and not as a reset.
CLIENT_SECONDS = 15.0
GIVE_UP_SECONDS = 90.0
# Planted, to be looked for where they must not be (FAULTS I14): a name, and a mobile's first digits; six more follow.
NAME, PHONE = "NAME-", "19900"
SEED = "FAULT_SEED"  # not HOTLINE_…: `hotline test` takes those away
WORDS = (
    "锦江区春熙路停水三天了，没有人管",
    "楼下烧烤摊半夜还在放音响，吵得睡不着",
    "武侯区某小区电梯坏了一周，物业不修",
    "公司拖欠三个月工资，一直不发",
    "高新区路灯不亮，晚上过马路危险",
    "我想问一下社保卡怎么补办",
    "幼儿园门口垃圾堆了好几天没人清运",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as its client saw it; `status` 0: no answer."""

    at: float
    seconds: float
    status: int
    retry_after: str | None = None


@dataclass
class Told:
    """What clients were told in all."""

    numbers: dict[str, str] = field(default_factory=dict)  # key -> number
    codes: dict[str, str] = field(default_factory=dict)  # key -> pick-up code
    requests: dict[str, dict[str, str]] = field(default_factory=dict)  # key -> what was asked for
    differing: list[tuple[str, str, str]] = field(default_factory=list)  # key, number, another number
    refused: dict[str, int] = field(default_factory=dict)  # key -> definite 4xx
    unknown: list[str] = field(default_factory=list)  # keys given up
    attempts: list[Attempt] = field(default_factory=list)

    def latencies(self, *statuses: int) -> list[float]:
        """Return the sorted seconds of the attempts that ended with one of `statuses`, or of all."""
        return sorted(one.seconds for one in self.attempts if not statuses or one.status in statuses)

    def statuses(self) -> dict[int, int]:
        """Return how many attempts ended with each status."""
        return {status: len(self.latencies(status)) for status in sorted({one.status for one in self.attempts})}


class Load:
    """Posts tickets from several threads until `stop`, or until `count` are filed. `per_second` is over all threads."""

    def __init__(self, url: str, history: Path, seed: int, *, threads: int = 6, per_second: float = 40) -> None:
        self._url, self._threads, self._pause = url, threads, threads / per_second
        self._random = random.Random(seed)
        self._history = history.open("w", encoding="utf-8")
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._left: int | None = None
        self._running: list[threading.Thread] = []
        self._more_words = 0
        self.told = Told()

    def start(self, count: int | None = None) -> "Load":
        """Begin; returns at once."""
        self._left = count
        for number in range(self._threads):
            thread = threading.Thread(target=self._work, args=(random.Random(self._random.random()),), name=f"{number}")
            thread.start()
            self._running.append(thread)
        return self

    def slow_down(self, per_second: float) -> None:
        """Go on with so many tickets a second."""
        self._pause = self._threads / per_second

    def lengthen(self, words: int) -> None:
        """Go on with requests that are so much longer, of words that cannot be pressed together."""
        self._more_words = words

    def is_over(self) -> bool:
        """Tell whether all clients have come to an end."""
        return not any(thread.is_alive() for thread in self._running)

    def stop(self) -> Told:
        """Let every client finish what it began; return what they were told."""
        self._stop.set()
        return self.wait()

    def wait(self) -> Told:
        """Wait for all clients; return what they were told."""
        for thread in self._running:
            thread.join()
        self._history.close()
        return self.told

    def _work(self, chance: random.Random) -> None:
        client = httpx.Client(base_url=self._url, timeout=CLIENT_SECONDS, trust_env=False)
        while self._takes_one():
            began = time.monotonic()
            client = self._file_one(client, chance)
            self._stop.wait(max(0.0, self._pause - (time.monotonic() - began)))
        client.close()

    def _takes_one(self) -> bool:
        with self._lock:
            if self._stop.is_set() or self._left == 0:
                return False
            self._left = None if self._left is None else self._left - 1
            return True

    def _file_one(self, client: httpx.Client, chance: random.Random) -> httpx.Client:
        key, mark = uuid.uuid4().hex, chance.randrange(10**6)
        more = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(self._more_words))
        words = {"body": f"{chance.choice(WORDS)}，{mark}{more}", "name": f"{NAME}{mark}", "phone": f"{PHONE}{mark:06}"}
        # Many people, not one: where a proxy of ours is believed, each has an address of their own.
        headers = {"Idempotency-Key": key, "X-Forwarded-For": f"10.{mark % 250}.{mark // 250 % 250}.{mark // 62500}"}
        self.told.requests[key] = words
        until = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < until:
            self._note(key, "invoke")
            began, answer = time.monotonic(), None
            try:
                answer = client.post("/api/v1/tickets", json=words, headers=headers)
            except httpx.HTTPError as error:
                self._note(key, "info", error=type(error).__name__)
                client.close()
                client = httpx.Client(base_url=self._url, timeout=CLIENT_SECONDS, trust_env=False)
            if self._ended(key, began, answer):
                return client
            time.sleep(chance.uniform(0.1, 0.4))
        self.told.unknown.append(key)
        return client

    def _ended(self, key: str, began: float, answer: httpx.Response | None) -> bool:
        """Note how an attempt ended; tell whether the client knows now."""
        status = answer.status_code if answer is not None else 0
        retry_after = answer.headers.get("Retry-After") if answer is not None else None
        now = time.monotonic()
        with self._lock:
            self.told.attempts.append(Attempt(began, now - began, status, retry_after))
        if answer is not None and status == 201:
            accepted = answer.json()
            number = str(accepted["number"])
            self._note(key, "ok", number=number, replayed="Idempotency-Replayed" in answer.headers)
            with self._lock:
                self.told.codes[key] = accepted["pick_up_code"]
                if self.told.numbers.setdefault(key, number) != number:
                    self.told.differing.append((key, self.told.numbers[key], number))
            return True
        if answer is not None and 400 <= status < 500 and status not in (408, 409, 429):
            self._note(key, "fail", status=status, text=answer.text[:200])
            self.told.refused[key] = status
            return True
        if answer is not None:
            self._note(key, "info", status=status)
        return False

    def _note(self, key: str, kind: str, **facts: Any) -> None:
        with self._lock:
            line = {"at": round(time.monotonic(), 4), "by": threading.current_thread().name, "key": key, "type": kind}
            self._history.write(json.dumps(line | facts, ensure_ascii=False) + "\n")


def seed_of_this_run() -> int:
    """Return the seed of what is random and print it first, so that a red run can be repeated."""
    seed = int(os.environ.get(SEED, random.SystemRandom().randrange(10**6)))
    print(f"\nseed {seed} ({SEED} repeats it)")
    return seed


def percentile(values: list[float], share: float) -> float:
    """Return a percentile of sorted values, 0 of none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def figures(told: Told) -> str:
    """Return one line for a report."""
    times = told.latencies(201)
    line = f"{len(told.numbers)} tickets, attempts by status {told.statuses()} (0: no answer)"
    line += f", 201 p50 {percentile(times, 0.5) * 1000:.0f} ms p99 {percentile(times, 0.99) * 1000:.0f} ms"
    return line + f", longest of all {max(told.latencies(), default=0):.2f} s"
