"""Sends notices 通知: note that one begins, commit, send with no transaction open, write what became of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.engine import Connection, Engine

from shared import jobs, notices
from shared.ledger import Item, Ledger
from shared.ledger.outcome import why_of
from shared.ledger.write import as_json
from shared.notices import Notice
from worker.channel import Channel, Nobody, NotYet, Refusal, Taken

# What a consumer has left of its hard limit when it claims its last batch; the rest is handed back.
BUDGET_SECONDS = 5.0

NOTICES = Counter(
    "hotline_notices_total", "Tries to send a notice, by channel and by what became of them.", ["channel", "result"]
)
REPEATS = Counter(
    "hotline_notice_repeats_total", "Notices sent again though the try before may have arrived.", ["channel"]
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Begun:
    """A message on its way: its row says `sending`."""

    job: jobs.Claimed
    channel: Channel[Any]
    notice: Notice
    message: Any


class Notices:
    """Handles jobs whose part begins with the name of one of the channels and a colon."""

    def __init__(self, engine: Engine, ledger: Ledger, *channels: Channel[Any]) -> None:
        self._engine, self._ledger = engine, ledger
        self._channels: Mapping[str, Channel[Any]] = {channel.name: channel for channel in channels}

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Send what can be sent in time, hand the rest back."""
        until, rest = time.monotonic() + BUDGET_SECONDS, list(claimed)
        while rest and time.monotonic() < until:
            if not self._one_safely(rest.pop(0)):
                break
        if rest:
            with self._engine.begin() as connection:
                close(connection, [jobs.Closing(job, "todo", "busy", refund=1) for job in rest])
        for channel in self._channels.values():
            channel.close()

    def begin(self, job: jobs.Claimed) -> Begun | None:
        """Commit that the notice is on its way; None if there is nothing to send now, which is written too."""
        channel = self._channels[job.part.partition(":")[0]]
        with self._engine.begin() as connection:
            if job.id not in jobs.hold(connection, [job]):
                return None
            try:
                message = channel.prepare(connection, job)
                notice = notices.begin(connection, job.ticket_id, job.cause_seq, job.part)
                if notice is None:
                    raise Nobody("sent_before")
            except Nobody as nobody:
                close(connection, [jobs.Closing(job, "done", "moot", str(nobody))])
                return None
            except NotYet as later:
                waits = jobs.Closing(job, "todo", "waits", str(later), refund=job.attempts, due_at=later.at)
                close(connection, [waits])
                return None
        if notice.is_repeat:
            REPEATS.labels(channel.name).inc()
            log.warning("notice_sent_again", notice=notice.reference, tries=notice.tries)
        return Begun(job, channel, notice, message)

    def _one_safely(self, job: jobs.Claimed) -> bool:
        """Deal with one job; return whether there is time for more."""
        try:
            begun = self.begin(job)
            if begun is None:
                return True
            answer = begun.channel.send(begun.message, begun.notice)
            self._end(begun, answer)
            return not (isinstance(answer, Refusal) and answer.is_out_of_time)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            failure: Exception = error
        except Exception as error:
            log.exception("notice_failed", job=job.id, ticket=job.ticket_id)
            failure = error
        if job.ticket_id is None:
            with self._engine.begin() as connection:
                close(connection, [jobs.Closing(job, "done", "failed", why_of(failure))])
        else:
            self._ledger.execute_many([Item(job, failure)])
        return True

    def _end(self, begun: Begun, answer: Taken | Refusal) -> None:
        notice = begun.notice
        with self._engine.begin() as connection:
            result, closing = _verdict(connection, begun, answer)
            is_held = close(connection, [closing])
            # If the lease ended while the server thought, whoever has the job now writes the row; arrived is arrived.
            if is_held or result.state == "sent":
                notices.end(connection, notice, result)
                begun.channel.settle(connection, begun.message, answer)
        NOTICES.labels(begun.channel.name, "refused" if result.state == "sending" else result.state).inc()
        if result.state == "failed":
            log.error("notice_given_up", notice=notice.reference, tries=notice.tries, error=result.error)


def _verdict(connection: Connection, begun: Begun, answer: Taken | Refusal) -> tuple[notices.Result, jobs.Closing]:
    """Return what an answer means for the notice and for its job."""
    job = begun.job
    if isinstance(answer, Taken):
        taken = notices.Result("sent", by=answer.by, provider_reference=answer.reference)
        return taken, jobs.Closing(job, "done", "done")
    pause = None if answer.is_permanent else begun.channel.pause(begun.notice, answer)
    if pause is None:
        return notices.Result("failed", answer.code, by=answer.by), jobs.Closing(job, "done", "failed", answer.code)
    due_at = notices.business_instant_after(connection, max(pause, answer.after or pause))
    refused = notices.Result("sending", answer.code, by=answer.by, is_unsure=answer.is_unsure)
    return refused, jobs.Closing(job, "todo", "refused", answer.code, refund=job.attempts, due_at=due_at)


def close(connection: Connection, closings: Sequence[jobs.Closing]) -> bool:
    """Close the jobs that are still ours; tell whether any is."""
    held = jobs.hold(connection, [closing.job for closing in closings])
    jobs.close(connection, [closing for closing in closings if closing.job.id in held], as_json)
    return bool(held)
