"""Connections to PostgreSQL: one engine per process, opened after the fork, with time-outs on every wait."""

import select
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from shared.frozen import Patience
from shared.metrics import COMMIT, POOL_TIMEOUTS, POOL_WAIT
from shared.once import once
from shared.settings import settings

# FAULTS 4.4. A frozen server answers no time-out of its own: see `Patience`.
_SERVER_SETTINGS = (
    "-c lock_timeout=2s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)
# Background work prepares nothing: a batch names a few of very many rows, and a plan made once for any batch reads a
# whole table or index for each.
_REQUESTS_PREPARE_AFTER = 2
_POOL_WAIT_SECONDS = 2
# The threads of the busiest background process, `sender`. A connection is opened only when a thread needs one.
_BACKGROUND_POOL = 24


class TimedPool(QueuePool):
    """A pool that says how long it lets threads wait."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, timed."""
        began = perf_counter()
        try:
            return super().connect()
        except sa.exc.TimeoutError:
            POOL_TIMEOUTS.inc()
            raise
        except sa.exc.InvalidRequestError as error:  # one connection after the other was gone when it was lent
            raise sa.exc.TimeoutError("the pool gave no connection that lives") from error
        finally:
            POOL_WAIT.observe(perf_counter() - began)


def make_engine(url: str, pool_size: int = 5, cut_after_seconds: float | None = None) -> Engine:
    """Return an engine whose every wait ends.

    `cut_after_seconds`: shut the socket of a connection that one request has held for longer; intake sets it, because
    PostgreSQL frozen by its host fires none of the server's or TCP's time-outs (FAULTS M21).
    """
    engine = sa.create_engine(
        url,
        poolclass=TimedPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,  # what callers wrote; Celery prints whatever its task raises
        connect_args={
            "connect_timeout": 2,
            "options": _SERVER_SETTINGS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 5000,
            "application_name": "hotline",
            "prepare_threshold": _REQUESTS_PREPARE_AFTER if cut_after_seconds else None,
        },
    )
    _time_commits(engine)
    event.listen(engine, "checkout", _leave_the_gone)
    if cut_after_seconds is not None:
        Patience(engine, cut_after_seconds)
    return engine


def _time_commits(engine: Engine) -> None:
    """Time each COMMIT where the driver does it; SQLAlchemy has no event behind it."""
    commit = engine.dialect.do_commit

    def timed(dbapi_connection: PoolProxiedConnection) -> None:
        began = perf_counter()
        commit(dbapi_connection)
        COMMIT.observe(perf_counter() - began)

    engine.dialect.do_commit = timed  # type: ignore[method-assign]


@once
def engine() -> Engine:
    """Return this process's engine for background work."""
    return make_engine(settings().database_url, _BACKGROUND_POOL)


def at_once(engine: Engine) -> Connection:
    """Return a connection on which each statement is a transaction of its own: one round trip instead of three."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _leave_the_gone(dbapi: Any, _record: Any, _proxy: Any) -> None:
    """Let the pool open its connections anew if a server has ended one: it said so, and that waits to be read.

    A ping would tell no more and cost every transaction a round trip.
    """
    if dbapi.closed:
        raise sa.exc.InvalidatePoolError
    waiting = select.poll()
    waiting.register(dbapi.pgconn.socket, select.POLLIN)
    if waiting.poll(0):
        raise sa.exc.InvalidatePoolError
