"""Measures the way from request to desk: `python -m tests.bench.flow --rate 150 --seconds 180`.

Starts the product with `./hotline up` in a folder of its own; generator, engines and services share the machine. With
`--notices` every caller is told by e-mail and a system listens to every public step.
"""

import argparse
import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg

from shared.command.demo_tickets import generate
from tests.bench.load import percentile, post_at_rate
from tests.bench.product import Product, running
from tests.bench.sinks import Sinks, listening

SAMPLE_SECONDS = 10
DRAIN_SECONDS, SEND_SECONDS = 60, 900

_WAYS = """SELECT extract(epoch FROM second.at - first.at)::float8 FROM ticket_event first
 JOIN ticket_event second ON second.ticket_id = first.ticket_id AND second.seq = 2 WHERE first.seq = 1"""
_UNSENT = "SELECT count(*) FROM job WHERE state = 'todo' AND kind IN ('notify', 'hook')"
_ROUTED = "SELECT count(*) FROM ticket WHERE holder_kind = 'router'"
_LEFT = """SELECT count(*) FILTER (WHERE holder_kind = 'router'), count(*) FILTER (WHERE holder_kind = 'unit'), count(*)
 FROM ticket"""


def measure(product: Product, rate: float, seconds: float, sinks: Sinks | None = None) -> dict[str, Any]:
    """Post at `rate` for `seconds` and return every figure."""
    database, url = product.database, product.environment["PUBLIC_URL"] + "/api/v1/tickets"
    bodies = _bodies({"email": "caller@example.org"} if sinks else {})
    post_at_rate(url, bodies, 20, 5)  # warm up
    with psycopg.connect(database) as connection:
        _drain(connection, _UNSENT)
    samples: list[dict[str, float]] = []
    stop = threading.Event()
    sampler = threading.Thread(target=_sample, args=(product, database, samples, stop))
    sampler.start()
    before, taken = time.monotonic(), product.processor_seconds()
    results = post_at_rate(url, bodies, rate, seconds)
    took = time.monotonic() - before
    stop.set()
    sampler.join()
    with psycopg.connect(database) as connection:
        drained = _drain(connection, _ROUTED)
        unsent, told = connection.execute(_UNSENT).fetchone(), _drain(connection, _UNSENT, SEND_SECONDS)
        cost = _cost(taken, product.processor_seconds(), results.statuses.get(201, 0))
        ways = [row[0] for row in connection.execute(_WAYS)]
        router, units, tickets = connection.execute(_LEFT).fetchone() or (0, 0, 0)
    return {
        "rate": rate,
        "seconds": round(took, 1),
        "answers": results.statuses,
        "answered_per_second": round(results.statuses.get(201, 0) / took, 1),
        "accepted_ms": {p: round(percentile(results.latencies, p / 100) * 1000, 1) for p in (50, 95, 99)},
        "dispatched_ms": {p: round(percentile(ways, p / 100) * 1000, 1) for p in (50, 95, 99)},
        "processor_ms_per_ticket": cost,
        "tickets": tickets,
        "left_with_router": router,
        "with_units": units,
        "drained_after_seconds": drained,
        "notices": _notices(sinks, unsent[0] if unsent else 0, told) if sinks else None,
        "samples": samples,
    }


def _cost(before: dict[str, float], after: dict[str, float], tickets: int) -> dict[str, float]:
    each = {name: (after[name] - before.get(name, 0)) * 1000 / max(tickets, 1) for name in after}
    return {name: round(cost, 2) for name, cost in sorted(each.items()) if cost >= 0.005} | {
        "all": round(sum(each.values()), 2)
    }


def _notices(sinks: Sinks, waiting: int, told: float) -> dict[str, float]:
    sent = {"mails": sinks.mails.value, "webhook_calls": sinks.calls.value}
    return sent | {"waiting_when_all_were_routed": waiting, "sent_after_seconds": told}


def _bodies(more: dict[str, str]) -> Iterator[dict[str, str]]:
    texts = [{"title": ticket.title, "body": ticket.body} | more for ticket in itertools.islice(generate(7), 500)]
    return itertools.cycle(texts)


def _sample(product: Product, database: str, samples: list[dict[str, float]], stop: threading.Event) -> None:
    start = time.monotonic()
    with psycopg.connect(database, autocommit=True) as connection:
        while not stop.wait(SAMPLE_SECONDS):
            waiting = connection.execute("SELECT count(*) FROM job WHERE kind = 'route' AND state = 'todo'").fetchone()
            at = round(time.monotonic() - start)
            samples.append({"at": at, "waiting": (waiting or (0,))[0], "pss_mib": round(product.memory_mib())})


def _drain(connection: psycopg.Connection[Any], left: LiteralString, most: float = DRAIN_SECONDS) -> float:
    start = time.monotonic()
    while time.monotonic() - start < most:
        row = connection.execute(left).fetchone()
        connection.rollback()
        if row == (0,):
            break
        time.sleep(0.1)
    return round(time.monotonic() - start, 1)


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=150)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--notices", action="store_true")
    args = parser.parse_args()
    with contextlib.ExitStack() as open_things:
        sinks = open_things.enter_context(listening()) if args.notices else None
        product = open_things.enter_context(running(more=sinks.environment if sinks else None))
        if sinks:
            sinks.listen(product)
        print(json.dumps(measure(product, args.rate, args.seconds, sinks), indent=1))


if __name__ == "__main__":
    main()
