"""Table of API keys (`shared.api_keys`)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from shared.tables import metadata
from shared.tables.ticket import INSTANT

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="the beginning of the key, to know it by"),
    sa.Column("key_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("old_hash", sa.LargeBinary, comment="the key before the last rotation"),
    sa.Column("old_until", INSTANT),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("per_day", sa.Integer, nullable=False),
    sa.Column("made_by", sa.BigInteger),
    sa.Column("made_at", INSTANT, nullable=False),
    sa.Column("used_at", INSTANT),
    sa.Column("expires_at", INSTANT),
    sa.Column("revoked_at", INSTANT),
)
