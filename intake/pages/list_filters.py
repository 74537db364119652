"""What narrows a queue down: the desk's filters, and at the expert seat the skills with how long people have waited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import request, url_for
from sqlalchemy.engine import Connection

from intake.pages.filters import short_instant, skill_name
from intake.pages.rows import chosen_filter
from intake.pages.words import say
from shared.domain.viewer import Viewer
from shared.reads.queues import Only, Queue, counts, waiting_at_seats

_AT_DESK = (None, Only.MINE, Only.UNASSIGNED, Only.UNSIGNED, Only.TO_APPROVE, Only.WARNED, Only.OVERDUE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filter that an address names; pages put its value into further addresses."""

    value: str


def chosen(place: str, viewer: Viewer) -> Chosen | None:
    """Return the filter that the address names, None where the place has no such."""
    value = request.values.get("only", "")
    known = value in viewer.skills or value == Only.MINE if place == "seat" else chosen_filter() is not None
    return Chosen(value) if known else None


def narrowed(wanted: Queue, place: str, only: Chosen | None) -> Queue:
    """Return the queue as the filter leaves it."""
    if only is None:
        return wanted
    if place == "seat" and only.value != Only.MINE:
        return replace(wanted, holder_id=only.value)
    return replace(wanted, only=Only(only.value))


def list_filters(viewer: Viewer, connection: Connection, wanted: Queue, place: str) -> list[dict[str, Any]]:
    """Return the filters of a place, each with its address and how much there is of it."""
    offered = _OFFERED.get(place)
    current = chosen(place, viewer)
    return [
        {
            "word": word,
            "count": count,
            "url": url_for(f"staff_pages.{place}", only=value),
            "is_current": value == (current.value if current else None),
        }
        for value, word, count in (offered(viewer, connection, wanted) if offered else ())
    ]


_Offer = tuple[str | None, str, int]


def _desk(viewer: Viewer, connection: Connection, wanted: Queue) -> list[_Offer]:
    found = counts(viewer, connection, wanted)
    names = [(only.value if only else None, only.value if only else "all") for only in _AT_DESK]
    return [(value, say(f"filter.{name}"), found[name]) for value, name in names]


def _seat(viewer: Viewer, connection: Connection, wanted: Queue) -> list[_Offer]:
    waiting = {row["holder_id"]: row for row in waiting_at_seats(viewer, connection)}
    whole = sum(row["open"] for row in waiting.values())
    mine = counts(viewer, connection, wanted)["mine"]
    skills = [(code, _aged(skill_name(code), waiting.get(code)), _open(waiting.get(code))) for code in viewer.skills]
    return [(None, say("filter.all"), whole), (Only.MINE.value, say("filter.mine"), mine), *skills]


def _aged(name: str, row: Mapping[Any, Any] | None) -> str:
    since: datetime | None = row["since"] if row else None
    return say("filter.since", name=name, at=short_instant(since)) if since else name


def _open(row: Mapping[Any, Any] | None) -> int:
    return row["open"] if row else 0


_OFFERED: Mapping[str, Callable[[Viewer, Connection, Queue], list[_Offer]]] = {"desk": _desk, "seat": _seat}
