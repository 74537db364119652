"""Absences and deputies 代理: set by the person, by the unit's leader or by an administrator."""

from collections.abc import Mapping
from datetime import datetime

from flask import Response, redirect, request, url_for

from intake.acts import current_viewer
from intake.fields import whole_number
from intake.pages.blueprints import staff_pages
from intake.pages.filters import unit_name
from intake.pages.frame import framed, tabs
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.options import Options, of_table
from intake.pages.replies import page
from intake.pages.words import say
from intake.stores import engine, rules
from shared import people
from shared.domain.errors import Refused
from shared.domain.labels import ABSENCE_REASONS
from shared.domain.terms import AbsenceReason, Role
from shared.domain.viewer import Viewer
from shared.people import DEPUTY_ROLES, NewAbsence, Staff

_SAID = ("set", "ended")


@staff_pages.get("/absence")
def absence() -> Response:
    """Show who is away, who stands in, and the form."""
    return _shown({"staff_id": request.args.get("of", "") or str(current_viewer().id)})


@staff_pages.post("/absence")
def set_absence() -> Response:
    """Say that somebody is away."""
    typed = typed_form()
    staff_id, deputy_id = (whole_number(typed.get(name)) for name in ("staff_id", "deputy_id"))
    from_at, until_at = (_instant(typed.get(name, "")) for name in ("from_at", "until_at"))
    reason = next((reason for reason in AbsenceReason if reason == typed.get("reason")), None)
    if staff_id is None or deputy_id is None or from_at is None or until_at is None or reason is None:
        read = {
            "staff_id": staff_id,
            "deputy_id": deputy_id,
            "from_at": from_at,
            "until_at": until_at,
            "reason": reason,
        }
        wrong = {name: say("mistake.missing") for name, value in read.items() if value is None}
        return _shown(typed, Mistake("absence", 400, say("errors.title"), wrong, typed))
    new = NewAbsence(staff_id=staff_id, deputy_id=deputy_id, from_at=from_at, until_at=until_at, reason=reason)
    try:
        with engine().begin() as connection:
            people.set_absence(connection, current_viewer(), new)
    except Refused as error:
        return _shown(typed, mistake_of(error, "absence", typed))
    return redirect(url_for("staff_pages.absence", said="set"), 303)  # type: ignore[return-value]


@staff_pages.post("/absence/<int:absence_id>/end")
def end_absence(absence_id: int) -> Response:
    """End an absence now."""
    with engine().begin() as connection:
        people.end_absence(connection, current_viewer(), absence_id)
    return redirect(url_for("staff_pages.absence", said="ended"), 303)  # type: ignore[return-value]


def _shown(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    viewer, said = current_viewer(), request.args.get("said", "")
    with engine().connect() as connection:
        bar = tabs(viewer, connection)
        there = [one for one in people.list_staff(connection, viewer) if one.is_active and one.role in DEPUTY_ROLES]
        listed = people.absences(connection, viewer)
    mine = [one for one in there if _may_plan(viewer, one)]
    chosen = next((one for one in mine if str(one.id) == typed.get("staff_id")), None)
    posts = {(one.role, one.unit) for one in ([chosen] if chosen else mine)}
    deputies = [one for one in there if (one.role, one.unit) in posts and (chosen is None or one.id != chosen.id)]
    html = framed(
        "staff/absence.html", bar, "absence", mistake=mistake, typed=typed, listed=listed, people=_options(mine),
        deputies=_options(deputies), reasons=of_table(ABSENCE_REASONS), chosen=chosen,
        said=say(f"absence.{said}") if said in _SAID and mistake is None else None,
    )  # fmt: skip
    return page(html, mistake)


def _may_plan(viewer: Viewer, one: Staff) -> bool:
    is_led = viewer.leads_unit and viewer.unit is not None and one.unit == viewer.unit
    return viewer.role is Role.ADMIN or is_led or one.id == viewer.id


def _options(found: list[Staff]) -> Options:
    return [(str(one.id), " · ".join(filter(None, (one.name, one.login, unit_name(one.unit))))) for one in found]


def _instant(text: str) -> datetime | None:
    """Return an instant as the form gives it, in the city's zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usable = at.tzinfo is None and 2000 <= at.year <= 2200
    return at.replace(tzinfo=rules().zone) if is_usable else None
