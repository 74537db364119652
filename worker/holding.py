"""After a restore nothing leaves the house: the jobs that would are put back until a person releases them."""

from collections.abc import Sequence

import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs, notices, restoration
from shared.consumer import Handler
from shared.ledger.write import as_json

log = structlog.get_logger()


def held_back(engine: Engine, handle: Handler) -> Handler:
    """Return the handler of a kind that leaves the house, which does nothing while a restore is not released."""

    def through(claimed: Sequence[jobs.Claimed]) -> None:
        with engine.begin() as connection:
            is_held = restoration.held(connection) is not None
            if is_held:
                _put_back(connection, claimed)
        if not is_held:
            handle(claimed)

    return through


def _put_back(connection: Connection, claimed: Sequence[jobs.Claimed]) -> None:
    due_at = notices.business_instant_after(connection, restoration.LOOK_AGAIN)
    mine = jobs.hold(connection, claimed)
    again = [
        jobs.Closing(job, "todo", jobs.HELD, job.error, refund=1, due_at=due_at) for job in claimed if job.id in mine
    ]
    jobs.close(connection, again, as_json)
    log.info("outbound_held", jobs=len(again))
