"""Prometheus metrics on the staff surface: what only the database knows, read at each scrape, and what was counted."""

from collections.abc import Iterable, Iterator

import redis
import sqlalchemy as sa
import structlog
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection

from intake.stores import engine, writing_redis
from shared import VERSION
from shared.domain.follow_ups import JobKind
from shared.domain.terms import HolderKind
from shared.metrics import exposition
from shared.reads.calls import Figures, figures_of

metrics_page = Blueprint("metrics", __name__)
log = structlog.get_logger()

_HOURS = 24  # the connect rate is asked for over any 24 hours
_LIVE = [kind.value for kind in HolderKind if kind is not HolderKind.ARCHIVE]  # in these words the index is used
_UNACKED = "hotline:unacked"  # where Celery's transport keeps what a consumer has taken and not acknowledged
_JOBS = sa.text(
    "SELECT kind, count(*), coalesce(max(extract(epoch FROM real_lag(due_at))), 0)::float8 FROM job"
    " WHERE state = 'todo' AND due_at <= business_now() GROUP BY kind"
)
_DEAD = sa.text("SELECT count(*) FROM job WHERE state = 'dead'")
_HELD = sa.text(
    "SELECT holder_kind, count(*), count(*) FILTER (WHERE is_overdue), count(*) FILTER (WHERE alarm IS NOT NULL)"
    " FROM ticket WHERE holder_kind = ANY(:live) GROUP BY holder_kind"
)
_WEBHOOKS = sa.text(
    "SELECT CASE WHEN state = 'active' AND failing_since IS NOT NULL THEN 'failing' ELSE state END, count(*)"
    " FROM webhook GROUP BY 1"
)
_SCHEMA = sa.text("SELECT version_num FROM alembic_version")

Family = GaugeMetricFamily


class DatabaseGauges(Collector):
    """What only PostgreSQL and Redis know. While one does not answer, the other's figures and ours still show."""

    def collect(self) -> Iterator[Family]:
        """Read the figures now."""
        found, schema = [], ""
        try:
            with engine().connect() as connection:
                found = list(_of_database(connection))
                schema = connection.execute(_SCHEMA).scalar_one()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            log.warning("metrics_without_database", error=type(error).__name__)
        yield _single("database_up", "1 if PostgreSQL answered this scrape, 0 if not.", float(bool(schema)))
        build = Family(
            "hotline_build_info", "1, with the version and the schema's revision.", None, ["version", "schema"]
        )
        build.add_metric([VERSION, schema], 1)
        yield from (build, *found, *_of_redis())


def _of_database(connection: Connection) -> Iterator[Family]:
    # Every kind, or whoever scales by the age would know no age, instead of none, once all is done.
    due = {kind: (count, lag) for kind, count, lag in connection.execute(_JOBS)}
    jobs = [(kind.value, *due.get(kind.value, (0, 0))) for kind in JobKind]
    held = [tuple(row) for row in connection.execute(_HELD, {"live": _LIVE})]
    yield _many("jobs_due", "Jobs that are due and not done, by kind.", "kind", ((row[0], row[1]) for row in jobs))
    yield _many("oldest_due_job_seconds", "Age of the oldest due job, by kind.", "kind", ((r[0], r[2]) for r in jobs))
    yield _many("tickets_held", "Open tickets, by kind of holder.", "holder", ((row[0], row[1]) for row in held))
    yield _many("tickets_overdue", "Open tickets that are overdue.", "holder", ((row[0], row[2]) for row in held))
    yield _many("tickets_alarm", "Tickets whose job was given up.", "holder", ((row[0], row[3]) for row in held))
    yield _single("jobs_dead", "Jobs given up after the last attempt.", connection.execute(_DEAD).scalar_one())
    hooks = connection.execute(_WEBHOOKS)
    yield _many("webhooks", "Webhooks, by how they do.", "state", ((row[0], row[1]) for row in hooks))
    yield from _of_calls(figures_of(connection, _HOURS))


def _of_calls(figures: Figures) -> Iterator[Family]:
    names = ("offered", "answered", "abandoned", "within")
    counts = ((name, getattr(figures, name)) for name in names)
    yield _many("calls", f"Inbound calls of the last {_HOURS} hours.", "figure", counts)
    wait = Family("hotline_call_wait_seconds", f"Mean wait of those answered in the last {_HOURS} hours.")
    if figures.wait_seconds is not None:
        wait.add_metric([], figures.wait_seconds)
    yield wait


def _of_redis() -> Iterator[Family]:
    """Ask Redis for half a second; a bell taken and not acknowledged is one whose consumer still works, or is gone."""
    try:
        with writing_redis() as client:
            unacked = client.hlen(_UNACKED)
    except redis.RedisError:
        unacked = None
    yield _single("redis_up", "1 if Redis took something in at this scrape, 0 if not.", float(unacked is not None))
    if isinstance(unacked, int):
        yield _single("bells_unacked", "Bells that a consumer has taken and not acknowledged.", unacked)


def _single(name: str, says: str, value: float) -> Family:
    return Family(f"hotline_{name}", says, value)


def _many(name: str, says: str, label: str, values: Iterable[tuple[str, float]]) -> Family:
    family = Family(f"hotline_{name}", says, labels=[label])
    for which, value in values:
        family.add_metric([which], value)
    return family


@metrics_page.get("/metrics")
def metrics() -> Response:
    """Everything in Prometheus's text format."""
    gauges = CollectorRegistry()
    gauges.register(DatabaseGauges())
    return Response(generate_latest(gauges) + exposition(), mimetype=CONTENT_TYPE_LATEST.split(";")[0])
