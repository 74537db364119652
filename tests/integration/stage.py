"""A city in a database of its own, for tests: people who act, and a clock that is set, never waited for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from shared.bell import Bell
from shared.cities.load import load_city
from shared.consumer import Handler, drain
from shared.database import make_engine
from shared.domain import commands as c
from shared.domain.clocks import Clock
from shared.domain.follow_ups import JobKind
from shared.domain.rules import Rules
from shared.domain.terms import Channel, Role
from shared.domain.terms import Stage as Stages
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer
from shared.keys import Keys, keys_of
from shared.ledger import IdempotencyKey, Ledger
from shared.settings import driver_url

CITY, UNIT, OTHER_UNIT = "chengdu", "water_affairs", "urban_management"
MONDAY = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)  # ten in the morning in Chengdu
ANSWER = "水管已经修好，今天晚上八点恢复供水。"
SECRET = b"a secret of thirty-two bytes or more"
UNIT_MAIL = "desk@water.example"

OPERATOR = Viewer(Role.OPERATOR, CITY, 1)
SUPERVISOR = Viewer(Role.SUPERVISOR, CITY, 2)
HANDLER = Viewer(Role.HANDLER, CITY, 3, UNIT, leads_unit=True)
EXPERT = Viewer(Role.EXPERT, CITY, 4, skills=("tax",))
ADMIN = Viewer(Role.ADMIN, CITY, 99)
CALLER = Viewer(Role.CALLER, CITY)
ROUTER = Viewer(Role.ROUTER, CITY)
TIME = Viewer(Role.TIME, CITY)

_SET_CLOCK = sa.text(
    "INSERT INTO business_clock (real_anchor, business_anchor, speed) VALUES (clock_timestamp(), :at, :speed)"
    " ON CONFLICT (one) DO UPDATE SET real_anchor = clock_timestamp(), business_anchor = :at, speed = :speed"
)


def rules_of(city: str) -> Rules:
    """Return the city's rules, with an address for the unit that these tests tell; another city's as they are."""
    rules = load_city(city)
    if city != CITY:
        return rules
    told = {UNIT: replace(rules.units[UNIT], email=UNIT_MAIL)}
    return replace(rules, units={**rules.units, **told})


def rules_at(_connection: Connection, city: str, _pack_id: int | None = None) -> Rules:
    """Return the same, whichever pack is active."""
    return rules_of(city)


@dataclass
class Stage:
    """The database, the ledger on it and what tests do with them."""

    engine: Engine
    owner: Engine
    keys: Keys
    ledger: Ledger
    registered: int = 0

    @classmethod
    def open(cls, app_url: str, owner_url: str) -> "Stage":
        engine, keys = make_engine(driver_url(app_url)), keys_of(SECRET)
        bell = Bell()
        bell._quiet_until = math.inf  # as with Redis gone for good: jobs alone carry the work
        stage = cls(engine, make_engine(driver_url(owner_url)), keys, Ledger(engine, rules_at, keys, bell))
        stage.set_clock(MONDAY)
        return stage

    def close(self) -> None:
        self.engine.dispose()
        self.owner.dispose()

    def set_clock(self, at: datetime, speed: float = 1.0) -> None:
        with self.owner.begin() as connection:
            connection.execute(_SET_CLOCK, {"at": at, "speed": speed})

    def register(self, *, email: str | None = None, actor: Viewer = OPERATOR, **more: Any) -> int:
        """Register a ticket and return its id."""
        self.registered += 1
        phone = more.pop("phone", "+8613800000000")
        said = {"title": "自来水停了", "body": "从早上到现在没有水。", "channel": Channel.PHONE} | more
        command = c.Register(actor=actor, caller=c.CallerDetails(name="王某", phone=phone, email=email), **said)
        key = IdempotencyKey("test", "tickets", f"key-{self.registered}", b"mac")
        return self.ledger.open_ticket(command, key).ticket.id

    def act(self, command: type[c.Command], ticket_id: int, actor: Viewer, **more: Any) -> Ticket:
        """Carry out a command."""
        return self.ledger.execute(command(actor=actor, ticket_id=ticket_id, **more)).ticket

    def dispatched(self, unit: str = UNIT, **more: Any) -> Ticket:
        """Register a ticket and dispatch it to a unit."""
        return self.act(c.Dispatch, self.register(**more), OPERATOR, unit=unit)

    def resolved(self, **more: Any) -> Ticket:
        """Take a ticket as far as resolved."""
        ticket_id = self.dispatched(**more).id
        self.act(c.Sign, ticket_id, HANDLER)
        self.act(c.Reply, ticket_id, HANDLER, public=ANSWER, internal="换管", contacted=True)
        return self.act(c.Resolve, ticket_id, HANDLER)

    def clock(self, ticket_id: int, stage: Stages = Stages.REPLY) -> Clock:
        """Return a clock of a ticket, by default the unit's."""
        return self.ticket(ticket_id).clocks[stage]

    def warn_at(self, ticket_id: int) -> datetime:
        """Return when the unit gets its yellow card."""
        at = self.clock(ticket_id).warn_at
        assert at is not None
        return at

    def ticket(self, ticket_id: int) -> Ticket:
        with self.engine.connect() as connection:
            row = connection.execute(sa.text("SELECT * FROM ticket WHERE id = :id"), {"id": ticket_id}).mappings().one()
            return ticket_from_row(row)

    def rows(self, query: str, **values: Any) -> list[Mapping[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]

    def events(self, ticket_id: int) -> list[str]:
        rows = self.rows("SELECT kind FROM ticket_event WHERE ticket_id = :id ORDER BY seq", id=ticket_id)
        return [row["kind"] for row in rows]

    def jobs(self, ticket_id: int | None, kind: JobKind) -> list[Mapping[str, Any]]:
        query = "SELECT * FROM job WHERE ticket_id IS NOT DISTINCT FROM :id AND kind = :kind ORDER BY id"
        return self.rows(query, id=ticket_id, kind=str(kind))

    def as_owner(self, statement: str, **values: Any) -> None:
        """Change rows by a side door: without triggers, without the ledger."""
        with self.owner.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE ticket_event DISABLE TRIGGER append_only")
            connection.execute(sa.text(statement), values)
            connection.exec_driver_sql("ALTER TABLE ticket_event ENABLE TRIGGER append_only")

    def end_leases(self) -> None:
        """Let every lease end, as if its time had passed."""
        self.as_owner("UPDATE job SET leased_until = clock_timestamp() WHERE leased_until IS NOT NULL")

    def work(self, handlers: Mapping[JobKind, Handler], kind: JobKind) -> int:
        """Work off what is due of a kind, as the service's consumer does; return how many were claimed."""
        return drain(self.engine, kind, handlers[kind], 5)
