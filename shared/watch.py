"""The watch: looks every 200 ms at its oldest due jobs and rings. What is late or cannot be rung, it does itself."""

import faulthandler
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.engine import Engine

from shared import jobs
from shared.bell import Bell
from shared.consumer import Handler, drain
from shared.database import at_once
from shared.domain.errors import Refused
from shared.domain.follow_ups import JobKind
from shared.fault_points import fault_point
from shared.ledger import Item, Ledger
from shared.ledger.write import as_json
from shared.metrics import HELPED

TICK_SECONDS = 0.2
OWN_WORK_SECONDS = 5.0
BURY_EVERY_SECONDS = 5.0
_STDERR = 2
# As Celery's own limits, and less than any lease: whoever hangs is gone before another may have its jobs.
SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS = 25.0, 30.0

log = structlog.get_logger()


class Watch:
    """One service's watch. Any number may run at once; none changes anything but latency."""

    def __init__(self, engine: Engine, bell: Bell, ledger: Ledger, handlers: Mapping[JobKind, Handler]) -> None:
        self._engine, self._bell, self._ledger, self._handlers = engine, bell, ledger, handlers
        self._stop = threading.Event()
        self._next_burial = 0.0

    def run(self) -> None:
        """Look until SIGTERM or SIGINT."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        while not self._stop.is_set():
            try:
                self.look()
            except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
                log.warning("watch_waits_for_database", error=type(error).__name__)
                self._stop.wait(1)
            except SoftTimeLimitExceeded:
                log.warning("watch_out_of_time")
            self._stop.wait(TICK_SECONDS)

    def look(self) -> None:
        """Ring for what is due; do what is late."""
        with at_once(self._engine) as connection:
            lags = jobs.waiting(connection, self._handlers)
        for kind, lag in lags.items():
            was_rung = self._bell.ring_now(kind)
            if lag > jobs.LATE_SECONDS or not was_rung:
                with limited(SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS):
                    HELPED.labels(kind).inc(drain(self._engine, kind, self._handlers[kind], OWN_WORK_SECONDS))
        if time.monotonic() >= self._next_burial:
            self._next_burial = time.monotonic() + BURY_EVERY_SECONDS
            bury_vanished(self._engine, self._ledger, self._handlers)


@contextmanager
def limited(soft: float, hard: float) -> Iterator[None]:
    """Raise `SoftTimeLimitExceeded` in the block after `soft` seconds; after `hard` seconds end this process.

    Then the supervisor starts it anew, and the attempt has counted. For the main thread alone.
    """

    def out_of_time(*_: object) -> None:
        raise SoftTimeLimitExceeded

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, soft)
    # By a thread that needs no Python: what hangs in a library hears no signal. It says where, without any values.
    faulthandler.dump_traceback_later(hard, exit=True, file=_STDERR)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # first: what it raised in here would leave the other armed
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def bury_vanished(engine: Engine, ledger: Ledger, kinds: Iterable[JobKind]) -> None:
    """Bury the jobs of these kinds whose consumer was killed at every attempt."""
    gone = jobs.claim_vanished(engine, kinds)
    if gone:
        fault_point("vanished.claimed")
    vanished = Refused("vanished", "the consumer was killed at every attempt")
    items = [Item(job, vanished) for job in gone if job.ticket_id is not None]
    untied = [job for job in gone if job.ticket_id is None]
    if items:
        ledger.execute_many(items)
    if untied:
        jobs.bury_untied(engine, untied, as_json)
        log.error("untied_jobs_buried", jobs=[job.id for job in untied])
