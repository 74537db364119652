"""Table of webhook endpoints (`shared.webhooks`)."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from shared.tables import metadata
from shared.tables.ticket import INSTANT

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", ARRAY(sa.Text), nullable=False, comment="of events that are told"),
    sa.Column("secrets", sa.LargeBinary, nullable=False, comment="newest first, one or two, encrypted"),
    sa.Column("state", sa.Text, nullable=False),  # active <-> disabled
    sa.Column("why", sa.Text, comment="of disabled: by_hand, gone, failing"),
    sa.Column("failing_since", INSTANT),
    sa.Column("answered_at", INSTANT),
    sa.Column("answer", sa.Text, comment="the last one, as a code"),
    sa.Column("made_at", INSTANT, nullable=False),
)
