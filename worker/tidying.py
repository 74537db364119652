"""The daily tidying: ended jobs, used keys and old sessions go after seven days, files nobody named after one."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Connection, Engine

from shared import attachments, attempts, drafts, errands, jobs, people
from shared.domain.follow_ups import JobKind
from shared.domain.rules import Policy
from shared.fault_points import fault_point
from shared.ledger.forget import forget_keys
from shared.ledger.write import business_now
from shared.people import second_factor
from shared.storage import Storage, StorageError
from worker.untied import close, one_by_one

KEEP = timedelta(days=7)  # real time: what is kept here serves repeats and inquiries by machines, not the record
KEEP_LOOSE = timedelta(days=1)  # real time: how long a file waits for the step that it was sent for
CHUNK, FEW = 1000, 50
AT = wall_time(3, 30)  # local, when a city sleeps
# With a consumer's own 20 s and its hard limit of 30 s this leaves room; the rest is a job of its own.
BUDGET_SECONDS = 5.0

log = structlog.get_logger()


class Tidying:
    """Handles jobs of kind `tidy`. `part` is the day, and after a colon the job id that an earlier one came to."""

    draft_life = Policy().draft_life

    def __init__(
        self, engine: Engine, zone: ZoneInfo, place: Storage | None = None, budget_seconds: float = BUDGET_SECONDS
    ) -> None:
        self._engine, self._zone, self._place, self._budget = engine, zone, place, budget_seconds
        self._chores: list[Callable[[], object]] = []

    def also(self, chore: Callable[[], object]) -> "Tidying":
        """Do this every day, too, again while it says that there is more and there is time."""
        self._chores.append(chore)
        return self

    def arm(self) -> None:
        """Arm the next tidying, if nobody has; may be called at any time."""
        with self._engine.begin() as connection:
            part, due_at = next_occasion(business_now(connection), self._zone)
            jobs.arm_untied(connection, JobKind.TIDY, part, due_at)

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Tidy, and close the jobs."""
        one_by_one(self._engine, claimed, self._tidy)

    def _tidy(self, job: jobs.Claimed) -> None:
        self.arm()  # first, so that tidying goes on tomorrow whatever becomes of it today
        until = time.monotonic() + self._budget
        day, _, came_to = job.part.partition(":")
        if not came_to:
            seven_days = (
                forget_keys,
                people.forget_sessions,
                attempts.forget,
                second_factor.forget_waiting,
                errands.forget,
            )
            for forget in seven_days:
                self._chunks(forget, until)
            self._chunks(drafts.forget, until, self.draft_life)
            self._loose_files(until)
            for chore in self._chores:
                while chore() and time.monotonic() < until:
                    pass
        after: int | None = int(came_to or 0)
        while after is not None and time.monotonic() < until:
            with self._engine.begin() as connection:
                after = jobs.tidy(connection, after, KEEP, CHUNK)
        fault_point("tidy.swept")
        done = jobs.Closing(job, "done", "done")
        close(self._engine, done, None if after is None else lambda c: (f"{day}:{after}", business_now(c)))

    def _loose_files(self, until: float) -> None:
        """Remove files that no step took: the bytes first, so that a row always leads to them."""
        while self._place is not None and time.monotonic() < until:
            with self._engine.begin() as connection:
                found = attachments.loose(connection, KEEP_LOOSE, FEW)
                try:
                    for file_id in found:
                        self._place.delete(attachments.stored_as(file_id))
                except StorageError as error:
                    log.warning("loose_files_stay", error=str(error))
                    return
                if found:
                    fault_point("tidy.bytes_gone")
                attachments.forget(connection, found)
            if len(found) < FEW:
                return

    def _chunks(
        self, forget: Callable[[Connection, timedelta, int], int], until: float, keep: timedelta = KEEP
    ) -> None:
        while time.monotonic() < until:
            with self._engine.begin() as connection:
                if forget(connection, keep, CHUNK) < CHUNK:
                    return


def next_occasion(now: datetime, zone: ZoneInfo) -> tuple[str, datetime]:
    """Return the name and the instant, UTC, of the first tidying strictly after `now`."""
    day = now.astimezone(zone).date()
    due_at = datetime.combine(day, AT, tzinfo=zone).astimezone(UTC)
    if due_at <= now:
        day += timedelta(days=1)
        due_at = datetime.combine(day, AT, tzinfo=zone).astimezone(UTC)
    return day.isoformat(), due_at
