"""When the unit that has a ticket last spoke with its caller."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Tickets that stand already have none, as their logs say.
    op.execute("ALTER TABLE ticket ADD COLUMN contacted_at timestamptz")
