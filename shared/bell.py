"""The bell: tells Redis that there is work of a kind, never what. Losing it costs a fifth of a second.

Also says which tickets changed, so that open pages refresh. Both from a thread of its own after the commit: no request
waits for Redis, and a failure is counted and forgotten.
"""

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import redis
from celery import Celery

from shared.domain.follow_ups import JobKind
from shared.metrics import RUNG
from shared.once import once
from shared.settings import settings

MESSAGE_VERSION = 1
CHANGED_CHANNEL = "hotline:changed"
SEATS_CHANNEL = "hotline:seats"
DEBOUNCE_SECONDS = 0.05
RETRY_SECONDS = 1.0
SENDER = "sender"  # looks for itself, once a second: nobody rings for it
SERVICE_OF = {
    JobKind.ROUTE: "router",
    JobKind.WARN: "worker",
    JobKind.OVERDUE: "worker",
    JobKind.RED: "worker",
    JobKind.NOTIFY: "worker",
    JobKind.TEXT: SENDER,
    JobKind.HOOK: SENDER,
    JobKind.RECOUNT: "worker",
    JobKind.TIDY: "worker",
    JobKind.SCAN: "worker",
}


@once
def publisher() -> Celery:
    """Return the Celery app that only sends: it gives up at once (FAULTS 4.1), unlike the services' own."""
    app = Celery("bell", broker=settings().redis_url, set_as_current=False)
    app.conf.update(
        task_publish_retry=False,
        task_ignore_result=True,
        broker_connection_retry=False,
        broker_transport_options={
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "max_retries": 0,
            "global_keyprefix": "hotline:",
        },
    )
    return app


class Bell:
    """One ringing thread per process, started on the first ring and again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._kinds: set[JobKind] = set()
        self._tickets: set[int] = set()
        self._seats: set[int] = set()
        self._pid = 0
        self._redis: Any = None
        self._quiet_until = 0.0

    def ring(self, kinds: Iterable[JobKind] = (), changed: Iterable[int] = (), seats: Iterable[int] = ()) -> None:
        """Note that there is work of `kinds`, that tickets `changed`, and calls at these people's seats; at once."""
        with self._lock:
            self._kinds.update(kind for kind in kinds if SERVICE_OF[kind] != SENDER)
            self._tickets.update(changed)
            self._seats.update(seats)
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="bell", daemon=True).start()
            self._lock.notify()

    def ring_now(self, kind: JobKind) -> bool:
        """Ring one bell on the caller's own time (0.5 s at most); tell whether Redis took it."""
        try:
            publisher().send_task(
                f"{SERVICE_OF[kind]}.work",
                kwargs={"kind": kind.value, "v": MESSAGE_VERSION},
                queue=SERVICE_OF[kind],
                expires=60,
            )
        except Exception:  # noqa: BLE001 any broker error means the same here: unknown, the watch will look
            RUNG.labels(kind, "failed").inc()
            publisher().pool.force_close_all()
            return False
        RUNG.labels(kind, "rung").inc()
        return True

    def _run(self) -> None:
        while True:
            with self._lock:
                while not (self._kinds or self._tickets or self._seats):
                    self._lock.wait()
                kinds, self._kinds = self._kinds, set()
                tickets, self._tickets = self._tickets, set()
                seats, self._seats = self._seats, set()
            if time.monotonic() >= self._quiet_until:
                rung = [self.ring_now(kind) for kind in sorted(kinds)]
                delivered = all(rung) and self._tell({CHANGED_CHANNEL: tickets, SEATS_CHANNEL: seats})
                if not delivered:
                    self._quiet_until = time.monotonic() + RETRY_SECONDS
            time.sleep(DEBOUNCE_SECONDS)

    def _tell(self, news: Mapping[str, set[int]]) -> bool:
        if not any(news.values()):
            return True
        try:
            if self._redis is None:
                self._redis = redis.Redis.from_url(
                    settings().redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None
                )
            for channel, ids in news.items():
                if ids:
                    self._redis.publish(channel, json.dumps(sorted(ids)))
        except redis.RedisError:
            self._redis = None
            RUNG.labels("changed", "failed").inc()
            return False
        RUNG.labels("changed", "rung").inc()
        return True


@once
def bell() -> Bell:
    """Return this process's bell."""
    return Bell()
