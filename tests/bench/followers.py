"""Measures live followers: `python -m tests.bench.followers --followers 1000 5000`.

Each follows a ticket of its own by server-sent events, a thousand from each address of this machine. Then steps are
made at random tickets, and each message is compared with the step's own time.
"""

import argparse
import asyncio
import json
import math
import random
import resource
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg

from shared.cities.load import load_city
from shared.domain.numbers import number_of
from shared.keys import keys
from tests.bench.filled import CITY, Filled
from tests.bench.load import Results, percentile, posting, send_at_rate
from tests.bench.product import Product, running

AT_ONCE, PER_ADDRESS = 50, 1_000
IDLE_SECONDS, STEPS_PER_SECOND, LAST_SECONDS = 20.0, 10.0, 5.0
_OPEN_TO_SUPPLEMENTS = "state IN ('dispatched', 'signed', 'resolved', 'reopened', 'reply_submitted')"


@dataclass
class Crowd:
    """Followers of tickets; `delays` holds the seconds from a step to each message of it."""

    product: Product
    tickets: list[dict[str, Any]]
    connects: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    refused: int = 0
    began: float = math.inf  # steps before this are what a new follower is shown
    _database_ahead: float = 0.0

    async def connect(self) -> list[asyncio.Task[None]]:
        """Open all streams, fifty at a time, and go on reading each."""
        doors = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> asyncio.Task[None] | None:
            async with doors:
                reader = await self._open(self.tickets[number], f"127.0.1.{1 + number // PER_ADDRESS}")
            return None if reader is None else asyncio.create_task(self._read(reader))

        return [task for task in await asyncio.gather(*map(one, range(len(self.tickets)))) if task is not None]

    async def _open(self, ticket: dict[str, Any], source: str) -> asyncio.StreamReader | None:
        address, started = urlsplit(self.product.environment["STREAM_URL"]), time.monotonic()
        token = keys().link_token(ticket["id"], ticket["code_version"])
        reader, writer = await asyncio.open_connection(address.hostname, address.port, local_addr=(source, 0))
        writer.write(
            f"GET /stream/ticket HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: follow={token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            self.refused += 1
            writer.close()
            return None
        await reader.readuntil(b"retry:")
        self.connects.append(time.monotonic() - started)
        reader.writer = writer  # type: ignore[attr-defined]  # whoever reads keeps the connection
        return reader

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"at"' in line:
                at = datetime.fromisoformat(json.loads(line[6:])["at"]).timestamp() - self._database_ahead
                if at >= self.began:
                    self.delays.append(time.monotonic() - at)

    async def supplement(self, steps: int) -> Results:
        """Let so many callers add to their tickets, ten a second."""
        url, zone, lots = self.product.environment["PUBLIC_URL"], load_city(CITY).zone, random.Random(7)
        self._database_ahead, self.began = _database_ahead(self.product), time.monotonic()
        requests = (
            posting(
                urlsplit(url).netloc,
                f"/api/v1/tickets/{number_of(ticket['id'], ticket['registered_at'], zone)}/supplement",
                {"text": uuid.uuid4().hex},
                Pick_Up_Code=keys().pick_up_code(ticket["id"], ticket["code_version"]),
            )
            for ticket in lots.choices(self.tickets, k=steps)
        )
        return await send_at_rate(url, requests, STEPS_PER_SECOND, steps / STEPS_PER_SECOND)


def _database_ahead(product: Product) -> float:
    """Return by how many seconds the database's clock is ahead of our monotonic one."""
    with psycopg.connect(product.superuser, autocommit=True) as connection:
        before = time.monotonic()
        ((epoch,),) = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchall()
        return float(epoch) - (before + time.monotonic()) / 2


async def measure(filled: Filled, followers: int, steps: int) -> dict[str, Any]:
    """Let so many follow, first in silence, then while tickets move."""
    product = filled.product
    crowd = Crowd(product, filled.sample(followers, _OPEN_TO_SUPPLEMENTS))
    memory, began = product.memory()["stream"], time.monotonic()
    reading = await crowd.connect()
    connected = time.monotonic() - began
    await asyncio.sleep(LAST_SECONDS)
    grown, taken = product.memory()["stream"] - memory, product.processor_seconds()["stream"]
    await asyncio.sleep(IDLE_SECONDS)
    idle = (product.processor_seconds()["stream"] - taken) / IDLE_SECONDS
    answers = await crowd.supplement(steps)
    await asyncio.sleep(LAST_SECONDS)
    living = sum(not task.done() for task in reading)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    return {
        "followers": len(reading),
        "refused": crowd.refused,
        "living_at_the_end": living,
        "all_connected_after_seconds": round(connected, 1),
        "connect_ms": _ms(crowd.connects),
        "stream_mib": {"before": round(memory), "with_followers": round(memory + grown)},
        "kib_each": round(grown * 1024 / max(len(reading), 1), 1),
        "idle_core_percent": round(idle * 100, 1),
        "steps": answers.statuses,
        "messages": len(crowd.delays),
        "delay_ms": _ms(crowd.delays),
    }


def _ms(seconds: list[float]) -> dict[str, float]:
    return {name: round(percentile(seconds, share) * 1000) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))}


def main() -> None:
    """Fill, follow, print one JSON object for each number; each has a product of its own process's first start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--followers", type=int, nargs="+", default=[1_000])
    parser.add_argument("--steps", type=int, default=300)
    args = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    with running() as product:
        filled = Filled.of(product, patterns=120, days=20)
        filled.up_to(5 * max(args.followers))
        print(json.dumps([asyncio.run(measure(filled, many, args.steps)) for many in args.followers], indent=1))


if __name__ == "__main__":
    main()
