"""What a process's connections do when a server ends some, and what they keep."""

import select
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from shared.database import at_once, make_engine
from tests.conftest import Database

READ = sa.text("SELECT count(*) FROM ticket")
PREPARED = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement = :statement")
PATIENCE_MS = 10_000


@pytest.fixture
def engine(database: Database) -> Iterator[sa.Engine]:
    made = make_engine(database.app_url, pool_size=1, cut_after_seconds=60)
    yield made
    made.dispose()


def end(superuser: psycopg.Connection, connection: Any) -> None:
    """Let PostgreSQL end a session, as when it restarts, and wait until it has said so."""
    superuser.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
    said = select.poll()
    said.register(connection.pgconn.socket, select.POLLIN)
    assert said.poll(PATIENCE_MS)


def lent(engine: sa.Engine) -> Any:
    """Return the driver's connection that the pool lends next."""
    with engine.connect() as connection:
        return connection.connection.dbapi_connection


def test_a_statement_prepared_once_stays_prepared_over_later_reads(engine: sa.Engine) -> None:
    for _ in range(4):
        with at_once(engine) as connection:
            connection.execute(READ)
    with at_once(engine) as connection:
        assert connection.execute(PREPARED, {"statement": READ.text}).scalar_one() == 1


def test_a_session_that_the_server_ended_is_replaced_before_it_is_lent(
    engine: sa.Engine, superuser: psycopg.Connection
) -> None:
    ended = lent(engine)
    end(superuser, ended)
    assert lent(engine) is not ended


def test_a_connection_that_this_side_has_closed_is_replaced(engine: sa.Engine) -> None:
    closed = lent(engine)
    closed.close()
    assert lent(engine) is not closed


def test_a_pool_that_finds_no_living_connection_is_as_a_pool_that_is_empty(
    engine: sa.Engine, superuser: psycopg.Connection
) -> None:
    sa.event.listen(engine, "connect", lambda dbapi, _record: end(superuser, dbapi))
    with pytest.raises(sa.exc.TimeoutError):
        lent(engine)
