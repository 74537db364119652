"""A person at work, and what an administrator enters about one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shared.domain.terms import Role
from shared.domain.viewer import Viewer


@dataclass(frozen=True, slots=True)
class StandIn:
    """An absent colleague in whose stead a person acts now, and until when."""

    id: int
    name: str
    leads_unit: bool
    until: datetime


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
    stands_in: tuple[StandIn, ...] = ()  # known of a person in their session, not in lists

    @property
    def viewer(self) -> Viewer:
        leader = next((one.id for one in self.stands_in if one.leads_unit), None)
        absent = tuple(one.id for one in self.stands_in)
        return Viewer(
            self.role, self.city, self.id, self.unit, self.skills, self.leads_unit,
            deputy_of=absent, deputy_of_leader=leader,
        )  # fmt: skip


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
        stands_in=tuple(_stand_in(one) for one in getattr(row, "stands_in", None) or ()),
    )


def _stand_in(said: dict[str, Any]) -> StandIn:
    return StandIn(said["id"], said["name"], said["leads_unit"], datetime.fromisoformat(said["until"]))
