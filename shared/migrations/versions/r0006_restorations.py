"""Restores of a backup, and whether what leaves the house is held since."""

from alembic import op

revision = "0006"
down_revision = "0005"

_SCHEMA = """
CREATE TABLE restoration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backup_at timestamptz NOT NULL,
    restored_at timestamptz NOT NULL,
    last_job_id bigint NOT NULL,
    released_at timestamptz,
    dropped integer
);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT ON restoration TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
