"""Jobs that belong to no ticket: done one by one, and closed only by whoever still holds their lease."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs
from shared.ledger.outcome import why_of
from shared.ledger.write import as_json

log = structlog.get_logger()

Rest = Callable[[Connection], tuple[str, datetime]]  # the part that is left over, and when it is due


def one_by_one(engine: Engine, claimed: Sequence[jobs.Claimed], work: Callable[[jobs.Claimed], None]) -> None:
    """Do each job; one that raises is tried again, and is dead after the last attempt."""
    for job in claimed:
        try:
            work(job)
        except Exception as error:
            log.exception(f"{job.kind}_failed", job=job.id)  # noqa: G004 - the event's name, one of two
            is_last = job.attempts >= jobs.MAX_ATTEMPTS
            state = "dead" if is_last else "todo"
            close(engine, jobs.Closing(job, state, "failed", why_of(error), keep_lease=not is_last))


def close(engine: Engine, closing: jobs.Closing, rest: Rest | None = None) -> None:
    """Close a job and arm what is left of it, in one transaction."""
    with engine.begin() as connection:
        if closing.job.id not in jobs.hold(connection, [closing.job]):
            return
        if rest is not None:
            jobs.arm_untied(connection, closing.job.kind, *rest(connection))
        jobs.close(connection, [closing], as_json)
