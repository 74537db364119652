"""Who works in the city: lists for pages, telephones and colleagues."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people.person import Staff, staff_from_row
from shared.tables.people import staff

PAGE = 50


@dataclass(frozen=True, slots=True)
class Search:
    """Which accounts: `text` is part of login, name or extension; `page` counts from 1."""

    text: str = ""
    role: Role | None = None
    unit: str | None = None
    is_active: bool | None = None
    page: int = 1


def list_staff(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the accounts of the viewer's city, by login."""
    rows = connection.execute(sa.select(staff).where(staff.c.city == viewer.city).order_by(staff.c.login))
    return [staff_from_row(row) for row in rows]


def search_staff(connection: Connection, viewer: Viewer, wanted: Search) -> tuple[list[Staff], int]:
    """Return a page of the accounts that fit, by login, and how many fit in all."""
    fits = [staff.c.city == viewer.city]
    if wanted.text:
        named = (staff.c.login, staff.c.name, staff.c.extension)
        fits.append(sa.or_(*(column.icontains(wanted.text, autoescape=True) for column in named)))
    if wanted.role is not None:
        fits.append(staff.c.role == wanted.role)
    if wanted.unit is not None:
        fits.append(staff.c.unit == wanted.unit)
    if wanted.is_active is not None:
        fits.append(staff.c.is_active.is_(wanted.is_active))
    count = connection.execute(sa.select(sa.func.count()).select_from(staff).where(*fits)).scalar_one()
    query = sa.select(staff).where(*fits).order_by(staff.c.login).limit(PAGE).offset((wanted.page - 1) * PAGE)
    return [staff_from_row(row) for row in connection.execute(query)], count


def find_login(connection: Connection, viewer: Viewer, login: str) -> Staff | None:
    """Return the account of a login in the viewer's city."""
    query = sa.select(staff).where(staff.c.login == login.lower(), staff.c.city == viewer.city)
    row = connection.execute(query).one_or_none()
    return None if row is None else staff_from_row(row)


def staff_at(connection: Connection, city: str, extensions: Iterable[str]) -> set[int]:
    """Return the ids of the active people at these telephones."""
    there = (staff.c.city == city) & staff.c.extension.in_(list(extensions)) & staff.c.is_active
    return set(connection.execute(sa.select(staff.c.id).where(there)).scalars())


def colleagues(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the active people of the viewer's own unit."""
    if viewer.unit is None:
        return []
    mine = (staff.c.city == viewer.city) & (staff.c.unit == viewer.unit) & staff.c.is_active
    return [staff_from_row(row) for row in connection.execute(sa.select(staff).where(mine).order_by(staff.c.name))]
