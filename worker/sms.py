"""Short messages 短信 to callers: number and pick-up code in an approved template, never the matter itself."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from shared import notices
from shared.domain.events import EventKind
from shared.domain.numbers import number_of
from shared.domain.terms import Urgency
from shared.jobs import Claimed
from shared.ledger.write import business_now
from shared.notices import Notice
from shared.phones import is_mainland_mobile
from shared.sms_accounts import SmsAccounts
from shared.tables.ticket import caller
from worker.channel import Nobody, NotYet, OneByOne, Refusal, Taken
from worker.correspondence import Correspondence, Told

CONNECT_SECONDS, TOTAL_SECONDS = 10.0, 15.0
# A provider that failed twice in a row, for whomever, is not asked first for so long.
IN_A_ROW, REST_SECONDS = 2, 60.0
# The caller has just asked for these and waits; they go out at night too.
AT_ONCE = frozenset({EventKind.REGISTERED, EventKind.CODE_RENEWED})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One message. `templates` are the approved ids by provider; neither it nor its number belongs in a log."""

    reference: str
    phone: str = field(repr=False)
    templates: Mapping[str, str]
    number: str
    code: str = field(repr=False)
    refused: Refusal | None = None  # by ourselves, for good reasons


class Provider(Protocol):
    """One company's way to send; a file each."""

    name: str

    def send(self, message: ShortMessage) -> Taken | Refusal:
        """Hand the message over; what its library raises becomes a refusal here."""


class Sms(OneByOne):
    """`accounts` None: this deployment sends no short messages."""

    name = "sms"

    def __init__(
        self, correspondence: Correspondence, accounts: SmsAccounts | None, providers: Sequence[Provider] = ()
    ) -> None:
        self._correspondence, self._accounts, self._providers = correspondence, accounts, tuple(providers)
        self._failed = dict.fromkeys((one.name for one in providers), 0)
        self._rests_until = dict.fromkeys(self._failed, 0.0)
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sms")

    def prepare(self, connection: Connection, job: Claimed) -> ShortMessage:
        """Fill the template of the step. Quiet hours hold what can wait."""
        if self._accounts is None:
            raise Nobody("no_sms_account")
        told = self._correspondence.told(connection, job)
        if told.now.tell_by != self.name:
            raise Nobody("told_otherwise")
        text = told.rules.texts.get(told.story.recorded.kind)
        ids = {one.name: text.ids[one.name] for one in self._providers if text and one.name in text.ids}
        if not ids:
            raise Nobody("no_template")
        _wait_for_morning(connection, told)
        now = told.now
        person = connection.execute(sa.select(caller.c.phone, caller.c.phone_index).filter_by(ticket_id=now.id)).one()
        phone = self._correspondence.keys.decrypt(person.phone)
        return ShortMessage(
            reference=notices.reference_of(now.id, job.cause_seq, job.part),
            phone=phone or "",
            templates=ids,
            number=number_of(now.id, now.registered_at, told.rules.zone),
            code=self._correspondence.keys.pick_up_code(now.id, now.code_version),
            refused=self._refused(connection, phone, person.phone_index, (now.id, job.cause_seq)),
        )

    def send(self, message: ShortMessage, notice: Notice) -> Taken | Refusal:
        """Ask a provider, the next one once this one has failed twice for this message."""
        if message.refused is not None:
            return message.refused
        provider = self._provider(message, notice)
        asked = self._pool.submit(provider.send, message)
        try:
            answer = asked.result(TOTAL_SECONDS)
        except TooLong:
            # What has not begun never will, or it would go out beside the next try.
            answer = Refusal("too_slow", is_permanent=False, is_unsure=not asked.cancel())
        has_failed = isinstance(answer, Refusal) and not answer.is_permanent
        self._failed[provider.name] = self._failed[provider.name] + 1 if has_failed else 0
        if self._failed[provider.name] >= IN_A_ROW:
            self._rests_until[provider.name] = monotonic() + REST_SECONDS
            log.warning("sms_provider_rests", provider=provider.name, error=getattr(answer, "code", None))
        return replace(answer, by=provider.name)

    def pause(self, notice: Notice, refusal: Refusal) -> timedelta | None:
        """Try each provider twice at once, then go on with patience."""
        patient = notices.retry_delay(notice.tries)
        is_new = notice.tries < IN_A_ROW * len(self._providers)
        return timedelta() if patient is not None and is_new else patient

    def settle(self, connection: Connection, message: ShortMessage, answer: Taken | Refusal) -> None:
        """Learn nothing that the row does not say."""

    def close(self) -> None:
        """Keep nothing open."""

    def _provider(self, message: ShortMessage, notice: Notice) -> Provider:
        able = [one for one in self._providers if one.name in message.templates]
        turn = (notice.tries - 1) // IN_A_ROW % len(able)
        in_turn = able[turn:] + able[:turn]
        awake = [one for one in in_turn if monotonic() >= self._rests_until[one.name]]
        return (awake or in_turn)[0]

    def _refused(
        self, connection: Connection, phone: str | None, index: bytes | None, of: tuple[int, int]
    ) -> Refusal | None:
        """Return why nothing may be sent to a number: SECURITY S45."""
        assert self._accounts is not None
        if not is_mainland_mobile(phone):
            return Refusal("no_mobile", is_permanent=True)
        sent = notices.texts_of_a_day(connection, index, of)
        if sent.to_number >= self._accounts.daily_per_number:
            return Refusal("number_capped", is_permanent=True)
        if sent.overall >= self._accounts.daily:
            return Refusal("day_capped", is_permanent=False)
        return None


def _wait_for_morning(connection: Connection, told: Told) -> None:
    """Raise `NotYet` in quiet hours, unless it is urgent or what the caller has just asked for."""
    if told.now.urgency is not Urgency.NORMAL or told.story.recorded.kind in AT_ONCE:
        return
    morning = told.rules.policy.quiet.ends_after(business_now(connection).astimezone(told.rules.zone))
    if morning is not None:
        raise NotYet("quiet_hours", morning)


def refusal_of(code: object, definite: frozenset[str], *, is_unsure: bool = False) -> Refusal:
    """Return a provider's code as a refusal: final only where it speaks of this number or this message."""
    plain = re.sub(r"[^0-9A-Za-z._-]", "", str(code))[:80] or "no_code"
    return Refusal(plain, is_permanent=plain in definite, is_unsure=is_unsure)


def hide(error: Exception, name: str) -> Refusal:
    """Return the refusal for what a library raised; its message may hold the number and the code."""
    code = getattr(error, "code", None)
    log.warning("sms_provider_failed", provider=name, error=type(error).__name__)
    return refusal_of(code or type(error).__name__, frozenset(), is_unsure=True)
