"""`hotline migrate`: bring the schema to the newest revision, and give a new city its pack; several may run it."""

import argparse
import os
import time
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from shared.cities.problems import PackError
from shared.command.progress import complain
from shared.command.shipped import begin_with_shipped
from shared.settings import driver_url

_LOCK = 12345_0001
_ASK_SECONDS = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options: the addresses come from the environment."""


def run(args: argparse.Namespace) -> int:
    """Upgrade the database named by DATABASE_OWNER_URL, else DATABASE_URL."""
    url = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    if not url:
        return complain(
            "DATABASE_URL is not set: say which database, e.g. DATABASE_URL=postgresql://… ./hotline migrate"
        )
    try:
        upgrade(url)
    except PackError as error:
        return complain(str(error))
    return 0


def upgrade(owner_url: str) -> None:
    """Apply all revisions as the schema's owner, one migrator at a time; then see to the city's first pack.

    Raises `PackError` if that pack cannot be used.
    """
    engine = sa.create_engine(driver_url(owner_url), poolclass=sa.NullPool)
    with engine.connect() as guard, engine.connect() as connection:
        _take_turn(guard)
        to_revision(connection, "head")
        connection.commit()
        begin_with_shipped(connection)
        guard.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    engine.dispose()


def _take_turn(guard: sa.Connection) -> None:
    """Wait for other migrators, asking again and again: one that waits in a statement would keep its snapshot, and an
    index that is built CONCURRENTLY waits for all of those."""
    while not guard.execute(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        guard.rollback()
        time.sleep(_ASK_SECONDS)
    guard.commit()


def to_revision(connection: sa.Connection, revision: str) -> None:
    """Apply the revisions up to one; in the running transaction if there is one, else each in its own."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def knows_revision(revision: str) -> bool:
    """Tell whether this version of the software has a revision of the schema."""
    return revision in {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def set_business_clock(owner_url: str, speed: float, start: datetime | None = None) -> None:
    """Let business time of a demo or simulation database run `speed` times as fast.

    It goes on from the last event of any ticket, so that stopping for a night ages nothing; an empty one begins at
    `start`, else now.
    """
    engine = sa.create_engine(driver_url(owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO business_clock (real_anchor, business_anchor, speed) VALUES (clock_timestamp(),"
                " coalesce((SELECT max(at) FROM ticket_event), :start, clock_timestamp()), :speed)"
                " ON CONFLICT (one) DO UPDATE SET real_anchor = excluded.real_anchor,"
                " business_anchor = greatest(excluded.business_anchor, business_clock.business_anchor),"
                " speed = excluded.speed"
            ),
            {"speed": speed, "start": start},
        )
    engine.dispose()
