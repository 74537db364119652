"""Whom an operator is calling now, and when those are tried again who could not be reached."""

from alembic import op

revision = "0018"
down_revision = "0017"

_SCHEMA = """
CREATE TABLE errand (
    queue text NOT NULL CHECK (queue IN ('follow_up', 'call_back')),
    item_id bigint NOT NULL,
    staff_id bigint REFERENCES staff,
    held_until timestamptz,
    not_before timestamptz,
    tries integer NOT NULL,
    touched_at timestamptz NOT NULL,
    PRIMARY KEY (queue, item_id),
    CHECK ((staff_id IS NULL) = (held_until IS NULL))
);
CREATE INDEX errand_holder ON errand (staff_id, queue) WHERE staff_id IS NOT NULL;
CREATE INDEX errand_age ON errand (touched_at);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON errand TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
