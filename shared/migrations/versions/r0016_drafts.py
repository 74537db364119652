"""Operators' drafts, encrypted, until they are registered or too old."""

from alembic import op

revision = "0016"
down_revision = "0015"

_SCHEMA = """
CREATE TABLE draft (
    staff_id bigint NOT NULL REFERENCES staff,
    key text NOT NULL,
    call_id bigint REFERENCES call,
    fields bytea NOT NULL,
    version integer NOT NULL,
    writer text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, key)
);
CREATE INDEX draft_age ON draft (updated_at);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
