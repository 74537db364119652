"""Seals over the access log."""

from alembic import op

revision = "0020"
down_revision = "0019"

_SCHEMA = """
CREATE TABLE access_seal (
    after bigint PRIMARY KEY,
    up_to bigint NOT NULL UNIQUE,
    lines bigint NOT NULL,
    mac bytea NOT NULL,
    at timestamptz NOT NULL,
    CHECK (after < up_to)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Held by writers together until they commit; the seal takes it alone for a moment, to know that no id is under way.
CREATE FUNCTION share_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('access_log'));
    RETURN NULL;
END $$;
CREATE TRIGGER share BEFORE INSERT ON access_log FOR EACH STATEMENT EXECUTE FUNCTION share_access_log();
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT ON access_seal TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
