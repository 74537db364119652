"""Public steps told to systems that listen, signed as Standard Webhooks 1.0.0 says, nothing personal in them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from standardwebhooks.webhooks import Webhook

from shared import jobs, restoration, webhooks
from shared.domain.numbers import number_of
from shared.domain.terms import HolderKind, UnitKind
from shared.domain.viewer import is_published
from shared.jobs import Claimed
from shared.notices import Notice
from shared.outside import Outside
from shared.webhooks import Endpoint
from worker.channel import Nobody, NotYet, OneByOne, Refusal, Taken
from worker.correspondence import Correspondence, Told
from worker.outgoing import Unreachable, post

# The waits between ten tries, 75 h 35 min in all (FAULTS P11, the schedule of Standard Webhooks).
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one endpoint, with the secrets that sign it, newest first."""

    endpoint: Endpoint
    id: str
    body: str
    at: datetime  # real time
    secrets: Sequence[str] = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        signatures = [Webhook(secret).sign(self.id, self.at, self.body) for secret in self.secrets]
        return {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            "User-Agent": "Yihaotong",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(self.at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


class Hooks(OneByOne):
    """The channel of all endpoints; the part of a job names the one."""

    name = "webhook"

    def __init__(self, correspondence: Correspondence, outside: Outside) -> None:
        self._correspondence, self._outside = correspondence, outside

    def prepare(self, connection: Connection, job: Claimed) -> Call:
        """Write the message; the earlier steps of a ticket come first."""
        endpoint = webhooks.find(connection, int(job.part.removeprefix("webhook:")))
        if endpoint is None:
            raise Nobody("no_endpoint")
        at = connection.execute(sa.func.clock_timestamp().select()).scalar_one().astimezone(UTC)
        keys = self._correspondence.keys
        secrets = webhooks.secrets_of(connection, keys, endpoint.id)
        if job.ticket_id is None:
            return Call(endpoint, f"test-{endpoint.id}-{int(at.timestamp())}", _test(endpoint, at), at, secrets)
        before = jobs.earlier(connection, job)
        if before is not None:
            raise NotYet("in_order", before)
        told = self._correspondence.told(connection, job)
        if not is_published(told.now) or _is_with_discipline(told):
            raise Nobody("not_public")
        event = event_of(told, endpoint.id, restoration.epoch(connection))
        return Call(endpoint, event["id"], json.dumps(event, ensure_ascii=False), at, secrets)

    def send(self, message: Call, notice: Notice) -> Taken | Refusal:
        """Post it. Only 2xx is a yes."""
        if message.endpoint.state != "active" and notice.ticket_id is not None:
            return Refusal("disabled", is_permanent=True)
        try:
            answer = post(self._outside, message.endpoint.url, message.headers, message.body.encode())
        except Unreachable as error:
            return Refusal(str(error), is_permanent=False, is_unsure=error.is_unsure)
        code = f"http_{answer.status}"
        if 200 <= answer.status < 300:
            return Taken(reference=code)
        after = retry_after(answer.retry_after, message.at)
        return Refusal(code, is_permanent=answer.status == _GONE, after=after)

    def pause(self, notice: Notice, refusal: Refusal) -> timedelta | None:
        """Return the wait that the schedule names, with its jitter; a test is not repeated."""
        if notice.ticket_id is None or notice.tries > len(WAITS):
            return None
        return WAITS[notice.tries - 1] * jitter(notice.reference, notice.tries)

    def settle(self, connection: Connection, message: Call, answer: Taken | Refusal) -> None:
        """Keep how the endpoint does."""
        is_taken = isinstance(answer, Taken)
        code = (answer.reference or "") if isinstance(answer, Taken) else answer.code
        if code != "disabled":
            is_gone = code == f"http_{_GONE}"
            webhooks.settle(connection, message.endpoint.id, code, is_taken=is_taken, is_gone=is_gone)

    def close(self) -> None:
        """Keep nothing open."""


def event_of(told: Told, endpoint_id: int, epoch: str) -> dict[str, Any]:
    """Return a step as CloudEvents 1.0; what a caller's page shows, without any of the words."""
    step, then, rules = told.story.recorded, told.story.ticket, told.rules
    number = number_of(then.id, then.registered_at, rules.zone)
    unit = rules.units.get(then.unit or "")
    return {
        "specversion": "1.0",
        "id": "-".join(filter(None, (number, str(step.seq), str(endpoint_id), epoch))),
        "source": f"/12345/{then.city}",
        "type": f"hotline.ticket.{step.kind}.v1",
        "subject": number,
        "time": step.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "number": number,
            "seq": step.seq,
            "state": then.state.value,
            "unit": None if unit is None else {"code": unit.code, "name": unit.name, "name_en": unit.name_en},
            "promised_at": then.promised_at.isoformat() if then.promised_at else None,
        },
    }


def _test(endpoint: Endpoint, at: datetime) -> str:
    event = {
        "specversion": "1.0",
        "id": f"test-{endpoint.id}-{int(at.timestamp())}",
        "source": f"/12345/{endpoint.city}",
        "type": "hotline.test.v1",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {},
    }
    return json.dumps(event)


def _is_with_discipline(told: Told) -> bool:
    holder = told.rules.units.get(told.now.holder_id) if told.now.holder_kind is HolderKind.UNIT else None
    return holder is not None and holder.kind is UnitKind.DISCIPLINE


def jitter(reference: str, tries: int) -> float:
    """Return between 0.9 and 1.1, drawn by the name of the try, so that a crowd of retries spreads."""
    drawn = int.from_bytes(hashlib.sha256(f"{reference} {tries}".encode()).digest()[:4], "big") / 2**32
    return 1 - JITTER + 2 * JITTER * drawn


def retry_after(said: str, now: datetime) -> timedelta | None:
    """Read a Retry-After of seconds or of a date; a day at most."""
    if said.isascii() and said.isdecimal():
        return min(timedelta(seconds=int(said[:9])), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST_RETRY_AFTER) if wait > timedelta() else None
