"""The landing page of each role."""

from dataclasses import replace
from typing import Any

from flask import Response, g, url_for

from intake.acts import current_viewer
from intake.pages.blueprints import staff_pages
from intake.pages.filters import spoken
from intake.pages.frame import FACES, framed, queue_of, tabs
from intake.pages.replies import page
from intake.pages.rows import read_lines
from intake.pages.words import say
from intake.stores import reading, rules
from shared import people
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.ledger.write import business_now
from shared.reads.queues import Queue, counts

_FIRST_FEW = 5
_FIGURES = {
    "desk": ("all", "mine", "unsigned", "warned", "overdue"),
    "seat": ("all", "mine", "overdue"),
    "overview": ("all", "warned", "overdue", "alarm"),
    "triage": ("all", "warned", "overdue"),
    "followups": ("all",),
}


@staff_pages.get("/")
def home() -> Response:
    """Show a person their faces, what waits there, and what to do first."""
    viewer = current_viewer()
    with reading() as connection:
        now = business_now(connection)
        bar = tabs(viewer, connection)
        faces = [_face(name, viewer, connection) for name in FACES.get(viewer.role, ())]
        mine = next((queue for name in FACES.get(viewer.role, ()) if (queue := queue_of(name, viewer))), None)
        first = read_lines(viewer, connection, replace(mine, limit=_FIRST_FEW), now).lines if mine else []
    is_working = rules().calendar.is_working_day(now.astimezone(rules().zone).date())
    when = say("home.when", day=spoken(now)) + say("home.working" if is_working else "home.resting")
    html = framed(
        "staff/home.html", bar, "home", name=g.staff.name, faces=faces, first=first, when=when,
    )  # fmt: skip
    return page(html)


def _face(name: str, viewer: Viewer, connection: Any) -> dict[str, Any]:
    figures: list[dict[str, Any]] = []
    queue = queue_of(name, viewer) or (Queue() if name == "overview" else None)
    if queue is not None:
        found = counts(viewer, connection, queue)
        figures = [{"name": figure, "count": found[figure]} for figure in _FIGURES[name]]
    if viewer.role is Role.ADMIN:
        active = sum(person.is_active for person in people.list_staff(connection, viewer))
        figures = [{"name": "people", "count": active}]
    return {"name": name, "url": url_for(f"staff_pages.{name}"), "figures": figures}
