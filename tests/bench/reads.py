"""Measures reading among many tickets: `python -m tests.bench.reads --tickets 100000 1000000`.

A caller's status by number and code, by follow link and as a page, a department's desk, the operators' lists.
Prints one JSON object. The product runs whole; how the tickets are made says `tests/bench/filled.py`.
"""

import argparse
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg

from shared.cities.load import load_city
from shared.domain.numbers import number_of
from shared.domain.terms import Role
from shared.keys import keys
from tests.bench.accounts import CITY, session
from tests.bench.filled import Filled
from tests.bench.load import ask_in_turn, getting
from tests.bench.product import Product, running

CLIENTS = (1, 8)
SAMPLE = 2_000
_BUSIEST = """SELECT holder_id, count(*) FROM ticket WHERE holder_kind = 'unit' GROUP BY 1 ORDER BY 2 DESC LIMIT 1"""
_STATES = "SELECT state, count(*) FROM ticket GROUP BY 1 ORDER BY 1"
_SIZE = "SELECT pg_database_size(current_database()) / 1048576"


def asked(filled: Filled, unit: str, cookies: dict[str, str]) -> dict[str, tuple[str, Iterator[bytes]]]:
    """Return what is asked for, by a name: the surface's address and requests without end."""
    environment, zone, lots = filled.product.environment, load_city(CITY).zone, random.Random(7)
    public, staff = environment["PUBLIC_URL"], environment["STAFF_URL"]
    tickets = filled.sample(SAMPLE, "closed_at IS NULL OR closed_at > business_now() - interval '80 days'")
    lots.shuffle(tickets)

    def each(surface: str, *of: tuple[str, dict[str, str]]) -> tuple[str, Iterator[bytes]]:
        host = urlsplit(surface).netloc
        return surface, itertools.cycle([getting(host, path, **headers) for path, headers in of])

    proofs = [(number_of(one["id"], one["registered_at"], zone), keys().pick_up_code(one["id"], one["code_version"]))
              for one in tickets]  # fmt: skip
    links = [keys().link_token(one["id"], one["code_version"]) for one in tickets]
    handler, operator = {"Cookie": cookies["handler"]}, {"Cookie": cookies["operator"]}
    return {
        "status by number": each(public, *((f"/api/v1/tickets/{n}", {"Pick_Up_Code": code}) for n, code in proofs)),
        "follow link": each(public, *((f"/f/{token}", {}) for token in links)),
        "status page": each(public, *(("/ticket", {"Cookie": f"follow={token}"}) for token in links)),
        f"desk of {unit}": each(staff, ("/desk", handler)),
        "desk as JSON, 25": each(staff, ("/api/v1/queues?limit=25", handler)),
        "operators' triage": each(staff, ("/triage", operator)),
        "operators' follow-ups": each(staff, ("/followups", operator)),
    }


def measure(filled: Filled, tickets: int, seconds: float) -> dict[str, Any]:
    """Fill up to so many and read."""
    took = filled.up_to(tickets)
    with psycopg.connect(filled.product.superuser) as connection:
        unit, held = connection.execute(_BUSIEST).fetchone() or ("", 0)
        states: dict[str, int] = dict(connection.execute(_STATES).fetchall())
        ((size,),) = connection.execute(_SIZE).fetchall()
    product = filled.product
    cookies = {"handler": session(product, Role.HANDLER, unit), "operator": session(product, Role.OPERATOR)}
    found: dict[str, Any] = {}
    for name, (surface, requests) in asked(filled, unit, cookies).items():
        ask_in_turn(surface, requests, 2, min(seconds, 2))  # warm up
        for clients in CLIENTS:
            results = ask_in_turn(surface, requests, clients, seconds)
            found.setdefault(name, {})[f"{clients} clients"] = {
                "ms": results.milliseconds(),
                "per_second": round(len(results.latencies) / results.seconds, 1),
                "answers": results.statuses,
                "bytes": round(results.bytes / len(results.latencies)),
            }
    return {
        "tickets": tickets, "filled_in_seconds": round(took, 1), "states": states, "database_mib": size,
        "at_the_busiest_desk": held, "pss_mib": _whole(product), "reads": found,
    }  # fmt: skip


def _whole(product: Product) -> dict[str, int]:
    return {name: round(size) for name, size in sorted(product.memory().items())}


def main() -> None:
    """Fill, read, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, nargs="+", default=[100_000])
    parser.add_argument("--patterns", type=int, default=1_200)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    with running() as product:
        filled = Filled.of(product, args.patterns)
        found = [measure(filled, tickets, args.seconds) for tickets in args.tickets]
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
