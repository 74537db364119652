"""Accounts are edited: a version against overwriting one another, one-time passwords, where a session began."""

from alembic import op

revision = "0009"
down_revision = "0008"

_SCHEMA = """
ALTER TABLE staff ADD COLUMN version integer NOT NULL DEFAULT 1, ADD COLUMN one_time_until timestamptz;
ALTER TABLE session ADD COLUMN address text;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
