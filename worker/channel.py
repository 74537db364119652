"""What a channel of notices 通知 is: it prepares a message inside a transaction and sends it with none open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from shared import jobs
from shared.jobs import Claimed
from shared.notices import Notice


@dataclass(frozen=True, slots=True)
class Taken:
    """Whoever delivers has taken the message: who, and under which name of their own, if they gave one."""

    by: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken. `code` holds nothing personal; servers like to repeat the address in their sentence.

    `is_unsure`: it may have been taken all the same, so the next try may be a second copy.
    """

    code: str
    is_permanent: bool
    is_out_of_time: bool = False  # the consumer's, not the server's
    is_unsure: bool = False
    by: str | None = None
    after: timedelta | None = None  # not to be tried again before, says the other side


class Nobody(Exception):
    """There is nobody to tell, and the message is why, as a code."""


class NotYet(Exception):
    """It is to be told at `at`, in business time; the message is why, as a code."""

    def __init__(self, why: str, at: datetime) -> None:
        super().__init__(why)
        self.at = at


M = TypeVar("M")


class Channel(Protocol[M]):
    """One way to tell somebody. One file each; which one a job takes is said by the first word of its part."""

    name: str

    def gather(self, connection: Connection, job: Claimed) -> Sequence[Claimed]:
        """Lock and return the jobs that one message is to tell of, this one first; none if it is no longer ours."""

    def prepare(self, connection: Connection, job: Claimed) -> M:
        """Write the message. Raises `Nobody` or `NotYet`."""

    def join(self, messages: Sequence[M]) -> M:
        """Make one message of those for the jobs that were gathered."""

    def send(self, message: M, notice: Notice) -> Taken | Refusal:
        """Hand the message over, within 15 s; nothing that the other side does may raise."""

    def pause(self, notice: Notice, refusal: Refusal) -> timedelta | None:
        """Return how long to wait, in real time, before the next try; None: it was the last."""

    def settle(self, connection: Connection, message: M, answer: Taken | Refusal) -> None:
        """Keep what the channel itself learns from an answer, beside the notice's own row."""

    def close(self) -> None:
        """Let go of connections; the next message opens them again."""


class OneByOne:
    """What a channel does that tells of each step by a message of its own."""

    def gather(self, connection: Connection, job: Claimed) -> Sequence[Claimed]:
        """Return this job alone."""
        return [job] if jobs.hold(connection, [job]) else []

    def join(self, messages: Sequence[M]) -> M:
        """Return the only one."""
        (message,) = messages
        return message
