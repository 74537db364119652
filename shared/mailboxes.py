"""Mailboxes of units 单位邮箱: how full a window is, and what waits for its end. The only writer of `mailbox`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.rules import Policy
from shared.jobs import Claimed
from shared.tables.mailbox import mailbox

WAITS = "digest"  # the error of a job that waits for the window's end
MOST_TOGETHER = 300  # lines of one mail; a storm brings several

# Locks the row, too: who counts, and who gathers what waits, does it alone.
_LOCK = sa.text(
    "INSERT INTO mailbox (city, part, since, mails)"
    " SELECT city, :part, business_now(), 0 FROM ticket WHERE id = :ticket_id"
    " ON CONFLICT (city, part) DO UPDATE SET mails = mailbox.mails RETURNING city, since, mails, business_now() AS now"
)
_IS_BEGUN = sa.text("SELECT EXISTS (SELECT FROM notice WHERE ticket_id = :ticket_id AND seq = :seq AND part = :part)")
# What was begun together is repeated together, under its name and without anything else; what has not begun goes with
# all that is due. A confidential ticket stands in no list.
_WITH = sa.text(
    "SELECT other.id FROM job mine JOIN ticket its ON its.id = mine.ticket_id"
    " JOIN job other ON other.state = 'todo' AND other.kind = mine.kind AND other.part = mine.part"
    "     AND other.id <> mine.id"
    " JOIN ticket t ON t.id = other.ticket_id AND t.city = its.city"
    " LEFT JOIN notice a ON a.ticket_id = mine.ticket_id AND a.seq = mine.cause_seq AND a.part = mine.part"
    " LEFT JOIN notice b ON b.ticket_id = other.ticket_id AND b.seq = other.cause_seq AND b.part = other.part"
    " WHERE mine.id = :id AND CASE WHEN a.ticket_id IS NOT NULL THEN a.reference = b.reference"
    "     ELSE b.ticket_id IS NULL AND mine.error = :waits AND other.error = :waits"
    "         AND other.due_at <= business_now() AND NOT its.confidential AND NOT t.confidential END"
    " ORDER BY other.due_at, other.id LIMIT :most"
)


def lock(connection: Connection, job: Claimed) -> None:
    """Keep all others from this job's mailbox until the transaction ends; before any job is locked."""
    connection.execute(_LOCK, {"ticket_id": job.ticket_id, "part": job.part})


def waiting_with(connection: Connection, job: Claimed) -> list[int]:
    """Return the ids of the jobs that are to be told of in one mail with this one. The mailbox is locked."""
    wanted = {"id": job.id, "waits": WAITS, "most": MOST_TOGETHER - 1}
    return list(connection.execute(_WITH, wanted).scalars())


def admit(connection: Connection, job: Claimed, policy: Policy, *, may_wait: bool) -> datetime | None:
    """Count a mail that is to go now and return None; or return when the window ends, if it is full.

    What has waited, or was begun before, is not counted again.
    """
    named = {"ticket_id": job.ticket_id, "seq": job.cause_seq, "part": job.part}
    if job.error == WAITS or connection.execute(_IS_BEGUN, named).scalar_one():
        return None
    row = connection.execute(_LOCK, named).one()
    is_open = row.since <= row.now < row.since + policy.digest_window
    since, mails = (row.since, row.mails) if is_open else (row.now, 0)
    is_full = may_wait and mails >= policy.digest_above
    mine = (mailbox.c.city == row.city) & (mailbox.c.part == job.part)
    values = {"since": since, "mails": mails if is_full else mails + 1}
    connection.execute(sa.update(mailbox).where(mine).values(values))
    return since + policy.digest_window if is_full else None
