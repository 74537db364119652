"""Tables of city packs: versions, the active one, and its history. Only `shared.packs` writes them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.tables import metadata
from shared.tables.ticket import INSTANT

pack_version = sa.Table(
    "pack_version",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False, comment="as declared, and the content's digest"),
    sa.Column("files", JSONB, nullable=False, comment="text by name"),
    sa.Column("loaded_at", INSTANT, nullable=False),
    sa.Column("loaded_by", sa.Text, nullable=False),
    sa.UniqueConstraint("city", "version"),
)

active_pack = sa.Table(
    "active_pack",
    metadata,
    sa.Column("city", sa.Text, primary_key=True),
    sa.Column("pack_id", sa.BigInteger, sa.ForeignKey("pack_version.id"), nullable=False),
    sa.Column("since", INSTANT, nullable=False),
)

pack_activation = sa.Table(
    "pack_activation",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("pack_id", sa.BigInteger, sa.ForeignKey("pack_version.id"), nullable=False),
    sa.Column("replaced_id", sa.BigInteger, sa.ForeignKey("pack_version.id")),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by_whom", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
