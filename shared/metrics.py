"""What every process counts and times, by name, and how it shows its figures.

Labels come from closed lists: kinds, channels, endpoints' names; never a number, an address or a path. What only the
database knows is read by `intake.metrics` at each scrape instead, so that it survives every restart.
"""

import os
import threading
import time
from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

# A request, a commit, a wait for a connection: of interest from some milliseconds to the limits of FAULTS 4.4.
_QUICK = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# 3 s: the watch helps; 15 s: what a deadline may be late; 75 s: the alarm.
_LATE = (0.1, 0.25, 0.5, 1, 3, 5, 15, 75, 300, 3600)
_BIND_AGAIN_SECONDS = 1.0

REQUEST = Histogram(
    "hotline_request_seconds",
    "Seconds from a request's whole body to its answer, by surface, endpoint and class of status.",
    ["surface", "endpoint", "status"],
    buckets=_QUICK,
)
REGISTERED = Counter("hotline_tickets_registered_total", "Tickets registered, by channel.", ["channel"])
COMMIT = Histogram(
    "hotline_commit_seconds",
    "Seconds that PostgreSQL took to commit a transaction, its last statements included.",
    buckets=_QUICK,
)
POOL_WAIT = Histogram(
    "hotline_pool_wait_seconds",
    "Seconds until the pool gave a connection, opening and checking it included.",
    buckets=_QUICK,
)
POOL_TIMEOUTS = Counter("hotline_pool_timeouts_total", "Waits for a connection that ended without one.")
CLAIMS = Counter("hotline_claims_total", "Claims of due jobs, by kind and result: taken or empty.", ["kind", "result"])
LATENESS = Histogram(
    "hotline_job_lateness_seconds",
    "Real seconds between a job's instant and its first claim, by kind.",
    ["kind"],
    buckets=_LATE,
)
ENDED = Counter(
    "hotline_job_attempts_total",
    "Attempts at jobs of tickets, by kind and outcome; `lost` is work that was done twice and counted once.",
    ["kind", "outcome"],
)
BURIED = Counter("hotline_jobs_buried_total", "Jobs given up, by kind.", ["kind"])
RUNG = Counter("hotline_bells_total", "Bells rung, by kind of job and result: rung or failed.", ["kind", "result"])
HELPED = Counter("hotline_jobs_done_by_watch_total", "Jobs that the watch did itself, by kind.", ["kind"])
NOTICES = Counter("hotline_notices_total", "Tries to send a notice, by channel and result.", ["channel", "result"])
REPEATS = Counter(
    "hotline_notice_repeats_total", "Notices sent again though the try before may have arrived.", ["channel"]
)
WEBHOOKS_DISABLED = Counter("hotline_webhooks_disabled_total", "Webhooks that were disabled by themselves.", ["why"])
REVEALED = Counter("hotline_revealed_total", "Names and numbers shown in full.")
REVEAL_ALARMS = Counter("hotline_reveal_alarms_total", "Names and numbers shown beyond what a person needs in an hour.")
FOLLOWERS = Gauge(
    "hotline_stream_followers", "Open streams, of callers and of staff.", ["who"], multiprocess_mode="mostrecent"
)


def expect(kinds: Iterable[str]) -> None:
    """Begin the series of a process's kinds of jobs at zero, or the first late one would show no increase."""
    for kind in kinds:
        LATENESS.labels(kind)
        HELPED.labels(kind)


def exposition() -> bytes:
    """Return the figures of this process, and of its siblings where they share a folder, as Prometheus reads them."""
    return generate_latest(_registry())


def serve(port: int | None) -> None:
    """Show the figures at a port of the process's container; without a port, do nothing. Call it after the fork.

    Of several processes that share a folder one has the port; when it ends, the next takes over.
    """
    if port is not None:
        threading.Thread(target=_serve, args=(port,), name="metrics", daemon=True).start()


def _serve(port: int) -> None:
    while True:
        try:
            start_http_server(port, registry=_registry())
        except OSError:
            time.sleep(_BIND_AGAIN_SECONDS)
        else:
            return


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
