"""Intake's connection to PostgreSQL and its ledger, one of each per process, opened after the fork."""

from functools import cache

from sqlalchemy.engine import Engine

from shared.bell import bell
from shared.cities.load import load_city
from shared.database import make_engine
from shared.domain.rules import Rules
from shared.keys import keys
from shared.ledger import Ledger
from shared.settings import settings

# More than `lock_timeout`, and less than the 3 s of FAULTS P8 by what a busy machine adds.
REQUEST_SECONDS = 2.5


@cache
def engine() -> Engine:
    """Return the engine; a connection held longer than a request may take is cut (FAULTS P8)."""
    return make_engine(settings().database_url, cut_after_seconds=REQUEST_SECONDS)


@cache
def ledger() -> Ledger:
    """Return the ledger."""
    return Ledger(engine(), load_city, keys(), bell())


def rules() -> Rules:
    """Return the rules of this deployment's city."""
    return load_city(settings().city)
