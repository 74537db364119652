"""Notices by e-mail 邮件, to callers and to units: the letter as a mail, and one SMTP connection for many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import jobs, mailboxes, notices
from shared.domain.events import EventKind
from shared.domain.terms import Urgency
from shared.fault_points import fault_point
from shared.jobs import Claimed
from shared.notices import Notice
from shared.tables.ticket import caller
from worker.channel import Nobody, NotYet, Refusal, Taken
from worker.correspondence import Correspondence, Told
from worker.letters import Letter, digest_to_unit, letter_to_caller, letter_to_unit
from worker.post import Post

CALLER = "email:caller"
UNIT = "email:unit:"
# A unit is told of these at once, however full its mailbox is.
AT_ONCE = frozenset({EventKind.OVERDUE, EventKind.RED_CARDED})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the links in letters lead: the two surfaces."""

    public_url: str
    staff_url: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """A letter, whom it goes to and what it tells of."""

    address: str = field(repr=False)
    letter: Letter = field(repr=False)
    told: Told = field(repr=False)


class Mail:
    """`post` None: this deployment sends no mail."""

    name = "email"

    def __init__(self, correspondence: Correspondence, addresses: Addresses, post: Post | None) -> None:
        self._correspondence, self._addresses, self._post = correspondence, addresses, post

    def gather(self, connection: Connection, job: Claimed) -> Sequence[Claimed]:
        """Return with a unit's notice that has waited for the end of the window all that have."""
        is_to_unit = job.part != CALLER
        if is_to_unit:
            mailboxes.lock(connection, job)
        if not jobs.hold(connection, [job]):
            return []
        others = mailboxes.waiting_with(connection, job) if is_to_unit else []
        along = jobs.take_along(connection, job.kind, others)
        if along:
            fault_point("digest.gathered")
        return [job, *along]

    def prepare(self, connection: Connection, job: Claimed) -> Mailing:
        """Write to the caller or to the unit that has the ticket."""
        if self._post is None:
            raise Nobody("no_mail_server")
        told = self._correspondence.told(connection, job)
        if job.part == CALLER:
            return Mailing(*self._to_caller(connection, told), told)
        address, letter = self._to_unit(told, job.part)
        until = mailboxes.admit(connection, job, told.rules.policy, may_wait=_may_wait(told))
        if until is not None:
            raise NotYet(mailboxes.WAITS, until)
        return Mailing(address, letter, told)

    def join(self, messages: Sequence[Mailing]) -> Mailing:
        """Make a digest 汇总 of a unit's letters."""
        first = messages[0]
        if len(messages) == 1:
            return first
        stories = [message.told.story for message in messages]
        return replace(first, letter=digest_to_unit(stories, first.told.rules, self._addresses.staff_url))

    def send(self, message: Mailing, notice: Notice) -> Taken | Refusal:
        """Give the mail to the server."""
        assert self._post is not None
        mail = mail_of(message.letter, self._post.sender, message.address, notice.reference)
        return self._post.send(mail) or Taken()

    def pause(self, notice: Notice, refusal: Refusal) -> timedelta | None:
        return notices.retry_delay(notice.tries)

    def settle(self, connection: Connection, message: Mailing, answer: Taken | Refusal) -> None:
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


def _may_wait(told: Told) -> bool:
    """Tell whether a unit's notice may stand in a digest; what few may read is told of by itself."""
    is_pressing = told.now.urgency is not Urgency.NORMAL or told.story.recorded.kind in AT_ONCE
    return not is_pressing and not told.now.confidential


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
