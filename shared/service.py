"""What router and worker have in common: a Celery app whose one task hears bells, and the watch beside it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

import sqlalchemy as sa
import structlog
from celery import Celery
from celery.signals import worker_process_init
from sqlalchemy.engine import Connection

from shared.bell import MESSAGE_VERSION, bell
from shared.consumer import Handler, drain
from shared.database import engine
from shared.domain.follow_ups import JobKind
from shared.domain.foresight import foresight
from shared.keys import keys
from shared.ledger import Ledger
from shared.ledger.write import business_now
from shared.logs import configure_logs
from shared.metrics import expect, serve
from shared.packs import known_packs
from shared.settings import settings
from shared.watch import Watch

TASK_SECONDS = 20.0
MOST_CLOCK_SECONDS = 5.0

Handlers = Mapping[JobKind, Handler]
log = structlog.get_logger()


@cache
def ledger() -> Ledger:
    """Return this process's ledger."""
    return Ledger(engine(), known_packs().of, keys(), bell())


def celery_app(service: str, handlers: Callable[[], Handlers]) -> Celery:
    """Return the service's Celery app. `handlers` is called in the child, after the fork."""
    app = Celery(service, broker=settings().redis_url)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=service,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 120,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 1,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": "hotline:",
        },
        task_time_limit=30,
        task_soft_time_limit=25,
        worker_soft_shutdown_timeout=20,
        worker_enable_soft_shutdown_on_idle=True,
        worker_eta_task_limit=100,
        worker_max_memory_per_child=300_000,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,  # a line of ours stays one JSON object
        worker_send_task_events=False,
        enable_utc=True,
    )

    worker_process_init.connect(lambda **_: _begin(handlers), weak=False)

    @app.task(name=f"{service}.work", shared=False)
    def work(kind: str, v: int) -> None:
        """Work off what is due of a kind. The message carries nothing else, so an old or foreign one does no harm."""
        handler = handlers().get(JobKind(kind)) if v == MESSAGE_VERSION and kind in set(JobKind) else None
        if handler is None:
            log.error("bell_not_understood", service=service, v=v)
            return
        drain(engine(), JobKind(kind), handler, TASK_SECONDS)

    return app


def _begin(handlers: Callable[[], Handlers]) -> None:
    serve(settings().metrics_port)
    expect(handlers())
    _warn_of_clock()


def watch(handlers: Handlers) -> None:
    """Run the service's watch until it is told to stop."""
    configure_logs()
    serve(settings().metrics_port)
    expect(handlers)
    _warn_of_calendar()
    _warn_of_clock()
    Watch(engine(), bell(), ledger(), handlers).run()


def _warn_of_clock() -> None:
    with engine().connect() as connection:
        warn_of_clock(connection, datetime.now(UTC))  # noqa: TID251 this machine's clock is what is asked about


def warn_of_clock(connection: Connection, here: datetime) -> None:
    """Say that this machine's clock is not the database's: by it the broker puts back what others work on (F4)."""
    there: datetime = connection.execute(sa.func.clock_timestamp().select()).scalar_one()
    seconds = abs((here - there).total_seconds())
    if seconds > MOST_CLOCK_SECONDS:
        log.warning("clock_differs", seconds=round(seconds))


def _warn_of_calendar() -> None:
    """Say once at the start that the holidays known come to an end (K16)."""
    with engine().connect() as connection:
        rules = known_packs().at(connection, settings().city)
        ahead = foresight(rules.calendar, business_now(connection))
    if ahead.ends_soon:
        log.warning("calendar_ends", city=rules.city, pack=rules.version, known_until=str(ahead.known_until))
