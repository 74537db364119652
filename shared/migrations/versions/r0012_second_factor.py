"""Second factor, recovery codes, logins that wait for it; when a session was last proved."""

from alembic import op

revision = "0012"
down_revision = "0011"

_SCHEMA = """
ALTER TABLE session ADD COLUMN proved_at timestamptz NOT NULL DEFAULT clock_timestamp();

CREATE TABLE second_factor (
    staff_id bigint PRIMARY KEY REFERENCES staff,
    secret bytea NOT NULL,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL
);

CREATE TABLE recovery_code (
    staff_id bigint NOT NULL REFERENCES staff,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (staff_id, code_hash)
);

CREATE TABLE login_step (
    token_hash bytea PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff,
    at timestamptz NOT NULL
);
CREATE INDEX login_step_staff ON login_step (staff_id);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON second_factor, recovery_code, login_step TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
