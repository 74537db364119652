"""Connections to PostgreSQL: one engine per process, opened after the fork, with time-outs on every wait."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from shared.settings import settings

# FAULTS 4.4. A frozen server answers no time-out of its own: see `_cut_after`.
_SERVER_SETTINGS = "-c lock_timeout=2s -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
_POOL_WAIT_SECONDS = 2


def make_engine(url: str, pool_size: int = 5, cut_after_seconds: float | None = None) -> Engine:
    """Return an engine whose every wait ends.

    `cut_after_seconds`: shut the socket of a connection that one request has held for longer; intake sets it, because
    PostgreSQL frozen by its host fires none of the server's or TCP's time-outs (FAULTS M21).
    """
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": 2,
            "options": _SERVER_SETTINGS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 5000,
            "application_name": "hotline",
            "prepare_threshold": 2,
        },
    )
    if cut_after_seconds is not None:
        _cut_after(engine, cut_after_seconds)
    return engine


@cache
def engine() -> Engine:
    """Return this process's engine for background work."""
    return make_engine(settings().database_url)


@contextlib.contextmanager
def transaction(on: Engine) -> Iterator[Connection]:
    """Open a transaction; commit at the end, roll back on any exception."""
    with on.begin() as connection:
        yield connection


def _cut_after(on: Engine, seconds: float) -> None:
    held: dict[int, tuple[float, Any]] = {}
    lock = threading.Lock()

    def lend(dbapi: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        with lock:
            held[id(record)] = (time.monotonic() + seconds, dbapi)

    def take_back(dbapi: Any, record: ConnectionPoolEntry) -> None:
        with lock:
            held.pop(id(record), None)

    def watch() -> None:
        while True:
            time.sleep(0.1)
            now = time.monotonic()
            with lock:
                late = [key for key, (deadline, _) in held.items() if deadline < now]
                for key in late:
                    _shut(held.pop(key)[1])

    event.listen(on, "checkout", lend)
    event.listen(on, "checkin", take_back)
    threading.Thread(target=watch, name="database-deadline", daemon=True).start()


def _shut(dbapi: Any) -> None:
    with contextlib.suppress(OSError):
        duplicate = socket.socket(fileno=os.dup(dbapi.pgconn.socket))
        with duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
