"""Table `draft` 草稿. Only `shared.drafts` writes it."""

import sqlalchemy as sa

from shared.tables import metadata
from shared.tables.ticket import INSTANT

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="the form's, also of the ticket that it may become"),
    sa.Column("call_id", sa.BigInteger, sa.ForeignKey("call.id")),
    sa.Column("fields", sa.LargeBinary, nullable=False, comment="encrypted JSON"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("writer", sa.Text, nullable=False, comment="which window wrote it last"),
    sa.Column("updated_at", INSTANT, nullable=False),
)
