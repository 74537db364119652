"""Accounts of the city's staff: list, add, disable."""

from collections.abc import Mapping

from flask import Response, redirect, request, url_for

from intake.acts import current_viewer
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.options import of_table, skills, unit_code, unit_names
from intake.pages.words import say
from intake.stores import engine, rules
from shared import access_log, people
from shared.access_log import Change
from shared.domain.errors import Refused
from shared.domain.labels import ROLES
from shared.domain.terms import Role
from shared.people import NewStaff

_STAFF_ROLES = (Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN)
_LONGEST_NAME, _LONGEST_LOGIN, _LONGEST_EXTENSION = 60, 80, 40


@staff_pages.get("/admin")
def admin() -> Response:
    """List the accounts."""
    return _admin({})


@staff_pages.post("/admin/people")
def add_person() -> Response:
    """Add an account."""
    typed = typed_form()
    password = request.form.get("password", "")
    typed.pop("password", None)
    missing = {name: say("mistake.missing") for name in ("login", "name") if not typed.get(name)}
    unit = unit_code(typed["unit"]) if typed.get("unit") else None
    if unit is not None and unit not in rules().units:
        missing["unit"] = say("refusal.unknown_unit")
    if typed.get("role") not in _STAFF_ROLES:
        missing["role"] = say("refusal.bad_role")
    if missing:
        return _admin(typed, Mistake("add", 400, say("errors.title"), missing, typed))
    viewer = current_viewer()
    new = NewStaff(
        city=viewer.city,
        login=typed["login"][:_LONGEST_LOGIN],
        name=typed["name"][:_LONGEST_NAME],
        password=password,
        role=Role(typed["role"]),
        unit=unit,
        skills=tuple(code for code in request.form.getlist("skills") if code in rules().skills),
        leads_unit=typed.get("leads_unit") == "true",
    )
    try:
        with engine().begin() as connection:
            staff_id = people.add_staff(connection, new)
            after = {"login": new.login, "name": new.name, "role": new.role, "unit": new.unit, "skills": new.skills}
            access_log.note_change(connection, viewer, Change("staff_added", f"staff:{staff_id}", {}, after))
    except Refused as error:
        return _admin(typed, mistake_of(error, "add", typed))
    return redirect(url_for("staff_pages.admin", added=new.login), 303)  # type: ignore[return-value]


@staff_pages.post("/admin/people/<int:staff_id>/disable")
def disable_person(staff_id: int) -> Response:
    """Disable an account and end its sessions."""
    viewer = current_viewer()
    with engine().begin() as connection:
        people.deactivate(connection, viewer, staff_id)
        change = Change("staff_disabled", f"staff:{staff_id}", {"is_active": True}, {"is_active": False})
        access_log.note_change(connection, viewer, change)
    return redirect(url_for("staff_pages.admin", disabled="1"), 303)  # type: ignore[return-value]


@staff_pages.post("/admin/people/<int:staff_id>/extension")
def set_extension(staff_id: int) -> Response:
    """Say which telephone stands at a person's seat; an empty field takes it away."""
    viewer, extension = current_viewer(), typed_form().get("extension", "")[:_LONGEST_EXTENSION] or None
    try:
        with engine().begin() as connection:
            people.set_extension(connection, viewer, staff_id, extension)
            access_log.note(connection, viewer, "extension_set", fields=(str(staff_id),))
    except Refused as error:
        return _admin({}, mistake_of(error, "extension", {}))
    return redirect(url_for("staff_pages.admin", extension="1"), 303)  # type: ignore[return-value]


def _admin(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    with engine().connect() as connection:
        everybody = people.list_staff(connection, current_viewer())
    said = None
    if "added" in request.args:
        said = say("admin.added", login=request.args["added"][:_LONGEST_LOGIN])
    elif "disabled" in request.args:
        said = say("admin.disabled.done")
    elif "extension" in request.args:
        said = say("admin.extension.done")
    return admin_page(
        "people", mistake, people=everybody, typed=typed, said=said, skills=skills(),
        roles=of_table({role: ROLES[role] for role in _STAFF_ROLES}), units=unit_names(),
    )  # fmt: skip
