"""Ends what waits for a PostgreSQL that its host has frozen, and lets nobody else wait until it answers again.

Such a server fires no time-out, neither its own nor TCP's, because its kernel still answers (FAULTS M21).
"""

import contextlib
import os
import socket
import threading
import time
from typing import Any

import psycopg
import structlog
from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.pool import ConnectionPoolEntry

_LOOK_SECONDS = 0.1
_PROBE_SECONDS = 0.3

log = structlog.get_logger()


class Patience:
    """Cuts connections of one engine that are lent for longer than `seconds`; then refuses until a probe gets through.

    Without the refusal every request in the queue of a frozen server would wait its own time, one after the other.
    """

    def __init__(self, on: Engine, seconds: float) -> None:
        self._dialect, self._seconds = on.dialect, seconds
        self._lent: dict[int, tuple[float, Any]] = {}
        self._lock = threading.RLock()
        self._is_frozen = False
        self._address: tuple[Any, Any] = ((), {})
        event.listen(on, "do_connect", self._connect)
        event.listen(on, "checkout", self._lend)
        event.listen(on, "checkin", self._take_back)
        threading.Thread(target=self._watch, name="database-patience", daemon=True).start()

    def _connect(self, dialect: Dialect, _record: ConnectionPoolEntry, cargs: Any, cparams: Any) -> Any:
        self._refuse()
        self._address = (cargs, cparams)
        try:
            return dialect.connect(*cargs, **cparams)
        except psycopg.errors.ConnectionTimeout:
            self._suspect()
            raise

    def _lend(self, dbapi: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        self._refuse()
        with self._lock:
            self._lent[id(record)] = (time.monotonic() + self._seconds, dbapi)

    def _take_back(self, _dbapi: Any, record: ConnectionPoolEntry) -> None:
        with self._lock:
            self._lent.pop(id(record), None)

    def _refuse(self) -> None:
        if self._is_frozen:
            raise psycopg.OperationalError("the database does not answer")

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                late = [key for key, (deadline, _) in self._lent.items() if deadline < now]
                if late:
                    self._suspect()  # first, or who is cut off would try to connect anew and wait again
                for key in late:
                    _shut(self._lent.pop(key)[1])

    def _suspect(self) -> None:
        with self._lock:
            if self._is_frozen:
                return
            self._is_frozen = True
        log.warning("database_does_not_answer")
        threading.Thread(target=self._probe, name="database-probe", daemon=True).start()

    def _probe(self) -> None:
        """Connect until that does not time out."""
        try:
            while self._times_out():
                time.sleep(_PROBE_SECONDS)
        finally:
            self._is_frozen = False

    def _times_out(self) -> bool:
        try:
            self._dialect.connect(*self._address[0], **self._address[1]).close()
        except psycopg.errors.ConnectionTimeout:
            return True
        except psycopg.Error as error:
            # A refusal is an answer too: requests fail fast by themselves.
            log.warning("database_refuses", error=type(error).__name__)
        return False


def _shut(dbapi: Any) -> None:
    # The connection may be closed already, or be closing just now in the thread that has it.
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(dbapi.pgconn.socket)) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
