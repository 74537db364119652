"""The fields by which an account's post is chosen, for the forms that add and edit one."""

from collections.abc import Mapping, Sequence
from typing import Any

from intake.pages.options import of_table, skills, unit_code, unit_names
from shared.domain.errors import Refused
from shared.domain.labels import ROLES
from shared.people import STAFF_ROLES, Post

NAME_LENGTH = 60


def post_options() -> dict[str, Any]:
    """Return what can be chosen."""
    return {
        "skills": skills(),
        "units": unit_names(),
        "post_roles": of_table({role: ROLES[role] for role in STAFF_ROLES}),
    }


def post_of(typed: Mapping[str, str], chosen_skills: Sequence[str]) -> Post:
    """Return the post that was typed; `Post.check` says whether it makes sense."""
    role = next((role for role in STAFF_ROLES if role == typed.get("role")), None)
    if role is None:
        raise Refused("bad_role", "请选择岗位。", field="role")
    unit = unit_code(typed["unit"]) if typed.get("unit") else None
    return Post(role, unit, tuple(dict.fromkeys(chosen_skills)), typed.get("leads_unit") == "true")
