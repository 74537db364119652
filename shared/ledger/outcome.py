"""How each claimed job of a batch ended, and what that means for the job row. No I/O."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.commands import Command
from shared.domain.errors import Refused
from shared.domain.ticket import Ticket
from shared.jobs import MAX_ATTEMPTS, MAX_STALES, Claimed, Closing


class Verdict(StrEnum):
    """FAULTS 4.7."""

    DONE = "done"  # the command gave events
    MOOT = "moot"  # the ticket has moved on, nothing to do
    REFUSED = "refused"  # decide says no
    BUSY = "busy"  # a person holds the row: back at once
    STALE = "stale"  # the ticket changed while we thought: back at once
    FAILED = "failed"  # an exception: back when the lease ends, dead after the last attempt
    LOST = "lost"  # the lease ended and somebody else has the job: left alone


@dataclass(frozen=True, slots=True)
class Item:
    """A claimed job and the command that thinking made of it, or the exception that thinking ended in."""

    job: Claimed
    command: Command | Exception


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: the ticket as it stands, None if it could not be locked, and the steps it wrote."""

    verdict: Verdict
    ticket: Ticket | None = None
    why: str | None = None
    steps: tuple[int, ...] = ()


def closing_of(job: Claimed, outcome: Outcome, is_buried: bool) -> Closing:
    """Return how the job row is closed or handed back."""
    if is_buried:
        return Closing(job, "dead", outcome.verdict, outcome.why, stales=job.stales)
    match outcome.verdict:
        case Verdict.BUSY:
            return Closing(job, "todo", "busy", refund=1, stales=job.stales)
        case Verdict.STALE:
            return Closing(job, "todo", "stale", refund=1, stales=job.stales + 1)
        case Verdict.FAILED:
            return Closing(job, "todo", "failed", outcome.why, stales=job.stales, keep_lease=True)
        case _:
            return Closing(job, "done", outcome.verdict, outcome.why, stales=job.stales)


def must_bury(job: Claimed, verdict: Verdict) -> bool:
    """Tell whether this was the job's last chance."""
    if verdict is Verdict.STALE:
        return job.stales + 1 >= MAX_STALES
    return verdict is Verdict.FAILED and job.attempts >= MAX_ATTEMPTS


def why_of(error: Exception) -> str:
    """Return an exception as a job row keeps it: its kind, a refusal's code; never text that may be personal."""
    return f"{type(error).__name__}: {error.code}" if isinstance(error, Refused) else type(error).__name__
