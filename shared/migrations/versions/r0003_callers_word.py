"""The caller's word at the end: how often it reopened the ticket, and what has been rated."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # The defaults serve rows that stand already, and processes that still write without the columns.
    op.execute(
        "ALTER TABLE ticket ADD COLUMN caller_redos integer NOT NULL DEFAULT 0,"
        " ADD COLUMN rated text[] NOT NULL DEFAULT '{}'"
    )
