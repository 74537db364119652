"""How much each colleague of a unit has in hand 同事在办: open, due today, overdue, and what nobody has taken."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.terms import HolderKind
from shared.domain.viewer import Viewer
from shared.reads.visibility import visible_to
from shared.tables.people import staff
from shared.tables.ticket import ticket as t


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has in hand; without a person: what nobody has taken."""

    staff_id: int | None
    name: str | None
    is_active: bool
    open: int = 0
    due_today: int = 0
    overdue: int = 0


def loads(viewer: Viewer, connection: Connection, end_of_day: datetime) -> list[Load]:
    """Return the load of everybody in the viewer's unit and of who has left with work in hand; nobody's comes first.

    `end_of_day`: what is due before it and not late yet is due today.
    """
    here = [visible_to(viewer), t.c.holder_kind == HolderKind.UNIT, t.c.holder_id == viewer.unit]
    in_hand = (
        sa.select(
            t.c.handler_id,
            sa.func.count().label("open"),
            sa.func.count().filter(~t.c.is_overdue & (t.c.due_at < end_of_day)).label("due_today"),
            sa.func.count().filter(t.c.is_overdue).label("overdue"),
        )
        .where(*here)
        .group_by(t.c.handler_id)
        .subquery()
    )
    works_here = (staff.c.city == viewer.city) & (staff.c.unit == viewer.unit) & staff.c.is_active
    query = (
        sa.select(in_hand, staff.c.id, staff.c.name, sa.func.coalesce(works_here, False).label("is_active"))
        .select_from(in_hand.outerjoin(staff, staff.c.id == in_hand.c.handler_id, full=True))
        .where(works_here | in_hand.c.open.is_not(None))
        .order_by(staff.c.id.is_not(None), in_hand.c.overdue.desc().nulls_last(), staff.c.name)
    )
    return [
        Load(row.id, row.name, row.is_active, row.open or 0, row.due_today or 0, row.overdue or 0)
        for row in connection.execute(query)
    ]
