"""Measures many deadlines due at one instant: `python -m tests.bench.deadlines --deadlines 10000`.

One ticket is registered and dispatched, copies are made of it, and the business clock is set to some seconds before the
instant at which most of its stages are due, in all copies at once. Meanwhile people go on: ten status reads and ten
registrations a second.
"""

import argparse
import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg

from shared.cities.load import load_city
from shared.command.demo_tickets import generate
from shared.domain.numbers import number_of
from shared.keys import keys
from tests.bench.filled import CITY, Filled
from tests.bench.load import Results, getting, percentile, posting, send_at_rate
from tests.bench.product import running

LEAD_SECONDS, LONGEST_SECONDS, RATE = 5, 300, 10
_FIRST = """SELECT due_at, count(*) FROM job WHERE state = 'todo' AND due_at > business_now() AND ticket_id IS NOT NULL
 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"""
_SET_CLOCK = """INSERT INTO business_clock (real_anchor, business_anchor, speed)
 VALUES (clock_timestamp(), %s - %s * interval '1 second', 1)"""
_LEFT = "SELECT count(*) FROM job WHERE state = 'todo' AND due_at = %s AND ticket_id IS NOT NULL"
# A job ends in the transaction that writes what it fired; business time ran as fast as real time meanwhile.
_LATE = """SELECT extract(epoch FROM ended_at - real_anchor - (due_at - business_anchor))::float8
 FROM job, business_clock WHERE due_at = %s AND state = 'done'"""
_OUTCOMES = "SELECT kind || ' ' || coalesce(outcome, state), count(*) FROM job WHERE due_at = %s GROUP BY 1"


def measure(filled: Filled, deadlines: int) -> dict[str, Any]:
    """Let the first instant of many equal tickets come, and ask for things until all have fired."""
    with psycopg.connect(filled.product.superuser) as connection:
        ((_, each),) = connection.execute(_FIRST).fetchall()  # stages of one ticket may be due together
    filled.up_to(deadlines // each)
    calm = asyncio.run(_ask(filled, itertools.repeat(None, RATE * LEAD_SECONDS)))
    with psycopg.connect(filled.product.superuser, autocommit=True) as connection:
        due, jobs = connection.execute(_FIRST).fetchone() or (None, 0)
        connection.execute(_SET_CLOCK, [due, LEAD_SECONDS])
        time.sleep(LEAD_SECONDS)
        began, all_fired = time.monotonic(), threading.Event()
        waiter = threading.Thread(target=_wait, args=(connection, due, all_fired))
        waiter.start()
        meanwhile = asyncio.run(
            _ask(filled, itertools.takewhile(lambda _: not all_fired.is_set(), itertools.repeat(None)))
        )
        waiter.join()
        took = time.monotonic() - began
        late = [row[0] for row in connection.execute(_LATE, [due])]
        outcomes: dict[str, int] = dict(connection.execute(_OUTCOMES, [due]).fetchall())
    return {
        "deadlines": jobs,
        "fired": len(late),
        "outcomes": outcomes,
        "all_fired_after_seconds": round(took, 1),
        "late_seconds": {name: round(percentile(late, share), 2) for name, share in _SHARES.items()},
        "meanwhile": _told(meanwhile),
        "before": _told(calm),
    }


_SHARES = {"p50": 0.5, "p99": 0.99, "max": 1.0}


async def _ask(filled: Filled, turns: Iterator[None]) -> dict[str, Results]:
    """Read a status and register a ticket ten times a second each, a turn for each pair."""
    url, zone = filled.product.environment["PUBLIC_URL"], load_city(CITY).zone
    host, (one,) = urlsplit(url).netloc, filled.sample(1)
    proof = {"Pick_Up_Code": keys().pick_up_code(one["id"], one["code_version"])}
    read = getting(host, f"/api/v1/tickets/{number_of(one['id'], one['registered_at'], zone)}", **proof)
    texts = ({"title": ticket.title, "body": ticket.body} for ticket in generate(8))
    for_reads, for_posts = itertools.tee(turns)
    sent = (
        send_at_rate(url, (read for _ in for_reads), RATE, LONGEST_SECONDS),
        send_at_rate(url, (posting(host, "/api/v1/tickets", next(texts)) for _ in for_posts), RATE, LONGEST_SECONDS),
    )
    reads, posts = await asyncio.gather(*sent)
    return {"status by number": reads, "registration": posts}


def _wait(connection: psycopg.Connection[Any], due: datetime, all_fired: threading.Event) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while connection.execute(_LEFT, [due]).fetchone() != (0,) and time.monotonic() < until:
        time.sleep(0.05)
    all_fired.set()


def _told(asked: dict[str, Results]) -> dict[str, Any]:
    return {name: {"ms": results.milliseconds(), "answers": results.statuses} for name, results in asked.items()}


def main() -> None:
    """Fill, wait, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deadlines", type=int, default=10_000)
    args = parser.parse_args()
    with running() as product:
        print(json.dumps(measure(Filled.of(product, patterns=1, days=1), args.deadlines), indent=1))


if __name__ == "__main__":
    main()
