"""City packs: their versions, which one is active, and who activated which when."""

from alembic import op

revision = "0002"
down_revision = "0001"

_SCHEMA = """
CREATE TABLE pack_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    version text NOT NULL,
    files jsonb NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL,
    UNIQUE (city, version),
    UNIQUE (id, city)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pack_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE pack_activation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    pack_id bigint NOT NULL,
    replaced_id bigint,
    at timestamptz NOT NULL,
    by_whom text NOT NULL,
    note text NOT NULL,
    FOREIGN KEY (pack_id, city) REFERENCES pack_version (id, city),
    FOREIGN KEY (replaced_id, city) REFERENCES pack_version (id, city)
);
CREATE INDEX pack_activation_city ON pack_activation (city, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pack_activation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE active_pack (
    city text PRIMARY KEY,
    pack_id bigint NOT NULL,
    since timestamptz NOT NULL,
    FOREIGN KEY (pack_id, city) REFERENCES pack_version (id, city)
);
"""

# Packs are changed by commands that connect as the owner; the services only read them.
_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT ON pack_version, pack_activation, active_pack TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
