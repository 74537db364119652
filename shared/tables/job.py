"""Table `job` 作业. Only `shared.jobs` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("ticket.id")),
    sa.Column("cause_seq", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # todo -> done | cancelled | dead
    sa.Column("due_at", INSTANT, nullable=False),
    sa.Column("leased_until", INSTANT),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("attempted_at", INSTANT),
    sa.Column("stales", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("ended_at", INSTANT),
)
