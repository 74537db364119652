"""Posts messages through the public API from a few threads, at a rate, until each is answered for good."""

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from shared.command.feed_file import Message

THREADS = 8
MOST_TRIES = 120
_TIMEOUT_SECONDS = 30.0
_LONGEST_WAIT_SECONDS = 10.0
_AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one message. `seconds` is the last request's; `tries` counts them all; `why` is a refusal's."""

    line: int
    status: int
    seconds: float
    tries: int
    number: str | None = None
    is_replay: bool = False
    why: str | None = None


@dataclass(slots=True)
class Progress:
    """How far the posting is; read by the thread that tells."""

    accepted: int = 0
    replayed: int = 0
    refused: int = 0
    waits: int = 0
    answers: list[Answer] = field(default_factory=list)

    def count(self, answer: Answer) -> None:
        """Add one answer."""
        self.answers.append(answer)
        self.accepted += answer.number is not None
        self.replayed += answer.is_replay
        self.refused += answer.number is None


class Posting:
    """One run. `rate` per second, None: as fast as the API answers THREADS threads."""

    def __init__(self, public_url: str, rate: float | None = None, threads: int = THREADS) -> None:
        self._url, self._rate, self._threads = f"{public_url}/api/v1/tickets", rate, threads
        self._lock, self._stop = threading.Lock(), threading.Event()
        self.progress = Progress()

    def run(self, messages: Iterable[Message]) -> None:
        """Post every message; returns when all are answered or `stop` was called."""
        began, numbered = time.monotonic(), enumerate(messages)
        # An outer proxy knows nothing of this machine's own addresses.
        with (
            httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as client,
            ThreadPoolExecutor(self._threads) as pool,
        ):
            try:
                for done in [pool.submit(self._work, client, numbered, began) for _ in range(self._threads)]:
                    done.result()
            except BaseException:
                self.stop()  # before the pool waits for its threads
                raise

    def stop(self) -> None:
        """Post nothing further."""
        self._stop.set()

    def _work(self, client: httpx.Client, numbered: Iterator[tuple[int, Message]], began: float) -> None:
        while not self._stop.is_set():
            with self._lock:
                place, message = next(numbered, (0, None))
            if message is None:
                return
            if self._rate and self._stop.wait(max(0.0, began + place / self._rate - time.monotonic())):
                return
            answer = self._post(client, message)
            with self._lock:
                self.progress.count(answer)

    def _post(self, client: httpx.Client, message: Message) -> Answer:
        request = {"title": message.title, "body": message.body, "channel": "web"}
        why, status, seconds, tries = "", 0, 0.0, 0
        while tries < MOST_TRIES:
            tries, sent = tries + 1, time.monotonic()
            try:
                response = client.post(self._url, json=request, headers={"Idempotency-Key": message.key})
            except httpx.TransportError as error:
                why, wait = type(error).__name__, 1.0
            else:
                status, seconds = response.status_code, time.monotonic() - sent
                if status not in _AGAIN:
                    return _final(message, response, seconds, tries)
                why, wait = f"HTTP {status}", _seconds(response.headers.get("Retry-After"))
            with self._lock:
                self.progress.waits += 1
            if self._stop.wait(wait):
                break
        return Answer(message.line, status, seconds, tries, why=f"no answer: {why}")


def _final(message: Message, response: httpx.Response, seconds: float, tries: int) -> Answer:
    if response.status_code == httpx.codes.CREATED:
        number, is_replay = response.json()["number"], "Idempotency-Replayed" in response.headers
        return Answer(message.line, response.status_code, seconds, tries, number, is_replay)
    return Answer(message.line, response.status_code, seconds, tries, why=_why(response))


def _why(response: httpx.Response) -> str:
    """Return a problem's code and what is wrong with which field."""
    try:
        problem = response.json()
    except ValueError:
        return f"HTTP {response.status_code}"
    errors = problem.get("errors") or {}
    fields = errors.get("json", errors) if isinstance(errors, dict) else {}
    said = "; ".join(f"{name}: {' '.join(map(str, told))}" for name, told in fields.items() if isinstance(told, list))
    return f"HTTP {response.status_code} {problem.get('code', '')}: {said or problem.get('detail', '')}"


def _seconds(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 1), 0.1), _LONGEST_WAIT_SECONDS)
    except ValueError:
        return 1.0
