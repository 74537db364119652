"""The staff's bar: which faces a role has, and how many tickets wait at each."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from sqlalchemy.engine import Connection

from shared.domain.terms import HolderKind, Role
from shared.domain.viewer import Viewer
from shared.reads.notices import untold_count
from shared.reads.queues import Queue, counts

_HOTLINE = ("console", "triage", "followups", "untold")
FACES = {
    Role.OPERATOR: _HOTLINE,
    Role.SUPERVISOR: ("overview", *_HOTLINE),
    Role.HANDLER: ("desk", "team"),
    Role.EXPERT: ("seat",),
    Role.ADMIN: ("admin",),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One face of the viewer's; `count` is None where nothing waits there."""

    name: str
    url: str
    count: int | None


def queue_of(face: str, viewer: Viewer) -> Queue | None:
    """Return the queue behind a face, None where there is none."""
    match face:
        case "triage":
            return Queue(HolderKind.TRIAGE)
        case "followups":
            return Queue(HolderKind.FOLLOW_UP)
        case "desk":
            return Queue(HolderKind.UNIT, viewer.unit)
        case "seat":
            return Queue(HolderKind.SEAT)
    return None


def tabs(viewer: Viewer, connection: Connection) -> list[Tab]:
    """Return the viewer's faces with what waits at each."""
    found = []
    for name in FACES.get(viewer.role, ()):
        queue = queue_of(name, viewer)
        waiting = counts(viewer, connection, queue) if queue else None
        count = waiting["all"] if waiting else None
        if name == "untold":
            count = untold_count(viewer, connection)
        found.append(Tab(name, url_for(f"staff_pages.{name}"), count))
    return found


def framed(template: str, bar: list[Tab], face: str, **values: Any) -> str:
    """Return a staff page inside its bar."""
    return render_template(template, tabs=bar, face=face, **values)
