"""API keys."""

from alembic import op

revision = "0008"
down_revision = "0007"

_SCHEMA = """
CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    old_hash bytea UNIQUE,
    old_until timestamptz,
    scopes text[] NOT NULL,
    per_minute integer NOT NULL CHECK (per_minute > 0),
    per_day integer NOT NULL CHECK (per_day > 0),
    made_by bigint,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    CHECK ((old_hash IS NULL) = (old_until IS NULL))
);
CREATE UNIQUE INDEX api_key_name ON api_key (city, name) WHERE revoked_at IS NULL;
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE ON api_key TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
