"""An open-loop HTTP generator: requests leave on a fixed schedule, whatever the server does. Asyncio, keep-alive."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONNECTIONS = 32
ANSWER_SECONDS = 10.0


@dataclass
class Results:
    """Latencies are in seconds from the moment a request was due to leave until its answer was read."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    late_starts: int = 0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def post_at_rate(url: str, bodies: Iterator[dict[str, str]], rate: float, seconds: float) -> Results:
    """Post `rate` requests a second for `seconds`."""
    return asyncio.run(_post(url, bodies, rate, seconds))


async def _post(url: str, bodies: Iterator[dict[str, str]], rate: float, seconds: float) -> Results:
    address, results = urlsplit(url), Results()
    queue: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    workers = [
        asyncio.create_task(_connection(address.hostname, address.port, queue, results)) for _ in range(CONNECTIONS)
    ]
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        delay = due - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
        queue.put_nowait((due, _request(address.netloc, address.path, next(bodies))))
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    return results


async def _connection(
    host: str | None, port: int | None, queue: asyncio.Queue[tuple[float, bytes] | None], results: Results
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (item := await queue.get()) is not None:
        due, request = item
        writer.write(request)
        try:
            status = await asyncio.wait_for(_answer(reader), ANSWER_SECONDS)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError):
            status = 0
            reader, writer = await asyncio.open_connection(host, port)
        results.latencies.append(time.monotonic() - due)
        results.statuses[status] = results.statuses.get(status, 0) + 1
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _request(host: str, path: str, body: dict[str, str]) -> bytes:
    payload = json.dumps(body, ensure_ascii=False).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload
