"""Accounts 账号: added, edited, disabled, enabled; each change stands in the access log with before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import access_log
from shared.access_log import Change
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people.passwords import hashed
from shared.people.person import NewStaff, Staff, staff_from_row
from shared.people.posts import STAFF_ROLES, Post
from shared.people.sessions import end_sessions
from shared.tables.people import staff

_TOLD = ("name", "role", "unit", "skills", "leads_unit", "extension", "is_active")


class NoSuchPerson(Refused):
    """There is no such account, or not in this city: outside the two look the same."""

    def __init__(self) -> None:
        super().__init__("no_such_person", "没有这个账号。请回到人员列表再找。")


class EditedMeanwhile(Refused):
    """Somebody else has changed the account since the page was shown."""

    def __init__(self) -> None:
        super().__init__("staff_changed_meanwhile", "这个账号刚刚被别人改过。您填的都还在，请对照现在的内容再保存。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a person's account is to be. `version` is the one that the editor has seen."""

    name: str
    post: Post
    extension: str | None
    version: int


def add_staff(connection: Connection, new: NewStaff) -> int:
    """Add an account and return its id. Raises `Refused` with the field that is wrong."""
    kept = hashed(new.password, new.login)
    if (new.role is Role.HANDLER) != (new.unit is not None):
        raise Refused("bad_unit", "承办人要选单位，其他岗位不选。", field="unit")
    if new.role not in STAFF_ROLES:
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


def note_added(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Note who added an account, and what it was."""
    added = person(connection, viewer, staff_id)
    access_log.note_change(
        connection, viewer, Change("staff_added", _name(staff_id), {}, {"login": added.login} | _told(added))
    )


def edit_staff(connection: Connection, viewer: Viewer, staff_id: int, wanted: Edit) -> Staff:
    """Change an account and return it. Another role ends its sessions, the rest holds from the next request on.

    Raises `EditedMeanwhile`, or `Refused` where it would leave the city without an administrator.
    """
    before = _locked(connection, viewer, staff_id)
    if before.version != wanted.version:
        raise EditedMeanwhile
    if wanted.post.role is not before.role:
        _check_removal(connection, viewer, before)
    try:
        after = _update(
            connection,
            staff_id,
            {
                "name": wanted.name,
                "role": wanted.post.role,
                "unit": wanted.post.unit,
                "skills": list(wanted.post.skills),
                "leads_unit": wanted.post.leads_unit,
                "extension": wanted.extension,
            },
        )
    except sa.exc.IntegrityError:
        raise Refused("extension_taken", "这个分机已经给了别人。", field="extension") from None
    if after.role is not before.role:
        end_sessions(connection, staff_id)
    _note(connection, viewer, "staff_changed", before, after)
    return after


def deactivate(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Disable an account and end its sessions; streams end within five seconds. Its telephone is free for others."""
    before = _locked(connection, viewer, staff_id)
    if before.is_active:
        _check_removal(connection, viewer, before)
        after = _update(connection, staff_id, {"is_active": False, "extension": None})
        _note(connection, viewer, "staff_disabled", before, after)
    end_sessions(connection, staff_id)


def activate(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Enable an account again, with the password that it had."""
    before = _locked(connection, viewer, staff_id)
    if not before.is_active:
        _note(connection, viewer, "staff_enabled", before, _update(connection, staff_id, {"is_active": True}))


def end_sessions_of(connection: Connection, viewer: Viewer, staff_id: int, named: str | None = None) -> None:
    """End a person's sessions, or the one of that name."""
    person(connection, viewer, staff_id)
    ended = end_sessions(connection, staff_id, named)
    if ended:
        change = Change("sessions_ended", _name(staff_id), {"sessions": ended}, {"sessions": 0})
        access_log.note_change(connection, viewer, change)


def person(connection: Connection, viewer: Viewer, staff_id: int) -> Staff:
    """Return one account of the viewer's city. Raises `NoSuchPerson`."""
    mine = sa.select(staff).where(staff.c.id == staff_id, staff.c.city == viewer.city)
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise NoSuchPerson
    return staff_from_row(row)


def _locked(connection: Connection, viewer: Viewer, staff_id: int) -> Staff:
    """Return the account, held until the end of the transaction with all administrators, always in the same order."""
    admins = (staff.c.role == Role.ADMIN) & staff.c.is_active
    held = sa.select(staff.c.id).where(staff.c.city == viewer.city, admins | (staff.c.id == staff_id))
    connection.execute(held.order_by(staff.c.id).with_for_update())
    return person(connection, viewer, staff_id)


def _check_removal(connection: Connection, viewer: Viewer, who: Staff) -> None:
    """Refuse to take their post from oneself or from the last active administrator."""
    if who.id == viewer.id:
        raise Refused("not_yourself", "不能停用自己，也不能改自己的岗位。请别的管理员来做。")
    if who.role is not Role.ADMIN or not who.is_active:
        return
    others = sa.select(staff.c.id).where(
        staff.c.city == viewer.city, staff.c.role == Role.ADMIN, staff.c.is_active, staff.c.id != who.id
    )
    if connection.execute(others.limit(1)).first() is None:
        raise Refused("last_admin", "这是最后一个在用的管理员。请先增加另一个管理员。")


def _update(connection: Connection, staff_id: int, values: Mapping[str, Any]) -> Staff:
    changed = sa.update(staff).where(staff.c.id == staff_id).values(version=staff.c.version + 1, **values)
    return staff_from_row(connection.execute(changed.returning(staff)).one())


def _note(connection: Connection, viewer: Viewer, what: str, before: Staff, after: Staff) -> None:
    access_log.note_change(connection, viewer, Change(what, _name(after.id), _told(before), _told(after)))


def _told(one: Staff) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _TOLD}


def _name(staff_id: int) -> str:
    return f"staff:{staff_id}"
