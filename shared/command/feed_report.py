"""Where the messages of a feed went, how fast, and which were refused: read back with a supervisor's eyes."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.engine import Connection

from shared.command.feed_post import Answer, Progress
from shared.domain.events import EventKind
from shared.domain.numbers import ticket_id_of
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, State
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket, ticket_event

_CHUNK = 1000
_PLACES = (EventKind.DISPATCHED, EventKind.SENT_TO_SEAT, EventKind.SENT_TO_TRIAGE)
_SPEED = sa.text("SELECT coalesce((SELECT speed FROM business_clock), 1)")


@dataclass(frozen=True, slots=True)
class Way:
    """How one ticket went: its first holder after the router (None: still there), and the real seconds it took."""

    holder_kind: HolderKind | None
    holder_id: str
    seconds: float | None
    is_not_accepted: bool


def ways(viewer: Viewer, connection: Connection, answers: Sequence[Answer]) -> list[Way]:
    """Return the way of every accepted ticket that the viewer may see."""
    ids = [ticket_id_of(answer.number) or 0 for answer in answers if answer.number is not None]
    speed = float(connection.execute(_SPEED).scalar_one())
    chunks = (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
    return [way for chunk in chunks for way in _chunk(viewer, connection, chunk, speed)]


def left_with_router(viewer: Viewer, connection: Connection, answers: Sequence[Answer]) -> int:
    """Return how many of the accepted tickets the router still holds."""
    ids = [ticket_id_of(answer.number) or 0 for answer in answers if answer.number is not None]
    held = visible_to(viewer) & (ticket.c.holder_kind == HolderKind.ROUTER) & (ticket.c.id == _any(ids))
    return int(connection.execute(sa.select(sa.func.count()).where(held)).scalar_one())


def _chunk(viewer: Viewer, connection: Connection, ids: Sequence[int], speed: float) -> Iterator[Way]:
    first = (
        sa.select(ticket_event.c.ticket_id, ticket_event.c.at, ticket_event.c.body)
        .where(ticket_event.c.ticket_id == _any(ids), ticket_event.c.kind.in_(_PLACES))
        .ext(distinct_on(ticket_event.c.ticket_id))
        .order_by(ticket_event.c.ticket_id, ticket_event.c.seq)
        .subquery()
    )
    query = (
        sa.select(ticket.c.state, ticket.c.registered_at, first.c.at, first.c.body)
        .outerjoin(first, first.c.ticket_id == ticket.c.id)
        .where(visible_to(viewer), ticket.c.id == _any(ids))
    )
    for row in connection.execute(query):
        refused = row.state == State.NOT_ACCEPTED
        if row.body is None:
            yield Way(None, "", None, refused)
            continue
        changes = json.loads(row.body)["changes"]
        seconds = (row.at - row.registered_at).total_seconds() / speed
        yield Way(HolderKind(changes["holder_kind"]), changes["holder_id"], seconds, refused)


def _any(ids: Sequence[int]) -> sa.ColumnElement[int]:
    return sa.func.any(sa.cast(list(ids), ARRAY(sa.BigInteger)))


def summary(progress: Progress, found: Sequence[Way], rules: Rules, cut_titles: int, seconds: float) -> dict[str, Any]:
    """Return everything as a mapping for people and machines."""
    placed = Counter(way.holder_kind for way in found)
    units = Counter(way.holder_id for way in found if way.holder_kind is HolderKind.UNIT)
    seats = Counter(way.holder_id for way in found if way.holder_kind is HolderKind.SEAT)
    refused = Counter(answer.why for answer in progress.answers if answer.number is None)
    return {
        "posted": len(progress.answers),
        "accepted": progress.accepted,
        "known_from_before": progress.replayed,
        "refused": progress.refused,
        "refused_why": [{"why": why, "count": count, "lines": _lines(progress, why)} for why, count in refused.items()],
        "waits": progress.waits,
        "titles_cut": cut_titles,
        "seconds": round(seconds, 1),
        "rate": round(len(progress.answers) / seconds, 1) if seconds else None,
        "accepted_ms": _percentiles([answer.seconds for answer in progress.answers if answer.number is not None]),
        "dispatched_ms": _percentiles([way.seconds for way in found if way.seconds is not None]),
        "units": {rules.units[code].name if code in rules.units else code: n for code, n in units.most_common()},
        "seats": {rules.skills[code].name if code in rules.skills else code: n for code, n in seats.most_common()},
        "triage": placed[HolderKind.TRIAGE],
        "with_router": placed[None],
        "not_accepted": sum(way.is_not_accepted for way in found),
        "not_found": progress.accepted - len(found),
    }


def _lines(progress: Progress, why: str | None) -> list[int]:
    return [answer.line for answer in progress.answers if answer.number is None and answer.why == why][:20]


def _percentiles(seconds: list[float]) -> dict[str, float] | None:
    """Return p50, p95, p99 and the maximum in milliseconds (nearest rank)."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    rank = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) for name, share in rank.items()
    }


def in_words(said: dict[str, Any]) -> str:
    """Return the summary for a terminal."""
    rate = f", {said['rate']:,}/s" if said["rate"] else ""
    lines = [f"{said['posted']:,} posted in {said['seconds']} s{rate}"]
    lines.append(
        f"{said['accepted']:,} accepted ({said['known_from_before']:,} known from before), {said['refused']:,} refused"
    )
    lines += [
        f"  {one['count']:,} × {one['why']} (lines {', '.join(map(str, one['lines']))})" for one in said["refused_why"]
    ]
    if said["titles_cut"]:
        lines.append(f"{said['titles_cut']:,} titles were longer than 200 characters and were cut")
    if said["waits"]:
        lines.append(f"{said['waits']:,} times the API asked to wait; each message was sent again under its own key")
    for name, what in (("accepted_ms", "request → 201"), ("dispatched_ms", "accepted → first holder")):
        if said[name]:
            lines.append(f"{what}: " + ", ".join(f"{rank} {value:,.1f} ms" for rank, value in said[name].items()))
    lines.append("Where they went:")
    placed = {**said["units"], **{f"{name}专家座席": count for name, count in said["seats"].items()}}
    placed |= {"人工分拣 triage": said["triage"], "自动分派 still with the router": said["with_router"]}
    placed |= {"不予受理 not accepted": said["not_accepted"], "not found": said["not_found"]}
    lines += [f"  {count:>7,}  {name}" for name, count in placed.items() if count]
    return "\n".join(lines)
