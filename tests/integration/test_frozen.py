"""A database that does not answer costs one request its patience, and the others nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from shared.database import make_engine
from shared.settings import driver_url
from tests.conftest import Database

SLEEP = sa.text("SELECT pg_sleep(30)")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server whose kernel accepts connections while its process is frozen."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_statement_that_takes_too_long_is_cut_and_the_next_one_works(database: Database) -> None:
    engine = make_engine(driver_url(database.app_url), cut_after_seconds=0.3)
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError):
        connection.execute(SLEEP)
    deadline = time.monotonic() + 20
    while True:  # until the probe has found the server well
        try:
            with engine.connect() as connection:
                assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
            break
        except sa.exc.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    engine.dispose()


def test_nobody_else_waits_for_a_server_that_has_just_not_answered(silent_port: int) -> None:
    engine = make_engine(driver_url(f"postgresql://app:secret@127.0.0.1:{silent_port}/hotline"), cut_after_seconds=30)
    with pytest.raises(sa.exc.OperationalError, match="timeout"):
        engine.connect()
    began = time.monotonic()
    with pytest.raises(sa.exc.OperationalError, match="does not answer"):
        engine.connect()
    assert time.monotonic() - began < 1  # a try of its own would take two


def test_everybody_cut_off_at_once_is_refused_and_does_not_wait_anew(database: Database) -> None:
    engine = make_engine(driver_url(database.app_url), cut_after_seconds=0.3)
    ends: list[str] = []

    def ask() -> None:
        try:
            with engine.connect() as connection:
                connection.execute(SLEEP)
        except sa.exc.OperationalError as error:
            ends.append(type(error.orig).__name__)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ends) == 4
    engine.dispose()
