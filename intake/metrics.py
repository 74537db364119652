"""Prometheus metrics on the staff surface: gauges read from PostgreSQL at each scrape, counters of all processes."""

import os
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from intake.stores import engine
from shared.reads.calls import Figures, figures_of

metrics_page = Blueprint("metrics", __name__)

_HOURS = 24  # the connect rate is asked for over any 24 hours
_JOBS = sa.text(
    "SELECT kind, count(*), coalesce(max(extract(epoch FROM real_lag(due_at))), 0)::float8 FROM job"
    " WHERE state = 'todo' AND due_at <= business_now() GROUP BY kind"
)
_DEAD = sa.text("SELECT count(*) FROM job WHERE state = 'dead'")
_HELD = sa.text(
    "SELECT holder_kind, count(*), count(*) FILTER (WHERE is_overdue), count(*) FILTER (WHERE alarm IS NOT NULL)"
    " FROM ticket WHERE holder_kind <> 'archive' GROUP BY holder_kind"
)


class DatabaseGauges(Collector):
    """What only the database knows."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the figures now."""
        due = GaugeMetricFamily("hotline_jobs_due", "Jobs that are due and not done.", labels=["kind"])
        age = GaugeMetricFamily("hotline_oldest_due_job_seconds", "Age of the oldest due job.", labels=["kind"])
        held = GaugeMetricFamily("hotline_tickets_held", "Open tickets by kind of holder.", labels=["holder"])
        late = GaugeMetricFamily("hotline_tickets_overdue", "Open tickets that are overdue.", labels=["holder"])
        alarms = GaugeMetricFamily("hotline_tickets_alarm", "Tickets whose job was given up.", labels=["holder"])
        dead = GaugeMetricFamily("hotline_jobs_dead", "Jobs given up after the last attempt.")
        with engine().connect() as connection:
            for kind, count, lag in connection.execute(_JOBS):
                due.add_metric([kind], count)
                age.add_metric([kind], lag)
            for holder, count, overdue, alarmed in connection.execute(_HELD):
                held.add_metric([holder], count)
                late.add_metric([holder], overdue)
                alarms.add_metric([holder], alarmed)
            dead.add_metric([], connection.execute(_DEAD).scalar_one())
            answering = figures_of(connection, _HOURS)
        yield from (due, age, held, late, alarms, dead, *_of_calls(answering))


def _of_calls(figures: Figures) -> Iterator[GaugeMetricFamily]:
    count = GaugeMetricFamily("hotline_calls", f"Inbound calls of the last {_HOURS} hours.", labels=["figure"])
    for name in ("offered", "answered", "abandoned", "within"):
        count.add_metric([name], getattr(figures, name))
    yield count
    wait = GaugeMetricFamily("hotline_call_wait_seconds", f"Mean wait of those answered in the last {_HOURS} hours.")
    if figures.wait_seconds is not None:
        wait.add_metric([], figures.wait_seconds)
    yield wait


@metrics_page.get("/metrics")
def metrics() -> Response:
    """Everything in Prometheus's text format."""
    counters = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counters = CollectorRegistry()
        MultiProcessCollector(counters)  # type: ignore[no-untyped-call]
    gauges = CollectorRegistry()
    gauges.register(DatabaseGauges())
    return Response(generate_latest(gauges) + generate_latest(counters), mimetype=CONTENT_TYPE_LATEST.split(";")[0])
