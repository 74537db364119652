"""Fills the running product with whole tickets: a few live through real ledger, router and worker, SQL copies them.

The patterns live sixty days: the business clock is set from day to day, and on each the demo's played staff does the
next thing to every open ticket. A copy differs from its pattern in its id alone, and so in number, code, link and hash
chain; `./hotline audit` finds nothing wrong with it. Jobs that have ended are left out, as the nightly tidying would.
"""

import contextlib
import random
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from shared.cities.load import load_city
from shared.command.demo_policy import Cast, plan
from shared.command.demo_stage import waiting
from shared.command.demo_tickets import DemoTicket, generate
from shared.database import engine
from shared.domain import commands as c
from shared.domain.errors import Refused
from shared.domain.follow_ups import TIME_LIMITS, JobKind
from shared.domain.rules import Rules
from shared.domain.terms import Channel, Role
from shared.domain.viewer import Viewer
from shared.ledger import IdempotencyKey
from shared.service import ledger
from tests.bench.multiplied import multiply
from tests.bench.product import Product

DAYS = 60
CITY = "chengdu"
SETTLE_SECONDS = 300.0

# Ten in the morning in the city, so many days ago.
_SET_CLOCK = """INSERT INTO business_clock (real_anchor, business_anchor, speed)
 VALUES (clock_timestamp(), date_trunc('day', clock_timestamp(), 'UTC') + interval '2 hours' - %s * interval '1 day', 1)
 ON CONFLICT (one) DO UPDATE SET real_anchor = excluded.real_anchor, business_anchor = excluded.business_anchor"""
_DUE = """SELECT (SELECT count(*) FROM ticket WHERE holder_kind = 'router')
 + (SELECT count(*) FROM job WHERE state = 'todo' AND kind = ANY(%s) AND due_at <= business_now())"""
_KINDS = [str(kind) for kind in (JobKind.ROUTE, *TIME_LIMITS)]


@dataclass
class Filled:
    """A product with `patterns` tickets that lived; `up_to` makes copies."""

    product: Product
    patterns: int

    @classmethod
    def of(cls, product: Product, patterns: int, days: int = DAYS) -> "Filled":
        """Let some tickets live. This process becomes one of the product's own."""
        product.join()
        rules, requests = load_city(CITY), generate(7)
        cast, lots = _cast(rules), random.Random(12345)  # the same tickets each time
        with psycopg.connect(product.superuser, autocommit=True) as connection:
            for day in range(days):
                connection.execute(_SET_CLOCK, [days - day])
                for number in range(day * patterns // days, (day + 1) * patterns // days):
                    _register(number, next(requests), f"+86138{lots.randrange(10**8):08}")
                _settle(connection)
                _work(cast, rules)
            connection.execute("DELETE FROM business_clock")
            _settle(connection)
        return cls(product, patterns)

    def up_to(self, tickets: int) -> float:
        """Copy until there are so many tickets; return the seconds that took."""
        began = time.monotonic()
        multiply(self.product.superuser, self.patterns, tickets)
        return time.monotonic() - began

    def sample(self, most: int, where: str = "true") -> list[dict[str, Any]]:
        """Return id, registered_at and code_version of some tickets, drawn from all over the table."""
        query = f"SELECT id, registered_at, code_version FROM ticket WHERE {where} ORDER BY hashint8(id) LIMIT %s"  # noqa: S608
        with psycopg.connect(self.product.superuser, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, [most]).fetchall()


def _cast(rules: Rules) -> Cast:
    def hotline(role: Role, number: int, **more: Any) -> Viewer:
        return Viewer(role, CITY, number, **more)

    handlers = {
        unit: Viewer(Role.HANDLER, CITY, 1000 + number, unit, leads_unit=True)
        for number, unit in enumerate(sorted(rules.units))
    }
    expert = hotline(Role.EXPERT, 903, skills=tuple(sorted(rules.skills)))
    return Cast(hotline(Role.OPERATOR, 901), hotline(Role.SUPERVISOR, 902), expert, handlers, frozenset())


def _register(number: int, said: DemoTicket, phone: str) -> None:
    caller, anybody = c.CallerDetails(name="王某", phone=phone), Viewer(Role.CALLER, CITY)
    command = c.Register(actor=anybody, caller=caller, channel=Channel.WEB, title=said.title, body=said.body)
    ledger().open_ticket(command, IdempotencyKey("bench", "tickets", f"pattern-{number}", b"mac"))


def _work(cast: Cast, rules: Rules) -> None:
    """Let the played staff do the next thing to every open ticket that does not wait for time."""
    with engine().connect() as connection:
        found = waiting(connection, CITY, [])
    for one in found:
        planned = plan(one, cast, rules)
        if planned is not None:
            with contextlib.suppress(Refused):
                ledger().execute(planned.command)


def _settle(connection: psycopg.Connection[Any]) -> None:
    """Wait until router and worker have done what is due."""
    until = time.monotonic() + SETTLE_SECONDS
    while connection.execute(_DUE, [_KINDS]).fetchone() != (0,):
        if time.monotonic() > until:
            raise RuntimeError("router and worker did not come to rest")
        time.sleep(0.02)
