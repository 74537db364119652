"""Lets new files be scanned for viruses; until the scanner has spoken they are held, however long that takes."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy.engine import Engine

from shared import attachments, jobs, notices
from shared.attachments import FileState, stored_as
from shared.fault_points import fault_point
from shared.ledger.write import as_json
from shared.storage import NotStored, Storage, StorageError
from worker.clamd import NoAnswer, is_clean
from worker.untied import one_by_one

LOOK_AGAIN = timedelta(minutes=1)  # real time
log = structlog.get_logger()


class Scanning:
    """Handles jobs of kind `scan`; `part` is the file. Without a scanner what was held before is unscanned."""

    def __init__(self, engine: Engine, place: Storage | None, scanner: str | None) -> None:
        self._engine, self._place, self._scanner = engine, place, scanner

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Scan, and close the jobs."""
        one_by_one(self._engine, claimed, self._scan)

    def _scan(self, job: jobs.Claimed) -> None:
        if self._place is None:
            self._note(job, None)
            return
        name = stored_as(job.part)
        state: FileState | None
        try:
            content = self._place.get(name)
            if self._scanner is None:
                state = FileState.UNSCANNED
            elif is_clean(self._scanner, content):
                state = FileState.CLEAN
            else:
                state = FileState.INFECTED
                log.error("virus_found", file=job.part)
                self._mark_infected(job)
                fault_point("scan.marked")
                self._place.delete(name)
        except NotStored:
            state = None  # tidied meanwhile, or removed by a try that did not live to close the job
        except (NoAnswer, StorageError) as error:
            log.warning("scan_put_off", file=job.part, error=str(error))
            self._later(job, str(error))
            return
        self._note(job, state)

    def _mark_infected(self, job: jobs.Claimed) -> None:
        """Say so before the bytes go; the job stays open until they are gone."""
        with self._engine.begin() as connection:
            if job.id in jobs.hold(connection, [job]):
                attachments.set_state(connection, job.part, FileState.INFECTED)

    def _note(self, job: jobs.Claimed, state: FileState | None) -> None:
        with self._engine.begin() as connection:
            if job.id in jobs.hold(connection, [job]):
                if state is not None:
                    attachments.set_state(connection, job.part, state)
                jobs.close(connection, [jobs.Closing(job, "done", "done" if state else "moot")], as_json)

    def _later(self, job: jobs.Claimed, why: str) -> None:
        with self._engine.begin() as connection:
            if job.id in jobs.hold(connection, [job]):
                due_at = notices.business_instant_after(connection, LOOK_AGAIN)
                again = jobs.Closing(job, "todo", "refused", why, refund=job.attempts, due_at=due_at)
                jobs.close(connection, [again], as_json)
