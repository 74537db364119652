"""The access log names what was changed, with the values before and after, and is searched by person and by time."""

from alembic import op

revision = "0005"
down_revision = "0004"

_SCHEMA = """
ALTER TABLE access_log ADD COLUMN object text, ADD COLUMN before jsonb, ADD COLUMN after jsonb;
CREATE INDEX access_log_staff ON access_log (staff_id, id);
CREATE INDEX access_log_at ON access_log (at);
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
