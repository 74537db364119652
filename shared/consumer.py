"""Claim → think → apply: how due jobs of one kind are worked off, by a Celery task or by the watch."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import structlog
from sqlalchemy.engine import Engine

from shared import jobs, traces
from shared.domain.commands import Command
from shared.domain.follow_ups import JobKind
from shared.fault_points import fault_point
from shared.ledger import Item, Ledger
from shared.logs import names_of, said_of
from shared.metrics import LATENESS

log = structlog.get_logger()

Handler = Callable[[Sequence[jobs.Claimed]], None]  # thinks about claimed jobs and applies the results
Think = Callable[[Sequence[jobs.Claimed]], Sequence[Command | Exception]]  # one answer per job, no transaction open


def through_ledger(ledger: Ledger, think: Think) -> Handler:
    """Return a handler that turns jobs into commands and applies them as one batch."""

    def handle(claimed: Sequence[jobs.Claimed]) -> None:
        answers = think_alone_on_error(think, claimed)
        fault_point("think.done")
        ledger.execute_many([Item(job, answer) for job, answer in zip(claimed, answers, strict=True)])

    return handle


def think_alone_on_error(think: Think, claimed: Sequence[jobs.Claimed]) -> Sequence[Command | Exception]:
    """Think about all at once; if that fails, about each alone, so that one ticket's trouble stays its own."""
    try:
        return think(claimed)
    except Exception as error:
        if len(claimed) == 1:
            with said_of(claimed[0]):
                log.exception("think_failed")
            return [error]
    return [answer for job in claimed for answer in think_alone_on_error(think, [job])]


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a kind's jobs: so many at a time, and with `part` those of one webhook alone."""

    kind: JobKind
    batch: int | None = None
    part: str | None = None


def drain(engine: Engine, share: JobKind | Share, handle: Handler, for_seconds: float) -> int:
    """Work off due jobs of a kind, or a share of them, until none is left or the time is over; return how many.

    A job that has been tried before comes alone: whatever killed its consumer must not take neighbours with it. It
    comes once: a ticket that somebody holds keeps nobody else waiting.
    """
    share = share if isinstance(share, Share) else Share(share)
    batch = share.batch or jobs.BATCH
    until, count, again = time.monotonic() + for_seconds, 0, set[int]()
    while time.monotonic() < until:
        claimed = jobs.claim(engine, share.kind, batch, share.part, again)
        if not claimed:
            break
        fault_point("claim.committed")
        count += len(claimed)
        is_first_try = claimed[0].attempts == 1
        if is_first_try:
            lateness = LATENESS.labels(share.kind)
            for job in claimed:
                lateness.observe(job.late_seconds)
        else:
            again.add(claimed[0].id)
        began = time.perf_counter()
        with said_of(claimed[0]) if len(claimed) == 1 else nullcontext():
            handle(claimed)
        if traces.is_on():
            _trace(claimed, began)
        if is_first_try and len(claimed) < batch:
            break
    return count


def _trace(claimed: Sequence[jobs.Claimed], began: float) -> None:
    """Send a span for each job of a ticket, below the step that armed it."""
    for job in claimed:
        if job.ticket_id is not None:
            name = traces.job(job.id, job.attempts)
            span = traces.Span(f"job {job.kind}", name, job.ticket_id, traces.step(job.cause_seq))
            traces.ended(span, began, **names_of(job), attempt=job.attempts, late_seconds=job.late_seconds)
