"""Accounts 账号: added, changed, disabled, listed."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people.passwords import hashed
from shared.people.person import NewStaff, Staff, staff_from_row
from shared.tables.people import session, staff


def add_staff(connection: Connection, new: NewStaff) -> int:
    """Add an account and return its id. Raises `Refused` with the field that is wrong."""
    kept = hashed(new.password, new.login)
    if (new.role is Role.HANDLER) != (new.unit is not None):
        raise Refused("bad_unit", "承办人要选单位，其他岗位不选。", field="unit")
    if new.role not in (Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN):
        raise Refused("bad_role", "请选择岗位。", field="role")
    values = {
        "city": new.city,
        "login": new.login.lower(),
        "name": new.name,
        "password": kept,
        "role": new.role,
        "unit": new.unit,
        "skills": list(new.skills),
        "leads_unit": new.leads_unit,
        "is_active": True,
        "created_at": sa.func.clock_timestamp(),
    }
    if connection.execute(sa.select(staff.c.id).where(staff.c.login == new.login.lower())).scalar_one_or_none():
        raise Refused("login_taken", "这个登录名已经有人用了。", field="login")
    return int(connection.execute(sa.insert(staff).values(values).returning(staff.c.id)).scalar_one())


def deactivate(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Disable an account and end its sessions; streams end within five seconds."""
    mine = (staff.c.id == staff_id) & (staff.c.city == viewer.city)
    if connection.execute(sa.update(staff).where(mine).values(is_active=False)).rowcount:
        connection.execute(sa.delete(session).where(session.c.staff_id == staff_id))


def set_extension(connection: Connection, viewer: Viewer, staff_id: int, extension: str | None) -> None:
    """Say which telephone 分机 stands at a person's seat; None: none. Raises `Refused` if it is somebody else's."""
    mine = (staff.c.id == staff_id) & (staff.c.city == viewer.city)
    try:
        connection.execute(sa.update(staff).where(mine).values(extension=extension))
    except sa.exc.IntegrityError:
        raise Refused("extension_taken", "这个分机已经给了别人。") from None


def staff_at(connection: Connection, city: str, extensions: Iterable[str]) -> set[int]:
    """Return the ids of the active people at these telephones."""
    there = (staff.c.city == city) & staff.c.extension.in_(list(extensions)) & staff.c.is_active
    return set(connection.execute(sa.select(staff.c.id).where(there)).scalars())


def list_staff(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the accounts of the viewer's city, by login."""
    rows = connection.execute(sa.select(staff).where(staff.c.city == viewer.city).order_by(staff.c.login))
    return [staff_from_row(row) for row in rows]


def colleagues(connection: Connection, viewer: Viewer) -> list[Staff]:
    """Return the active people of the viewer's own unit."""
    if viewer.unit is None:
        return []
    mine = (staff.c.city == viewer.city) & (staff.c.unit == viewer.unit) & staff.c.is_active
    return [staff_from_row(row) for row in connection.execute(sa.select(staff).where(mine).order_by(staff.c.name))]
