"""Table `errand` 待拨. Only `shared.errands` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

errand = sa.Table(
    "errand",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True, comment="follow_up: item is a ticket; call_back: a missed call"),
    sa.Column("item_id", sa.BigInteger, primary_key=True),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), comment="who has it, until held_until"),
    sa.Column("held_until", INSTANT),
    sa.Column("not_before", INSTANT, comment="put off; business time for tickets, real time for calls"),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("touched_at", INSTANT, nullable=False),
)
