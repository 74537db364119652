"""Restores of a backup: after one nothing leaves the house until a person lets it. The only writer of `restoration`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import jobs, notices

LOOK_AGAIN = timedelta(minutes=1)  # real time; a release does not wait for it

_HELD = sa.text("SELECT backup_at, restored_at, last_job_id FROM restoration WHERE released_at IS NULL ORDER BY id")
_NOTE = sa.text(
    "INSERT INTO restoration (backup_at, restored_at, last_job_id)"
    " VALUES (:backup_at, clock_timestamp(), (SELECT coalesce(max(id), 0) FROM job))"
)
_RELEASE = sa.text(
    "UPDATE restoration SET released_at = clock_timestamp(), dropped = :dropped WHERE released_at IS NULL"
)
_EPOCH = sa.text("SELECT to_hex(extract(epoch FROM max(restored_at))::bigint) FROM restoration")


@dataclass(frozen=True, slots=True)
class Held:
    """A restore after which nobody has let anything leave yet. Instants are of real time."""

    backup_at: datetime
    restored_at: datetime
    last_job_id: int


def held(connection: Connection) -> Held | None:
    """Return the restore that holds back mails, messages and webhooks, None where they may leave."""
    row = connection.execute(_HELD).first()
    return None if row is None else Held(*row)


def epoch(connection: Connection) -> str:
    """Return a mark of the last restore, empty before the first.

    It belongs into the names by which others know our events: a step after a restore may have the number of a lost one.
    """
    return connection.execute(_EPOCH).scalar_one() or ""


def note(connection: Connection, backup_at: datetime) -> None:
    """Hold everything that would leave; in the transaction that brings the backup's rows."""
    connection.execute(_NOTE, {"backup_at": backup_at})


def release(connection: Connection, *, drops: bool) -> tuple[int, int]:
    """Let go; return how many notices are sent now and how many were dropped.

    With `drops` those that came with the backup are never sent: whoever they are for may have had them between the
    backup and the loss.
    """
    now = held(connection)
    if now is None:
        return 0, 0
    dropped = jobs.drop(connection, now.last_job_id) if drops else []
    notices.give_up(connection, dropped)
    connection.execute(_RELEASE, {"dropped": len(dropped)})
    return jobs.hurry_held(connection), len(dropped)
