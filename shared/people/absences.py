"""Absences 请假 and deputies 代理: set, ended, and who stands in for whom now."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import access_log
from shared.access_log import Change
from shared.domain.errors import Refused
from shared.domain.terms import AbsenceReason, Role
from shared.domain.viewer import Viewer
from shared.people.accounts import person
from shared.people.person import Staff
from shared.tables.people import absence, staff

DEPUTY_ROLES = (Role.HANDLER, Role.EXPERT)  # the hotline's own share one queue: nothing to pass on
_NOW = sa.func.business_now()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAbsence:
    """From when until when somebody is away, and who acts in their stead. Instants are aware, in business time."""

    staff_id: int
    deputy_id: int
    from_at: datetime
    until_at: datetime
    reason: AbsenceReason


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence that lasts or is to come."""

    id: int
    staff_id: int
    name: str
    deputy_id: int
    deputy: str
    from_at: datetime
    until_at: datetime
    reason: AbsenceReason
    is_now: bool


def set_absence(connection: Connection, viewer: Viewer, new: NewAbsence) -> int:
    """Say that somebody is away; return the absence's id. Raises `Refused` with the field that is wrong."""
    held = sa.select(staff.c.id).where(staff.c.id.in_([new.staff_id, new.deputy_id])).order_by(staff.c.id)
    connection.execute(held.with_for_update())  # two who plan at once see one another
    who, deputy = (person(connection, viewer, staff_id) for staff_id in (new.staff_id, new.deputy_id))
    _check_right(viewer, who)
    if who.role not in DEPUTY_ROLES:
        raise Refused("no_deputy_needed", "这个岗位的工单大家共用，不用设代理。", field="staff_id")
    if deputy.id == who.id or (deputy.role, deputy.unit) != (who.role, who.unit) or not deputy.is_active:
        raise Refused("bad_deputy", "代理要是同岗位、同单位的在用账号，不能是本人。", field="deputy_id")
    now = connection.execute(sa.select(_NOW)).scalar_one()
    if new.from_at >= new.until_at or new.until_at <= now:
        raise Refused("bad_period", "结束时间要晚于开始时间，也要晚于现在。", field="until_at")
    during = (absence.c.from_at < new.until_at) & (absence.c.until_at > new.from_at)
    for whose, code, why, field in (
        (absence.c.staff_id == who.id, "absent_twice", "这段时间已经设过了，请先结束原来的。", "from_at"),
        (absence.c.staff_id == deputy.id, "deputy_absent", "代理人这段时间也不在，请换一个人。", "deputy_id"),
        (absence.c.deputy_id == who.id, "is_deputy", "这段时间正替同事代理，请先给那位同事换代理。", "from_at"),
    ):
        if connection.execute(sa.select(absence.c.id).where(whose, during).limit(1)).first():
            raise Refused(code, why, field=field)
    values = {
        "staff_id": who.id, "deputy_id": deputy.id, "from_at": new.from_at, "until_at": new.until_at,
        "reason": new.reason, "made_by": viewer.id, "made_at": _NOW,
    }  # fmt: skip
    made = int(connection.execute(sa.insert(absence).values(values).returning(absence.c.id)).scalar_one())
    told = {"deputy": deputy.login, "from": new.from_at, "until": new.until_at, "reason": new.reason}
    access_log.note_change(connection, viewer, Change("absence_set", f"staff:{who.id}", {}, told))
    return made


def end_absence(connection: Connection, viewer: Viewer, absence_id: int) -> None:
    """End an absence now, or drop one that has not begun; what lasts ends at its own instant by itself."""
    row = connection.execute(sa.select(absence).where(absence.c.id == absence_id).with_for_update()).one_or_none()
    who = None if row is None else person(connection, viewer, row.staff_id)
    if row is None or who is None or not _has_right(viewer, who):
        raise Refused("no_such_absence", "没有这条代理安排。请刷新页面再看。")
    until = sa.func.least(absence.c.until_at, sa.func.greatest(_NOW, absence.c.from_at))
    ended = sa.update(absence).where(absence.c.id == absence_id).values(until_at=until).returning(absence.c.until_at)
    told = {"until": connection.execute(ended).scalar_one()}
    change = Change("absence_ended", f"staff:{who.id}", {"until": row.until_at}, told)
    access_log.note_change(connection, viewer, change)


def absences(connection: Connection, viewer: Viewer) -> list[Absence]:
    """Return what lasts or is to come: of the city for an administrator, of the unit for its leader, else one's own."""
    gone, deputy = staff.alias("gone"), staff.alias("deputy")
    query = (
        sa.select(
            absence.c.id,
            gone.c.id,
            gone.c.name,
            deputy.c.id,
            deputy.c.name,
            absence.c.from_at,
            absence.c.until_at,
            absence.c.reason,
            absence.c.from_at <= _NOW,
        )
        .join(gone, gone.c.id == absence.c.staff_id)
        .join(deputy, deputy.c.id == absence.c.deputy_id)
        .where(absence.c.until_at > _NOW, absence.c.until_at > absence.c.from_at, gone.c.city == viewer.city)
        .order_by(absence.c.from_at, absence.c.id)
    )
    if viewer.role is not Role.ADMIN:
        mine = (gone.c.id == viewer.id) | (deputy.c.id == viewer.id)
        query = query.where(mine | (gone.c.unit == viewer.unit) if viewer.leads_unit else mine)
    return [Absence(*row) for row in connection.execute(query)]


def _check_right(viewer: Viewer, who: Staff) -> None:
    if not _has_right(viewer, who):
        raise Refused("role_may_not", "只能给自己设代理；本单位领导和管理员可以替别人设。", field="staff_id")


def _has_right(viewer: Viewer, who: Staff) -> bool:
    is_leader = viewer.leads_unit and viewer.unit is not None and viewer.unit == who.unit
    return viewer.role is Role.ADMIN or is_leader or viewer.id == who.id
