"""The one SQL fragment that decides which tickets exist for a viewer; the twin of `shared.domain.viewer.may_see`."""

from typing import Any

import sqlalchemy as sa

from shared.domain.terms import HolderKind, Role
from shared.domain.viewer import Viewer
from shared.tables.ticket import ticket as t


def visible_to(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Return the condition on table `ticket`; counts, lists, exports and streams all stand behind it."""
    here = t.c.city == viewer.city
    if viewer.unit is not None:
        here &= t.c.accused_unit.is_distinct_from(viewer.unit)
    match viewer.role:
        case Role.CALLER:
            return here & _is(t.c.id, viewer.ticket_id)
        case Role.OPERATOR:
            with_hotline = t.c.holder_kind.in_([HolderKind.TRIAGE, HolderKind.FOLLOW_UP])
            return here & (~t.c.confidential | with_hotline | _is(t.c.registered_by, viewer.id))
        case Role.HANDLER:
            return here & _is(t.c.unit, viewer.unit)
        case Role.EXPERT:
            queued = (t.c.holder_kind == HolderKind.SEAT) & t.c.holder_id.in_(viewer.skills)
            return here & (queued | works_on(viewer))
        case Role.SUPERVISOR | Role.ROUTER | Role.TIME:
            return here
        case _:
            return sa.false()


def works_on(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Return the condition that the viewer, or an absent colleague whose deputy they are, works on a ticket."""
    theirs = [one for one in (viewer.id, *viewer.deputy_of) if one is not None]
    return t.c.handler_id.in_(theirs) if theirs else sa.false()


def _is(column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
    """Compare; a viewer without a unit or id has nothing in common with a ticket without one."""
    return sa.false() if value is None else column == value
