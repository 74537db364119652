"""HTTP generators on kept connections: open (requests leave on schedule, whatever the server does) and closed."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

CONNECTIONS = 32
ANSWER_SECONDS = 10.0


@dataclass
class Results:
    """Latencies are in seconds from the moment a request was due to leave until its answer was read."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0

    def count(self, status: int, seconds: float, size: int = 0) -> None:
        """Add one answer; status 0 is none."""
        self.latencies.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.bytes += size

    def milliseconds(self) -> dict[str, float]:
        """Return p50, p95, p99 and the worst."""
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {name: round(percentile(self.latencies, share) * 1000, 1) for name, share in shares.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def post_at_rate(url: str, bodies: Iterator[dict[str, str]], rate: float, seconds: float) -> Results:
    """Post `rate` requests a second for `seconds`."""
    address = urlsplit(url)
    requests = (posting(address.netloc, address.path, body) for body in bodies)
    return asyncio.run(send_at_rate(url, requests, rate, seconds))


def ask_in_turn(url: str, requests: Iterator[bytes], clients: int, seconds: float) -> Results:
    """Let each of `clients` send a request as soon as its last one is answered, for `seconds`."""
    return asyncio.run(_closed(url, requests, clients, seconds))


def posting(host: str, path: str, body: Mapping[str, Any], **headers: str) -> bytes:
    """Return a POST of JSON with an idempotency key of its own; headers as in `getting`."""
    payload = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{_lines(headers)}"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def getting(host: str, path: str, **headers: str) -> bytes:
    """Return a GET; an underscore in a header's name stands for a hyphen."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{_lines(headers)}\r\n".encode()


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())


async def send_at_rate(url: str, requests: Iterator[bytes], rate: float, seconds: float) -> Results:
    """Send `rate` requests a second for `seconds`, or as long as there are any, over several connections."""
    results = Results()
    queue: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    workers = [asyncio.create_task(_from_queue(url, queue, results)) for _ in range(CONNECTIONS)]
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        delay = due - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
        if (request := next(requests, None)) is None:
            break
        queue.put_nowait((due, request))
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    results.seconds = time.monotonic() - start
    return results


async def _closed(url: str, requests: Iterator[bytes], clients: int, seconds: float) -> Results:
    results, start = Results(), time.monotonic()

    async def client() -> None:
        connection = Connection(url)
        while (began := time.monotonic()) - start < seconds:
            status, size = await connection.ask(next(requests))
            results.count(status, time.monotonic() - began, size)
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    results.seconds = time.monotonic() - start
    return results


async def _from_queue(url: str, queue: asyncio.Queue[tuple[float, bytes] | None], results: Results) -> None:
    connection = Connection(url)
    while (item := await queue.get()) is not None:
        status, size = await connection.ask(item[1])
        results.count(status, time.monotonic() - item[0], size)
    connection.close()


class Connection:
    """One kept connection; opened with the first request and anew after one that was not answered."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, int]:
        """Return status and length of the answer, 0 and 0 where there is none."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._address.hostname, self._address.port)
            self._streams[1].write(request)
            return await asyncio.wait_for(_answer(self._streams[0]), ANSWER_SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError):
            self.close()
            return 0, 0

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), length
