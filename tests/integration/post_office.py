"""A mail server that answers as it is told, and a unit's mailbox that many notices go to."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from shared.command.ports import any_free
from shared.consumer import drain
from shared.domain.follow_ups import JobKind
from shared.domain.numbers import in_fours, number_of
from shared.domain.rules import Policy
from shared.jobs import Claimed
from tests.integration.stage import (
    CITY,
    MONDAY,
    TIME,
    UNIT,
    UNIT_MAIL,
    Stage,
    rules_at,
    rules_of,
)
from worker.correspondence import Correspondence
from worker.mail import Addresses, Mail
from worker.notices import Notices
from worker.post import Post

PUBLIC, STAFF = "https://12345.example", "https://staff.example"
ABOVE, WINDOW = Policy().digest_above, Policy().digest_window
PART = f"email:unit:{UNIT}"
DIGEST = "工单通知汇总"


class Server:
    """A mail server that keeps what it takes and answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer_to_data.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        return self.answer_to_data

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


def by_mail(stage: Stage, port: int | None) -> Notices:
    post = None if port is None else Post(f"smtp://127.0.0.1:{port}", "12345@city.example")
    mail = Mail(Correspondence(TIME, rules_at, stage.keys), Addresses(PUBLIC, STAFF), post)
    return Notices(stage.engine, stage.ledger, mail)


@dataclass
class Desk:
    """A unit's mailbox, and the consumer that fills it."""

    stage: Stage
    server: Server
    port: int
    ids: list[int] = field(default_factory=list)

    @property
    def sender(self) -> Notices:
        return by_mail(self.stage, self.port)

    def handle(self, share: Sequence[Claimed]) -> None:
        """Deal with claimed jobs as a consumer with a connection of its own."""
        self.sender.handle(share)

    def flood(self, more: int = 3, **said: Any) -> list[int]:
        """Fill the mailbox and dispatch some more; return the ids of those that have to wait."""
        filling = [self.stage.dispatched().id for _ in range(ABOVE)]
        self.ids = [self.stage.dispatched(**said).id for _ in range(more)]
        self.work()
        assert len(self.mails) == len(filling)
        return self.ids

    def work(self) -> int:
        return drain(self.stage.engine, JobKind.NOTIFY, self.handle, 5)

    def wait(self, by: timedelta = WINDOW) -> None:
        """Let some time pass since Monday, and as much more as the slowest machine may have taken until now."""
        self.stage.set_clock(MONDAY + by + timedelta(minutes=5))

    def later(self, by: timedelta = WINDOW) -> None:
        """Work once some time has passed."""
        self.wait(by)
        self.work()

    @property
    def mails(self) -> Sequence[EmailMessage]:
        return self.server.to(UNIT_MAIL)

    @property
    def digests(self) -> Sequence[EmailMessage]:
        return [mail for mail in self.mails if DIGEST in mail["Subject"]]

    def number(self, ticket_id: int) -> str:
        ticket = self.stage.ticket(ticket_id)
        return in_fours(number_of(ticket.id, ticket.registered_at, rules_of(CITY).zone))

    def told_of(self, mail: EmailMessage) -> list[int]:
        """Return which of the tickets that had to wait a mail names."""
        return [ticket_id for ticket_id in self.ids if self.number(ticket_id) in mail.get_content()]

    def jobs(self, *ids: int) -> list[tuple[str, str | None, str | None, int]]:
        found = [job for one in ids for job in self.stage.jobs(one, JobKind.NOTIFY)]
        return [(job["state"], job["outcome"], job["error"], job["attempts"]) for job in found]

    def rows(self, *ids: int) -> list[Mapping[str, Any]]:
        return self.stage.rows(
            "SELECT * FROM notice WHERE ticket_id = ANY(:ids) ORDER BY ticket_id, seq", ids=list(ids)
        )


@contextmanager
def open_desk(stage: Stage) -> Iterator[Desk]:
    """Let a mail server run."""
    server, port = Server(), any_free()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Desk(stage, server, port)
    finally:
        controller.stop()
