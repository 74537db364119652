"""Sends notices 通知: note that one begins, commit, send with no transaction open, write what became of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from shared import jobs, notices, traces
from shared.fault_points import fault_point
from shared.ledger import Item, Ledger
from shared.ledger.outcome import why_of
from shared.ledger.write import as_json
from shared.logs import names_of, said_of
from shared.metrics import NOTICES, REPEATS
from shared.notices import Notice
from worker.channel import Channel, Nobody, NotYet, Refusal, Taken

# What a consumer has left of its hard limit when it claims its last batch; the rest is handed back.
BUDGET_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Begun:
    """A message on its way, and the jobs and notices it tells of: their rows say `sending`."""

    channel: Channel[Any]
    told: Sequence[tuple[jobs.Claimed, Notice]]
    message: Any

    @property
    def notice(self) -> Notice:
        """The first, for all: tries and name are the same."""
        return self.told[0][1]


class Notices:
    """Handles jobs whose part begins with the name of one of the channels and a colon."""

    def __init__(self, engine: Engine, ledger: Ledger, *channels: Channel[Any]) -> None:
        self._engine, self._ledger = engine, ledger
        self._channels: Mapping[str, Channel[Any]] = {channel.name: channel for channel in channels}

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Send what can be sent in time, hand the rest back."""
        until, rest = time.monotonic() + BUDGET_SECONDS, list(claimed)
        try:
            while rest and time.monotonic() < until:
                job = rest.pop(0)
                with said_of(job):
                    has_time = self._one_safely(job)
                if not has_time:
                    break
        finally:
            self._hand_back(rest)
            for channel in self._channels.values():
                channel.close()

    def _hand_back(self, rest: Sequence[jobs.Claimed]) -> None:
        """Give up the leases of what was not tried, with its attempts."""
        if rest:
            with self._engine.begin() as connection:
                close(connection, [jobs.Closing(job, "todo", "busy", job.error, refund=1) for job in rest])

    def begin(self, job: jobs.Claimed) -> Begun | None:
        """Commit that a message is on its way; None if there is nothing to send now, which is written too."""
        channel = self._channels[job.part.partition(":")[0]]
        with self._engine.begin() as connection:
            begun = _begin(connection, channel, channel.gather(connection, job))
        if begun is not None and any(notice.is_repeat for _, notice in begun.told):
            REPEATS.labels(channel.name).inc()
            log.warning("notice_sent_again", notice=begun.notice.reference, tries=begun.notice.tries)
        return begun

    def _one_safely(self, job: jobs.Claimed) -> bool:
        """Deal with one job; return whether there is time for more."""
        began = perf_counter()
        try:
            begun = self.begin(job)
            if begun is None:
                return True
            fault_point("notice.sending")
            answer = begun.channel.send(begun.message, begun.notice)
            fault_point("notice.answered")
            self._end(begun, answer, began)
            return not (isinstance(answer, Refusal) and answer.is_out_of_time)
        except sa.exc.TimeoutError:
            raise  # no connection is no fault of the message's
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            failure: Exception = error
        except Exception as error:
            log.exception("notice_failed")
            failure = error
        if job.ticket_id is None:
            with self._engine.begin() as connection:
                close(connection, [jobs.Closing(job, "done", "failed", why_of(failure))])
        else:
            self._ledger.execute_many([Item(job, failure)])
        return True

    def _end(self, begun: Begun, answer: Taken | Refusal, began: float) -> None:
        with self._engine.begin() as connection:
            result, closings = _verdict(connection, begun, answer)
            held = close(connection, closings)
            # If the lease ended while the server thought, whoever has the job now writes the row; arrived is arrived.
            ours = [notice for job, notice in begun.told if job.id in held or result.state == "sent"]
            for notice in ours:
                notices.end(connection, notice, result)
            if ours:
                begun.channel.settle(connection, begun.message, answer)
            fault_point("notice.settled")
        NOTICES.labels(begun.channel.name, "refused" if result.state == "sending" else result.state).inc()
        for job, notice in begun.told:
            say = log.error if result.state == "failed" else log.info
            said = {"part": notice.part, "result": result.state, "error": result.error, "tries": notice.tries}
            say("notice", **names_of(job), notice=notice.reference, **said)
            if traces.is_on():
                _trace(begun.channel.name, job, notice, said, began)


def _trace(channel: str, job: jobs.Claimed, notice: Notice, said: Mapping[str, Any], began: float) -> None:
    name, below = ("notice", notice.reference, notice.tries, job.id), traces.job(job.id, job.attempts)
    failed = said["result"] == "failed"
    span = traces.Span(f"notice {channel}", name, job.ticket_id, below, is_client=True, has_failed=failed)
    traces.ended(span, began, **names_of(job), notice=notice.reference, **said)


def _begin(connection: Connection, channel: Channel[Any], gathered: Sequence[jobs.Claimed]) -> Begun | None:
    """Write what is to be told of each job and note that it begins, all under the name of the first."""
    told: list[tuple[jobs.Claimed, Notice]] = []
    messages: list[Any] = []
    for job in gathered:
        named = (job.ticket_id, job.cause_seq, job.part)
        try:
            message = channel.prepare(connection, job)
            notice = notices.begin(connection, *named, told[0][1].reference if told else None)
            if notice is None:
                raise Nobody("sent_before")
        except Nobody as nobody:
            notices.give_up(connection, [named])
            close(connection, [jobs.Closing(job, "done", "moot", str(nobody))])
            log.info("notice", **names_of(job), part=job.part, result="moot", error=str(nobody))
        except NotYet as later:
            waits = jobs.Closing(job, "todo", "waits", str(later), refund=job.attempts, due_at=later.at)
            close(connection, [waits])
            log.info("notice", **names_of(job), part=job.part, result="waits", error=str(later))
        else:
            told.append((job, notice))
            messages.append(message)
    if not told:
        return None
    fault_point("notice.begun")
    return Begun(channel, told, channel.join(messages))


def _verdict(
    connection: Connection, begun: Begun, answer: Taken | Refusal
) -> tuple[notices.Result, list[jobs.Closing]]:
    """Return what an answer means for the notices and for their jobs."""
    mine = [job for job, _ in begun.told]
    if isinstance(answer, Taken):
        taken = notices.Result("sent", by=answer.by, provider_reference=answer.reference)
        return taken, [jobs.Closing(job, "done", "done") for job in mine]
    pause = None if answer.is_permanent else begun.channel.pause(begun.notice, answer)
    if pause is None:
        failed = notices.Result("failed", answer.code, by=answer.by)
        return failed, [jobs.Closing(job, "done", "failed", answer.code) for job in mine]
    due_at = notices.business_instant_after(connection, max(pause, answer.after or pause))
    refused = notices.Result("sending", answer.code, by=answer.by, is_unsure=answer.is_unsure)
    again = [jobs.Closing(job, "todo", "refused", answer.code, refund=job.attempts, due_at=due_at) for job in mine]
    return refused, again


def close(connection: Connection, closings: Sequence[jobs.Closing]) -> set[int]:
    """Close the jobs that are still ours; return their ids."""
    held = jobs.hold(connection, [closing.job for closing in closings])
    jobs.close(connection, [closing for closing in closings if closing.job.id in held], as_json)
    return held
