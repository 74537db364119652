"""Since when a password is the person's."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("ALTER TABLE staff ADD COLUMN password_set_at timestamptz NOT NULL DEFAULT clock_timestamp()")
