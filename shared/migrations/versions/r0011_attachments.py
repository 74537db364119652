"""Files 附件 that come with a step of a ticket."""

from alembic import op

revision = "0011"
down_revision = "0010"

_SCHEMA = """
CREATE TABLE attachment (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    city text NOT NULL,
    uploaded_by bigint,
    uploaded_at timestamptz NOT NULL,
    name bytea,
    extension text NOT NULL,
    size integer NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    state text NOT NULL CHECK (state IN ('writing', 'unscanned', 'quarantined', 'clean', 'infected', 'erased')),
    ticket_id bigint REFERENCES ticket,
    seq integer,
    place integer,
    is_inner boolean,
    CHECK (num_nulls(ticket_id, seq, place, is_inner) IN (0, 4))
);
CREATE INDEX attachment_ticket ON attachment (ticket_id, seq) WHERE ticket_id IS NOT NULL;
CREATE INDEX attachment_loose ON attachment (uploaded_at) WHERE ticket_id IS NULL;
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON attachment TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
