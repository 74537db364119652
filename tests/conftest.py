"""Real engines for tests: one throwaway PostgreSQL and Valkey per run, one database per test that asks.

`database`, `database_url`, `owner_url`: a migrated database of the test's own, for anything with two connections.
`connection`: one SQLAlchemy connection that is rolled back, for tests that need only one.
`valkey_url`: a Valkey database of this worker's own, empty at the start of the test.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy
from hypothesis import HealthCheck, settings
from psycopg import sql

from shared.command import throwaway
from shared.command.engines import Addresses

# A test never depends on how fast the machine is.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("steady"), max_examples=300, stateful_step_count=50)
settings.load_profile("steady")

FOLDER = "HOTLINE_TEST_ENGINES"
TEMPLATE = "template_hotline"
KEEPERS: list[subprocess.Popen[bytes]] = []  # outlives the fixture: a forgotten Popen of a live child warns


@dataclass(frozen=True)
class Database:
    """A migrated database that belongs to one test."""

    name: str
    app_url: str
    owner_url: str


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="hotline-tests-")
        os.environ[f"{FOLDER}_OWNER"] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or FOLDER not in os.environ:
        return
    folder = Path(os.environ.pop(FOLDER))
    if (keeper := folder / "keeper.pid").exists():
        os.kill(int(keeper.read_text()), signal.SIGTERM)
        _wait(lambda: throwaway.read(folder) is None, "the test engines to stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def engines() -> Addresses:
    """Start the run's engines on first need; workers share them and unit tests alone never wait for them."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = throwaway.read(folder)
        if found is None:
            found = _start_keeper(folder)
            _make_template(found)
    return found


@pytest.fixture(scope="session")
def superuser(engines: Addresses) -> Iterator[psycopg.Connection]:
    """A connection that creates and drops databases."""
    with psycopg.connect(engines.superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(engines: Addresses, superuser: psycopg.Connection) -> Iterator[Database]:
    """A migrated database of this test's own (30 ms)."""
    with _clone(engines, superuser) as made:
        yield made


@pytest.fixture
def database_url(database: Database) -> str:
    """The test's own database as the services reach it."""
    return database.app_url


@pytest.fixture
def owner_url(database: Database) -> str:
    """The test's own database as migrations reach it."""
    return database.owner_url


@pytest.fixture(scope="session")
def shared_database(engines: Addresses, superuser: psycopg.Connection) -> Iterator[sqlalchemy.Engine]:
    """One migrated database per worker; whoever uses it rolls back."""
    with _clone(engines, superuser) as made:
        engine = sqlalchemy.create_engine(made.app_url.replace("postgresql://", "postgresql+psycopg://", 1))
        yield engine
        engine.dispose()


@pytest.fixture
def connection(shared_database: sqlalchemy.Engine) -> Iterator[sqlalchemy.Connection]:
    """One connection in a transaction that is rolled back."""
    with shared_database.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()


@pytest.fixture
def valkey_url(engines: Addresses, worker_id: str) -> str:
    """An empty Valkey database that no other worker uses."""
    number = 0 if worker_id == "master" else 1 + int(worker_id.removeprefix("gw"))
    url = f"{engines.redis_url.rsplit('/', 1)[0]}/{number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def _start_keeper(folder: Path) -> Addresses:
    command = [sys.executable, "-m", "shared.command.throwaway", str(folder), os.environ[f"{FOLDER}_OWNER"]]
    with (folder / "keeper.log").open("w") as log:
        keeper = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    KEEPERS.append(keeper)
    (folder / "keeper.pid").write_text(str(keeper.pid))

    def is_up() -> bool:
        if keeper.poll() is not None:
            raise RuntimeError((folder / "keeper.log").read_text())
        return throwaway.read(folder) is not None

    _wait(is_up, "the test engines")
    found = throwaway.read(folder)
    assert found is not None
    return found


def _make_template(engines: Addresses) -> None:
    from shared.command.migrate import upgrade

    with psycopg.connect(engines.superuser_url, autocommit=True) as connection:
        _create(connection, TEMPLATE, "template1")
    upgrade(_named(engines.owner_url, TEMPLATE))


@contextmanager
def _clone(engines: Addresses, superuser: psycopg.Connection) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    _create(superuser, name, TEMPLATE)
    try:
        yield Database(name, _named(engines.app_url, name), _named(engines.owner_url, name))
    finally:
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(superuser: psycopg.Connection, name: str, template: str) -> None:
    # FILE_COPY writes no WAL and, without fsync, was a little faster than WAL_LOG: 20 ms against 25 ms.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER hotline_owner STRATEGY FILE_COPY")
    superuser.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _named(url: str, database: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{database}"


def _wait(is_done: Callable[[], bool], what: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)
