"""Who stands in for whom now: a column beside those of `staff`. Needs no job: an absence begins and ends by itself."""

import sqlalchemy as sa

from shared.tables.people import absence, staff

_NOW = sa.func.business_now()


def stands_in() -> sa.ColumnElement[object]:
    """Return the column, beside those of `staff`, with the colleagues in whose stead a person acts now.

    An absence lasts exactly from its first instant to before its last one, and only while both have the same post.
    """
    gone = staff.alias("absent")
    told = sa.func.jsonb_build_object(
        "id", gone.c.id, "name", gone.c.name, "leads_unit", gone.c.leads_unit, "until", absence.c.until_at
    )
    same = (
        (gone.c.city == staff.c.city) & (gone.c.role == staff.c.role) & gone.c.unit.is_not_distinct_from(staff.c.unit)
    )
    lasts = (absence.c.from_at <= _NOW) & (absence.c.until_at > _NOW)
    return (
        sa.select(sa.func.jsonb_agg(told))
        .select_from(absence.join(gone, gone.c.id == absence.c.staff_id))
        .where(absence.c.deputy_id == staff.c.id, lasts, same, gone.c.is_active)
        .correlate(staff)
        .scalar_subquery()
        .label("stands_in")
    )
