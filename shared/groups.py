"""Groups of a sign-on provider 统一认证 and what they may be here: one line for each, the first that fits decides."""

import re
from dataclasses import dataclass

from shared.domain.terms import Role

_LINE = re.compile(r"(?P<role>[a-z]+)(?::(?P<where>[a-z0-9_,]+))?(?P<leads>:leader)?\s*=\s*(?P<group>\S.*)", re.ASCII)
_ROLES = frozenset({Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Place:
    """What a member of a group is here; a handler has a unit, an expert skills."""

    group: str
    role: Role
    unit: str | None = None
    skills: tuple[str, ...] = ()
    leads_unit: bool = False


def read_groups(text: str) -> tuple[Place, ...]:
    """Read `role[:unit or skills[:leader]] = group`, one a line. Raises `ValueError` with the line."""
    return tuple(_place(line.strip()) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _place(line: str) -> Place:
    found = _LINE.fullmatch(line)
    if found is None or found["role"] not in _ROLES:
        raise ValueError(f"`{line}` is not `role = group`, `handler:unit = group` or `expert:skill,skill = group`")
    role, where, leads = Role(found["role"]), found["where"], found["leads"] is not None
    if (where is not None) != (role in (Role.HANDLER, Role.EXPERT)) or (leads and role is not Role.HANDLER):
        raise ValueError(f"`{line}`: a handler needs a unit, an expert skills, and nobody else has either")
    unit = where if role is Role.HANDLER else None
    skills = tuple((where or "").split(",")) if role is Role.EXPERT else ()
    return Place(found["group"].strip(), role, unit, skills, leads)
