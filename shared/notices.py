"""Notices 通知: a row per ticket, event, channel and recipient says what became of it. The only writer of `notice`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from shared.tables.people import notice

MOST_TRIES = 48
RETRY_EVERY = timedelta(minutes=5)
_LONGEST_ID, _LONGEST_CODE = 18, 80

log = structlog.get_logger()

_BEFORE = sa.text(
    "SELECT error, is_unsure FROM notice WHERE ticket_id = :ticket_id AND seq = :seq AND part = :part FOR UPDATE"
)
_BEGIN = sa.text(
    "INSERT INTO notice (ticket_id, seq, part, state, tries, reference, error, changed_at)"
    " VALUES (:ticket_id, :seq, :part, 'sending', 1, :reference, NULL, business_now())"
    " ON CONFLICT (ticket_id, seq, part) DO UPDATE"
    " SET tries = notice.tries + 1, error = NULL, is_unsure = false, changed_at = business_now()"
    " WHERE notice.state = 'sending' RETURNING tries, reference"
)
_GIVE_UP = sa.text(
    "UPDATE notice SET state = 'failed', error = 'dropped', changed_at = business_now()"
    " FROM unnest(CAST(:tickets AS bigint[]), CAST(:seqs AS int[]), CAST(:parts AS text[])) AS d(ticket_id, seq, part)"
    " WHERE notice.ticket_id = d.ticket_id AND notice.seq = d.seq AND notice.part = d.part AND state = 'sending'"
)
_AGAIN = sa.text(
    "UPDATE notice SET state = 'sending', tries = 0, error = 'again', changed_at = business_now()"
    " FROM unnest(CAST(:tickets AS bigint[]), CAST(:seqs AS int[])) AS d(ticket_id, seq)"
    " WHERE notice.part = :part AND notice.ticket_id = d.ticket_id AND notice.seq = d.seq"
    " RETURNING notice.ticket_id, notice.seq"
)
# Of a day, without the one that is just to be sent: of all short messages, and of those to one caller's number.
_TEXTS_SQL = r"""SELECT count(*), count(*) FILTER (WHERE ticket_id IN
     (SELECT c.ticket_id FROM caller c WHERE c.phone_index = :phone_index))
 FROM notice WHERE part = 'sms\:caller' AND changed_at > business_now() - interval '1 day'
     AND state <> 'failed' AND NOT (ticket_id = :ticket_id AND seq = :seq)"""
# A retry waits in real time, whatever the speed of a demo's clock.
_AFTER = sa.text("SELECT business_now() + :delay * coalesce((SELECT speed FROM business_clock), 1)")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is being sent. `is_repeat`: the try before ended without a clear answer, so it may arrive twice.

    Without a ticket it is a test, of which no row is kept.
    """

    ticket_id: int | None
    seq: int
    part: str
    tries: int
    is_repeat: bool
    reference: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a try: `sent`, `failed`, or `sending` with an `error` while it is tried again."""

    state: str
    error: str | None = None
    by: str | None = None
    provider_reference: str | None = None
    is_unsure: bool = False


def reference_of(ticket_id: int | None, seq: int, part: str) -> str:
    """Return the name by which a provider knows the notice; the same at every try."""
    return f"{ticket_id}-{seq}-{part}"


def begin(
    connection: Connection, ticket_id: int | None, seq: int, part: str, within: str | None = None
) -> Notice | None:
    """Note that a notice is about to be sent; None if it was sent or given up before. Commit before sending.

    `within` is the reference of the message that tells of it, if that is another one's; it keeps that of its first try.
    """
    reference = within or reference_of(ticket_id, seq, part)
    if ticket_id is None:
        return Notice(None, seq, part, tries=1, is_repeat=False, reference=reference)
    named = {"ticket_id": ticket_id, "seq": seq, "part": part}
    before = connection.execute(_BEFORE, named).one_or_none()
    begun = connection.execute(_BEGIN, named | {"reference": reference}).one_or_none()
    if begun is None:
        return None
    is_repeat = before is not None and (before.error is None or before.is_unsure)
    return Notice(ticket_id, seq, part, begun.tries, is_repeat, begun.reference)


def end(connection: Connection, sent: Notice, result: Result) -> None:
    """Write what became of a try."""
    if sent.ticket_id is None:
        return
    values = {
        "state": result.state,
        "error": result.error,
        "provider": result.by,
        "provider_reference": result.provider_reference,
        "is_unsure": result.is_unsure,
        "changed_at": sa.func.business_now(),
    }
    connection.execute(sa.update(notice).where(_mine(sent.ticket_id, sent.seq, sent.part)).values(values))


def _mine(ticket_id: int, seq: int, part: str) -> sa.ColumnElement[bool]:
    return (notice.c.ticket_id == ticket_id) & (notice.c.seq == seq) & (notice.c.part == part)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider reports of one message, by its own name for it and, where it repeats it, by ours."""

    provider_reference: str
    reference: str
    is_delivered: bool
    code: str


