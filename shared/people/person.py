"""A person at work, and what an administrator enters about one."""

from dataclasses import dataclass

import sqlalchemy as sa

from shared.domain.terms import Role
from shared.domain.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Staff:
    """A person at work, without the password."""

    id: int
    city: str
    login: str
    name: str
    role: Role
    unit: str | None
    skills: tuple[str, ...]
    leads_unit: bool
    is_active: bool = True
    extension: str | None = None
    must_change_password: bool = False
    version: int = 1

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.role, self.city, self.id, self.unit, self.skills, self.leads_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What an administrator enters; a handler needs a unit, an expert skills. Without a password nobody can log in."""

    city: str
    login: str
    name: str
    password: str | None
    role: Role
    unit: str | None = None
    skills: tuple[str, ...] = ()
    leads_unit: bool = False


def staff_from_row(row: sa.Row[tuple[object, ...]]) -> Staff:
    """Build the person from a row of table `staff`; further columns are ignored."""
    return Staff(
        id=row.id,
        city=row.city,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        unit=row.unit,
        skills=tuple(row.skills),
        leads_unit=row.leads_unit,
        is_active=row.is_active,
        extension=row.extension,
        must_change_password=row.one_time_until is not None,
        version=row.version,
    )
