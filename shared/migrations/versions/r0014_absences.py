"""Absences and deputies."""

from alembic import op

revision = "0014"
down_revision = "0013"

_SCHEMA = """
CREATE TABLE absence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff,
    deputy_id bigint NOT NULL REFERENCES staff,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    reason text NOT NULL,
    made_by bigint,
    made_at timestamptz NOT NULL,
    CHECK (staff_id <> deputy_id),
    CHECK (from_at <= until_at)
);
CREATE INDEX absence_deputy ON absence (deputy_id, until_at);
CREATE INDEX absence_staff ON absence (staff_id, until_at);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE ON absence TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
