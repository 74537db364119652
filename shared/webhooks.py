"""Webhook endpoints 推送地址: who is told of public steps, with which secrets. The only writer of table `webhook`."""

import base64
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from shared import jobs, notices
from shared.access_log import Change, note_change
from shared.domain.errors import NotYours, Refused
from shared.domain.events import PUBLIC
from shared.domain.follow_ups import JobKind
from shared.domain.viewer import Viewer
from shared.keys import Keys
from shared.metrics import WEBHOOKS_DISABLED
from shared.outside import Outside
from shared.tables.job import job
from shared.tables.webhook import webhook

MOST_ENDPOINTS = 50
MAY_FAIL_FOR = timedelta(days=5)  # FAULTS P11
_SECRET_BYTES, _MARK = 32, "whsec_"

_SETTLE = sa.text(
    "UPDATE webhook SET answered_at = business_now(), answer = :answer,"
    " failing_since = CASE WHEN :is_taken THEN NULL ELSE coalesce(failing_since, business_now()) END"
    " WHERE id = :id RETURNING state = 'active' AND failing_since <= business_now()"
    " - CAST(:most AS interval) * coalesce((SELECT speed FROM business_clock), 1)"
)
_DUE = sa.text(
    r"SELECT 'webhook\:' || w.id FROM webhook w WHERE EXISTS (SELECT FROM job j WHERE j.kind = 'hook'"
    r" AND j.state = 'todo' AND j.part = 'webhook\:' || w.id AND j.due_at <= business_now() AND j.attempts < :most"
    " AND (j.leased_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '2 minutes') IS NOT TRUE)"
    " ORDER BY w.id"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as its administrator sees it, without its secrets."""

    id: int
    city: str
    url: str
    kinds: tuple[str, ...]
    state: str
    why: str | None
    failing_since: datetime | None
    answered_at: datetime | None
    answer: str | None
    made_at: datetime


_SHOWN = tuple(webhook.c[name] for name in Endpoint.__slots__)


def part_of(endpoint_id: int) -> str:
    """Return the part of an endpoint's jobs and notices."""
    return f"webhook:{endpoint_id}"


def add(
    connection: Connection, viewer: Viewer, keys: Keys, outside: Outside, said: tuple[str, Iterable[str]]
) -> tuple[int, str]:
    """Make an endpoint of (url, event kinds; none: all public ones); return its id and its secret. Raises `Refused`."""
    url, kinds = said[0], sorted(set(said[1]) or {str(kind) for kind in PUBLIC})
    outside.check(url)
    unknown = set(kinds) - PUBLIC
    if unknown:
        raise Refused("unknown_kind", f"没有这样的公开事件：{', '.join(sorted(unknown))}。", field="kinds")
    if len(list_endpoints(connection, viewer)) >= MOST_ENDPOINTS:
        raise Refused("too_many_webhooks", f"最多 {MOST_ENDPOINTS} 个推送地址。", field="url")
    secret = _new_secret()
    values = {
        "city": viewer.city,
        "url": url,
        "kinds": kinds,
        "secrets": keys.encrypt(json.dumps([secret])),
        "state": "active",
        "made_at": sa.func.business_now(),
    }
    endpoint_id = int(connection.execute(sa.insert(webhook).values(values).returning(webhook.c.id)).scalar_one())
    told = {"url": url, "kinds": kinds}
    note_change(connection, viewer, Change("webhook_added", part_of(endpoint_id), {}, told))
    return endpoint_id, secret


def list_endpoints(connection: Connection, viewer: Viewer) -> list[Endpoint]:
    """Return the endpoints of the viewer's city."""
    query = sa.select(*_SHOWN).where(webhook.c.city == viewer.city).order_by(webhook.c.id)
    return [_endpoint(row) for row in connection.execute(query)]


def rotate(connection: Connection, viewer: Viewer, keys: Keys, endpoint_id: int) -> str:
    """Return a new secret; the one before goes on signing beside it until the next rotation."""
    _mine(connection, viewer, endpoint_id)
    secret = _new_secret()
    values = {"secrets": keys.encrypt(json.dumps([secret, *secrets_of(connection, keys, endpoint_id)[:1]]))}
    connection.execute(sa.update(webhook).where(webhook.c.id == endpoint_id).values(values))
    note_change(connection, viewer, Change("webhook_rotated", part_of(endpoint_id), {}, {"secret": "new"}))
    return secret


def set_state(connection: Connection, viewer: Viewer, endpoint_id: int, *, is_active: bool) -> None:
    """Let an endpoint be told again, or no more."""
    before = _mine(connection, viewer, endpoint_id)
    state = "active" if is_active else "disabled"
    values = {"state": state, "why": None if is_active else "by_hand", "failing_since": None}
    connection.execute(sa.update(webhook).where(webhook.c.id == endpoint_id).values(values))
    told = Change("webhook_changed", part_of(endpoint_id), {"state": before.state}, {"state": state})
    note_change(connection, viewer, told)


def test(connection: Connection, viewer: Viewer, endpoint_id: int) -> None:
    """Send a test at once; its answer is the endpoint's `answer`."""
    _mine(connection, viewer, endpoint_id)
    jobs.arm_again(connection, JobKind.HOOK, part_of(endpoint_id), [(None, 0)])


def is_waiting(connection: Connection, endpoint_id: int) -> bool:
    """Tell whether a test has not been answered yet."""
    mine = (job.c.part == part_of(endpoint_id)) & (job.c.ticket_id.is_(None)) & (job.c.state == "todo")
    return connection.execute(sa.select(job.c.id).where(mine, job.c.kind == JobKind.HOOK)).first() is not None


def replay(connection: Connection, viewer: Viewer, endpoint_id: int, names: Sequence[tuple[int, int]]) -> int:
    """Send (ticket, event) of an endpoint once more, under their old ids; return how many it has ever been told of."""
    _mine(connection, viewer, endpoint_id)
    known = notices.send_again(connection, part_of(endpoint_id), names)
    jobs.arm_again(connection, JobKind.HOOK, part_of(endpoint_id), known)
    told = Change("webhook_replayed", part_of(endpoint_id), {}, {"messages": len(known)})
    note_change(connection, viewer, told)
    return len(known)


def replay_failed(connection: Connection, viewer: Viewer, endpoint_id: int, since: datetime) -> int:
    """Send everything once more that has failed since an instant; return how many."""
    return replay(connection, viewer, endpoint_id, notices.failed_since(connection, part_of(endpoint_id), since))


def find(connection: Connection, endpoint_id: int) -> Endpoint | None:
    """Return an endpoint, for whoever sends."""
    row = connection.execute(sa.select(*_SHOWN).where(webhook.c.id == endpoint_id)).one_or_none()
    return None if row is None else _endpoint(row)


def secrets_of(connection: Connection, keys: Keys, endpoint_id: int) -> list[str]:
    """Return the secrets that sign, newest first."""
    sealed = connection.execute(sa.select(webhook.c.secrets).where(webhook.c.id == endpoint_id)).scalar_one()
    found: list[str] = json.loads(keys.decrypt(sealed) or "[]")
    return found


def settle(connection: Connection, endpoint_id: int, answer: str, *, is_taken: bool, is_gone: bool) -> None:
    """Keep the last answer. Who is gone, or has failed for too long, is not called any more."""
    wanted = {"id": endpoint_id, "answer": answer, "is_taken": is_taken, "most": MAY_FAIL_FOR}
    is_hopeless = connection.execute(_SETTLE, wanted).scalar_one_or_none()
    why = "gone" if is_gone else "failing" if is_hopeless else None
    if why is not None:
        mine = (webhook.c.id == endpoint_id) & (webhook.c.state == "active")
        connection.execute(sa.update(webhook).where(mine).values(state="disabled", why=why))
        WEBHOOKS_DISABLED.labels(why).inc()
        log.error("webhook_disabled", endpoint=endpoint_id, why=why)


def due_parts(connection: Connection) -> list[str]:
    """Return the parts of the endpoints that have something due."""
    return list(connection.execute(_DUE, {"most": jobs.MAX_ATTEMPTS}).scalars())


def _mine(connection: Connection, viewer: Viewer, endpoint_id: int) -> Endpoint:
    found = find(connection, endpoint_id)
    if found is None or found.city != viewer.city:
        raise NotYours
    return found


def _endpoint(row: Any) -> Endpoint:
    values = dict(zip(Endpoint.__slots__, row, strict=True))
    return Endpoint(**values | {"kinds": tuple(values["kinds"])})


def _new_secret() -> str:
    return _MARK + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
