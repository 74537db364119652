"""Intake's connection to PostgreSQL and its ledger, one of each per process, opened after the fork."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from flask import request
from sqlalchemy.engine import Connection, Engine

from shared.bell import bell
from shared.database import at_once, make_engine
from shared.domain.rules import Rules
from shared.keys import keys
from shared.ledger import Ledger
from shared.once import once
from shared.packs import known_packs
from shared.settings import settings

# More than `lock_timeout`, and less than the 3 s of FAULTS P8 by what a busy machine adds.
REQUEST_SECONDS = 2.5
_WRITTEN = "hotline:written"
NEEDS_NOTHING = ("static", "health.live", "metrics.metrics")  # they answer when nothing else does


@once
def engine() -> Engine:
    """Return the engine; a connection held longer than a request may take is cut (FAULTS P8)."""
    return make_engine(settings().database_url, cut_after_seconds=REQUEST_SECONDS)


def reading() -> Connection:
    """Return a connection for reads alone, each of them a transaction.

    A transaction that ends without a commit is rolled back, and then psycopg forgets every statement it has prepared.
    """
    return at_once(engine())


@once
def ledger() -> Ledger:
    """Return the ledger."""
    return Ledger(engine(), known_packs().of, keys(), bell())


@contextmanager
def writing_redis() -> Iterator[redis.Redis]:
    """Lend a client that waits half a second at most and has just written: a full Redis answers, but takes no bell in.

    Raises `RedisError`.
    """
    url = settings().redis_url
    with redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None) as client:
        client.set(_WRITTEN, "", px=1)
        yield client


def rules() -> Rules:
    """Return the rules of this deployment's city, as of a second ago at most in a request; asks no database then."""
    city = settings().city
    known = known_packs().latest(city)
    if known is None:
        known_packs().look(engine(), city)
        known = known_packs().latest(city)
        assert known is not None
    return known


def look_for_pack() -> None:
    """Let `rules` be of today; for the beginning of a request, before it holds a connection."""
    if request.endpoint not in NEEDS_NOTHING:
        known_packs().look(engine(), settings().city)
