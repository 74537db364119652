"""Jobs that belong to no ticket: done one by one, and closed only by whoever still holds their lease."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs
from shared.fault_points import fault_point
from shared.ledger.outcome import why_of
from shared.ledger.write import as_json

# What one batch may take of its consumer's time; the rest is handed back, and other kinds get their turn.
BUDGET_SECONDS = 5.0

log = structlog.get_logger()

Rest = Callable[[Connection], tuple[str, datetime]]  # the part that is left over, and when it is due


def one_by_one(engine: Engine, claimed: Sequence[jobs.Claimed], work: Callable[[jobs.Claimed], None]) -> None:
    """Do what can be done in time; a job that raises is tried again, and is dead after the last attempt."""
    until, rest = time.monotonic() + BUDGET_SECONDS, list(claimed)
    while rest and time.monotonic() < until:
        job = rest.pop(0)
        try:
            work(job)
        except Exception as error:
            log.exception(f"{job.kind}_failed", job=job.id)  # noqa: G004 - the event's name, one of two
            is_last = job.attempts >= jobs.MAX_ATTEMPTS
            state = "dead" if is_last else "todo"
            close(engine, jobs.Closing(job, state, "failed", why_of(error), keep_lease=not is_last))
    for job in rest:
        close(engine, jobs.Closing(job, "todo", "busy", refund=1))


def close(engine: Engine, closing: jobs.Closing, rest: Rest | None = None) -> None:
    """Close a job and arm what is left of it, in one transaction."""
    with engine.begin() as connection:
        if closing.job.id not in jobs.hold(connection, [closing.job]):
            return
        if rest is not None:
            jobs.arm_untied(connection, closing.job.kind, *rest(connection))
        jobs.close(connection, [closing], as_json)
        fault_point("untied.closed")
