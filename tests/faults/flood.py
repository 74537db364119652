"""Sends more than anybody should: `python -m tests.faults.flood phone|address|many URL SECONDS RATE`."""

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from urllib.parse import urlsplit

from shared.domain.numbers import ticket_id_of

CONNECTIONS = 48


def _request(who: str, host: str, chance: random.Random) -> bytes:
    phone = "19911111111" if who == "phone" else f"199{chance.randrange(10**8):08}"
    address = "198.51.100.7" if who == "address" else ".".join(str(chance.randrange(1, 255)) for _ in range(4))
    body = json.dumps({"body": "锦江区春熙路停水三天了，没有人管", "phone": phone}).encode()
    head = (
        f"POST /api/v1/tickets HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: {address}\r\nIdempotency-Key: {uuid.UUID(int=chance.getrandbits(128)).hex}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length")), 0
    )
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


async def _send(who: str, at: tuple[str, int], until: float, pause: float, told: Counter[int], ids: list[int]) -> None:
    chance = random.Random()
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(*at)
            while (began := time.monotonic()) < until:
                writer.write(_request(who, at[0], chance))
                status, body = await _answer(reader)
                told[status] += 1
                if status == 201:
                    ids.append(ticket_id_of(json.loads(body)["number"]) or 0)
                await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            told[0] += 1
            await asyncio.sleep(pause)


async def main(who: str, url: str, seconds: float, rate: float) -> None:
    """Flood, then print how many answers there were of each status, and the tickets that were accepted."""
    parts = urlsplit(url)
    at, until = (str(parts.hostname), int(parts.port or 80)), time.monotonic() + seconds
    told, ids = Counter[int](), list[int]()
    await asyncio.gather(*(_send(who, at, until, CONNECTIONS / rate, told, ids) for _ in range(CONNECTIONS)))
    print(json.dumps({"statuses": {str(status): count for status, count in told.items()}, "numbers": ids}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
