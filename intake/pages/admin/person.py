"""One account: edited, disabled, enabled; a one-time password; its sessions."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from flask import Response, redirect, request, url_for
from sqlalchemy.engine import Connection

from intake.acts import current_viewer
from intake.fields import whole_number
from intake.pages.admin.post_form import NAME_LENGTH, post_of, post_options
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.filters import unit_name
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.words import say
from intake.stores import engine, rules
from shared import people
from shared.domain.errors import Refused
from shared.domain.viewer import Viewer
from shared.people import Edit, NoSuchPerson, Staff, second_factor
from shared.reads.queues import Queue, counts

_LONGEST_EXTENSION, _VERSION_DIGITS = 40, 9
_SAID = ("saved", "disabled", "enabled", "ended", "code_reset")


@staff_pages.get("/admin/people/<int:staff_id>")
def person(staff_id: int) -> Response:
    """Show one account."""
    return _shown(staff_id)


@staff_pages.post("/admin/people/<int:staff_id>")
def edit_person(staff_id: int) -> Response:
    """Save what was changed of an account; if somebody else was faster, show both."""
    typed, skills = typed_form(), request.form.getlist("skills")
    viewer = current_viewer()
    if not typed.get("name"):
        wrong = {"name": say("mistake.missing")}
        return _shown(staff_id, Mistake("edit", 400, say("errors.title"), wrong, typed), skills)
    try:
        post = post_of(typed, skills)
        post.check(rules())
        wanted = Edit(
            name=typed["name"][:NAME_LENGTH],
            post=post,
            extension=typed.get("extension", "")[:_LONGEST_EXTENSION] or None,
            version=whole_number(typed.get("version"), _VERSION_DIGITS) or 0,
        )
        with engine().begin() as connection:
            people.edit_staff(connection, viewer, staff_id, wanted)
    except NoSuchPerson:
        raise
    except Refused as error:
        return _shown(staff_id, mistake_of(error, "edit", typed), skills)
    return _back(staff_id, "saved")


@staff_pages.post("/admin/people/<int:staff_id>/disable")
def disable_person(staff_id: int) -> Response:
    """Disable an account and end its sessions."""
    return _done(staff_id, people.deactivate, "disabled")


@staff_pages.post("/admin/people/<int:staff_id>/enable")
def enable_person(staff_id: int) -> Response:
    """Enable an account again."""
    return _done(staff_id, people.activate, "enabled")


@staff_pages.post("/admin/people/<int:staff_id>/password")
def give_password(staff_id: int) -> Response:
    """Give a one-time password and show it, once."""
    viewer = current_viewer()
    with engine().begin() as connection:
        password = people.give_one_time_password(connection, viewer, staff_id)
        one = people.person(connection, viewer, staff_id)
    return admin_page("people", template="secret", one=one, password=password, is_new=False)


@staff_pages.post("/admin/people/<int:staff_id>/sessions")
def end_person_sessions(staff_id: int) -> Response:
    """End one session of a person, or all."""
    name = request.form.get("session") or None
    return _done(staff_id, partial(people.end_sessions_of, named=name), "ended")


@staff_pages.post("/admin/people/<int:staff_id>/code")
def reset_code(staff_id: int) -> Response:
    """Take the second factor away of somebody who has lost the device."""
    return _done(staff_id, second_factor.reset, "code_reset")


def _done(staff_id: int, what: Callable[[Connection, Viewer, int], None], said: str) -> Response:
    try:
        with engine().begin() as connection:
            what(connection, current_viewer(), staff_id)
    except NoSuchPerson:
        raise
    except Refused as error:
        return _shown(staff_id, mistake_of(error, "person", {}))
    return _back(staff_id, said)


def _back(staff_id: int, said: str) -> Response:
    return redirect(url_for("staff_pages.person", staff_id=staff_id, said=said), 303)  # type: ignore[return-value]


def _shown(staff_id: int, mistake: Mistake | None = None, skills: Sequence[str] = ()) -> Response:
    viewer, said = current_viewer(), request.args.get("said", "")
    with engine().connect() as connection:
        one = people.person(connection, viewer, staff_id)
        sessions = people.sessions_of(connection, staff_id)
        has_code = second_factor.is_enrolled(connection, staff_id)
        held = counts(one.viewer, connection, Queue())["mine"]
    is_typed = mistake is not None and mistake.act == "edit" and mistake.typed
    return admin_page(
        "people", mistake, template="person", one=one, sessions=sessions, held=held, has_code=has_code,
        typed=mistake.typed if mistake is not None and is_typed else _as_typed(one),
        chosen_skills=skills if is_typed else one.skills, now=_as_typed(one),
        is_overtaken=mistake is not None and mistake.status == 409 and bool(is_typed),
        said=say(f"admin.person.{said}") if said in _SAID and mistake is None else None, **post_options(),
    )  # fmt: skip


def _as_typed(one: Staff) -> Mapping[str, str]:
    """Return an account as its form would hold it."""
    return {
        "name": one.name,
        "role": one.role,
        "unit": unit_name(one.unit),
        "extension": one.extension or "",
        "leads_unit": "true" if one.leads_unit else "",
    }
