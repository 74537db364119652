"""Accounts of the city's staff: found, listed, added."""

from collections.abc import Mapping

from flask import Response, request

from intake.acts import current_viewer
from intake.pages.admin.paging import chosen_page, paging
from intake.pages.admin.post_form import NAME_LENGTH, post_of, post_options
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.options import of_table, unit_code
from intake.pages.words import say
from intake.stores import engine, rules
from shared import people
from shared.domain.errors import Refused
from shared.domain.labels import ROLES
from shared.domain.terms import Role
from shared.people import STAFF_ROLES, NewStaff, Search

_LONGEST_LOGIN, _LONGEST_SEARCH = 80, 80
_STATES = {"active": True, "disabled": False}


@staff_pages.get("/admin")
def admin() -> Response:
    """List the accounts that fit what is searched for."""
    return _listed({})


@staff_pages.post("/admin/people")
def add_person() -> Response:
    """Add an account and show its one-time password, once."""
    typed, skills = typed_form(), request.form.getlist("skills")
    missing = {name: say("mistake.missing") for name in ("login", "name") if not typed.get(name)}
    if missing:
        return _listed(typed, Mistake("add", 400, say("errors.title"), missing, typed))
    viewer = current_viewer()
    try:
        post = post_of(typed, skills)
        post.check(rules())
        new = NewStaff(
            city=viewer.city,
            login=typed["login"][:_LONGEST_LOGIN],
            name=typed["name"][:NAME_LENGTH],
            password=None,
            role=post.role,
            unit=post.unit,
            skills=post.skills,
            leads_unit=post.leads_unit,
        )
        with engine().begin() as connection:
            staff_id = people.add_staff(connection, new)
            people.note_added(connection, viewer, staff_id)
            password = people.give_one_time_password(connection, viewer, staff_id)
            added = people.person(connection, viewer, staff_id)
    except Refused as error:
        return _listed(typed, mistake_of(error, "add", typed))
    return admin_page("people", template="secret", one=added, password=password, is_new=True)


def _listed(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    wanted = _search()
    with engine().connect() as connection:
        found, count = people.search_staff(connection, current_viewer(), wanted)
    return admin_page(
        "people", mistake, people=found, typed=typed, chosen_skills=request.form.getlist("skills"),
        pages=paging(count, wanted.page), roles=of_table({role: ROLES[role] for role in STAFF_ROLES}),
        **post_options(),
    )  # fmt: skip


def _search() -> Search:
    asked = request.args
    role = asked.get("role", "")
    unit = asked.get("unit", "").strip()[:_LONGEST_SEARCH]
    return Search(
        text=asked.get("q", "").strip()[:_LONGEST_SEARCH],
        role=Role(role) if role in STAFF_ROLES else None,
        unit=unit_code(unit) if unit else None,
        is_active=_STATES.get(asked.get("state", "")),
        page=chosen_page(),
    )