def receive(connection: Connection, provider: str, receipt: Receipt) -> bool:
    """Keep the first receipt of a notice; False if the provider has taken no such notice.

    It may come before the answer to our own request has, then only `reference` finds the notice.
    """
    by_theirs = (notice.c.provider == provider) & (notice.c.provider_reference == receipt.provider_reference)
    is_under_way = (notice.c.state == "sending") & (notice.c.part == "sms:caller")
    by_ours = (notice.c.reference == receipt.reference) & ((notice.c.provider == provider) | is_under_way)
    ticket_id = receipt.reference.partition("-")[0]
    is_ours = ticket_id.isascii() and ticket_id.isdecimal() and len(ticket_id) <= _LONGEST_ID
    found = by_theirs if not is_ours else by_theirs | ((notice.c.ticket_id == int(ticket_id)) & by_ours)
    row = connection.execute(sa.select(notice).where(found).limit(1).with_for_update()).one_or_none()
    if row is None:
        return False
    says = "delivered" if receipt.is_delivered else "undelivered"
    if row.receipt is None:
        values = {
            "receipt": says,
            "receipt_code": receipt.code[:_LONGEST_CODE] or None,
            "receipt_at": sa.func.business_now(),
        }
        mine = _mine(row.ticket_id, row.seq, row.part)
        connection.execute(sa.update(notice).where(mine).values(values))
    elif row.receipt != says:
        log.warning("receipt_contradicts", notice=row.reference, kept=row.receipt, said=says)
    return True


@dataclass(frozen=True, slots=True)
class Texts:
    """How many short messages went out within a day."""

    overall: int
    to_number: int


def texts_of_a_day(connection: Connection, phone_index: bytes | None, but: tuple[int, int]) -> Texts:
    """Count short messages to all and to one number; `but` is the (ticket, seq) that is about to be sent."""
    wanted = {"phone_index": phone_index, "ticket_id": but[0], "seq": but[1]}
    return Texts(*connection.execute(sa.text(_TEXTS_SQL), wanted).one())


def give_up(connection: Connection, named: Sequence[tuple[int | None, int, str]]) -> None:
    """Close the notices on their way whose jobs, named by ticket, event and part, will not send them any more."""
    tickets, seqs, parts = zip(*named, strict=True) if named else ((), (), ())
    connection.execute(_GIVE_UP, {"tickets": list(tickets), "seqs": list(seqs), "parts": list(parts)})


def send_again(connection: Connection, part: str, named: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Let notices of a part, named by (ticket, event), be sent once more; return those that there are."""
    rows = connection.execute(_AGAIN, {"part": part, "tickets": [n[0] for n in named], "seqs": [n[1] for n in named]})
    return [(row[0], row[1]) for row in rows]


def failed_since(connection: Connection, part: str, since: datetime) -> list[tuple[int, int]]:
    """Return (ticket, event) of the notices of a part that have failed since an instant of business time."""
    failed = (notice.c.part == part) & (notice.c.state == "failed") & (notice.c.changed_at >= since)
    rows = connection.execute(sa.select(notice.c.ticket_id, notice.c.seq).where(failed))
    return [(row[0], row[1]) for row in rows]


def retry_delay(tries: int) -> timedelta | None:
    """Return how long to wait after `tries` refused tries, None when no more will be made. Source: FAULTS P10."""
    if tries >= MOST_TRIES:
        return None
    return timedelta() if tries == 1 else RETRY_EVERY


def business_instant_after(connection: Connection, delay: timedelta) -> datetime:
    """Return the business instant that comes after `delay` of real time."""
    after: datetime = connection.execute(_AFTER, {"delay": delay}).scalar_one()
    return after
