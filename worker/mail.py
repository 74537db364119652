"""Notices by e-mail 邮件, to callers and to units: the letter as a mail, and one SMTP connection for many."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import notices
from shared.jobs import Claimed
from shared.notices import Notice
from shared.tables.ticket import caller
from worker.channel import Nobody, Refusal, Taken
from worker.correspondence import Correspondence, Told
from worker.letters import Letter, letter_to_caller, letter_to_unit
from worker.post import Post

CALLER = "email:caller"
UNIT = "email:unit:"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the links in letters lead: the two surfaces."""

    public_url: str
    staff_url: str


class Mail:
    """`post` None: this deployment sends no mail."""

    name = "email"

    def __init__(self, correspondence: Correspondence, addresses: Addresses, post: Post | None) -> None:
        self._correspondence, self._addresses, self._post = correspondence, addresses, post

    def prepare(self, connection: Connection, job: Claimed) -> EmailMessage:
        """Write to the caller or to the unit that has the ticket."""
        if self._post is None:
            raise Nobody("no_mail_server")
        told = self._correspondence.told(connection, job)
        address, letter = self._to_caller(connection, told) if job.part == CALLER else self._to_unit(told, job.part)
        reference = notices.reference_of(told.now.id, job.cause_seq, job.part)
        return mail_of(letter, self._post.sender, address, reference)

    def send(self, message: EmailMessage, notice: Notice) -> Taken | Refusal:
        """Give the mail to the server."""
        assert self._post is not None
        return self._post.send(message) or Taken()

    def pause(self, notice: Notice, refusal: Refusal) -> timedelta | None:
        return notices.retry_delay(notice.tries)

    def settle(self, connection: Connection, message: EmailMessage, answer: Taken | Refusal) -> None:
        """Learn nothing."""

    def close(self) -> None:
        if self._post is not None:
            self._post.close()

    def _to_caller(self, connection: Connection, told: Told) -> tuple[str, Letter]:
        keys = self._correspondence.keys
        query = sa.select(caller.c.email).where(caller.c.ticket_id == told.now.id)
        address = keys.decrypt(connection.execute(query).scalar_one_or_none())
        if not address:
            raise Nobody("no_address")
        link = f"{self._addresses.public_url}/f/{keys.link_token(told.now.id, told.now.code_version)}"
        return address, letter_to_caller(told.story, told.rules, link)

    def _to_unit(self, told: Told, part: str) -> tuple[str, Letter]:
        unit = told.rules.units.get(part.removeprefix(UNIT)) if part.startswith(UNIT) else None
        if unit is None or not unit.email:
            raise Nobody("no_address")
        if told.now.unit != unit.code:
            raise Nobody("moved_on")  # who no longer holds a ticket no longer sees it either
        return unit.email, letter_to_unit(told.story, told.rules, self._addresses.staff_url)


def mail_of(letter: Letter, sender: str, recipient: str, reference: str) -> EmailMessage:
    """Return the letter as a mail. The Message-ID comes from the reference, so that a repeat is seen to be one."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, letter.subject
    mail["Date"] = formatdate()
    domain = sender.rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{re.sub(r'[^0-9A-Za-z._-]', '.', reference)}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail
