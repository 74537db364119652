"""Table `restoration`. Only `shared.restoration` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

restoration = sa.Table(
    "restoration",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("backup_at", INSTANT, nullable=False),
    sa.Column("restored_at", INSTANT, nullable=False),
    sa.Column("last_job_id", sa.BigInteger, nullable=False, comment="jobs up to it came with the backup"),
    sa.Column("released_at", INSTANT),  # NULL: nothing leaves the house
    sa.Column("dropped", sa.Integer, comment="how many notices the release let go unsent"),
)
