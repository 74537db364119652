"""Sends notices 通知 by e-mail: note that it begins, commit, send with no transaction open, write what became of it."""

import re
import time
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate

import sqlalchemy as sa
import structlog
from prometheus_client import Counter
from sqlalchemy.engine import Connection, Engine

from shared import jobs, notices
from shared.ledger import Item, Ledger
from shared.ledger.write import as_json
from shared.notices import Notice
from worker.correspondence import Correspondence, Nobody
from worker.letters import Letter
from worker.post import Post, Refusal

# What a consumer has left of its hard limit when it claims its last batch; the rest is handed back.
BUDGET_SECONDS = 5.0

NOTICES = Counter("hotline_notices_total", "Tries to send a notice, by what became of them.", ["result"])
REPEATS = Counter("hotline_notice_repeats_total", "Notices sent again because a try ended without an answer.")
log = structlog.get_logger()


class Notices:
    """Handles jobs of kind `notify`. `post` None: this deployment sends no mail, and its jobs end as moot."""

    def __init__(self, engine: Engine, ledger: Ledger, correspondence: Correspondence, post: Post | None) -> None:
        self._engine, self._ledger, self._correspondence, self._post = engine, ledger, correspondence, post

    def handle(self, claimed: Sequence[jobs.Claimed]) -> None:
        """Send what can be sent in time, hand the rest back."""
        until, rest = time.monotonic() + BUDGET_SECONDS, list(claimed)
        while rest and time.monotonic() < until:
            if not self._one_safely(rest.pop(0)):
                break
        if rest:
            with self._engine.begin() as connection:
                self._close(connection, [jobs.Closing(job, "todo", "busy", refund=1) for job in rest])
        if self._post is not None:
            self._post.close()

    def _one_safely(self, job: jobs.Claimed) -> bool:
        """Deal with one job; return whether there is time for more."""
        try:
            return self._one(job)
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            failure: Exception = error
        except Exception as error:
            log.exception("notice_failed", job=job.id, ticket=job.ticket_id)
            failure = error
        self._ledger.execute_many([Item(job, failure)])
        return True

    def _one(self, job: jobs.Claimed) -> bool:
        begun = self._begin(job)
        if begun is None or self._post is None:
            return True
        sent, mail = begun
        refusal = self._post.send(mail)
        self._end(job, sent, refusal)
        return refusal is None or not refusal.is_out_of_time

    def _begin(self, job: jobs.Claimed) -> tuple[Notice, EmailMessage] | None:
        """Commit that the notice is on its way; None if there is nothing to send, which closes the job."""
        with self._engine.begin() as connection:
            if job.id not in jobs.hold(connection, [job]):
                return None
            try:
                return self._prepare(connection, job)
            except Nobody as nobody:
                self._close(connection, [jobs.Closing(job, "done", "moot", str(nobody))])
                return None

    def _prepare(self, connection: Connection, job: jobs.Claimed) -> tuple[Notice, EmailMessage]:
        if self._post is None:
            raise Nobody("no_mail_server")
        recipient, letter = self._correspondence.letter(connection, job)
        sent = notices.begin(connection, job.ticket_id or 0, job.cause_seq, job.part)
        if sent is None:
            raise Nobody("sent_before")
        if sent.is_repeat:
            REPEATS.inc()
            log.warning("notice_sent_again", ticket=sent.ticket_id, seq=sent.seq, part=sent.part, tries=sent.tries)
        return sent, mail_of(letter, self._post.sender, recipient, sent.reference)

    def _end(self, job: jobs.Claimed, sent: Notice, refusal: Refusal | None) -> None:
        delay = None if refusal is None or refusal.is_permanent else notices.retry_delay(sent.tries)
        with self._engine.begin() as connection:
            if refusal is None:
                state, closing = "sent", jobs.Closing(job, "done", "done")
            elif delay is None:
                state, closing = "failed", jobs.Closing(job, "done", "failed", refusal.code)
            else:
                state, closing = "sending", _later(connection, job, refusal, delay)
            held = self._close(connection, [closing])
            # If the lease ended while the server thought, whoever has the job now writes the row; arrived is arrived.
            if held or state == "sent":
                notices.end(connection, sent, state, refusal.code if refusal else None)
        NOTICES.labels("refused" if state == "sending" else state).inc()
        if state == "failed":
            log.error("notice_given_up", ticket=sent.ticket_id, seq=sent.seq, part=sent.part, tries=sent.tries)

    @staticmethod
    def _close(connection: Connection, closings: Sequence[jobs.Closing]) -> bool:
        held = jobs.hold(connection, [closing.job for closing in closings])
        jobs.close(connection, [closing for closing in closings if closing.job.id in held], as_json)
        return bool(held)


def _later(connection: Connection, job: jobs.Claimed, refusal: Refusal, delay: timedelta) -> jobs.Closing:
    due_at = notices.business_instant_after(connection, delay)
    return jobs.Closing(job, "todo", "refused", refusal.code, refund=job.attempts, due_at=due_at)


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
