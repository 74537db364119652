"""Webhooks: who is told of public steps, and the jobs that tell them."""

from alembic import op

revision = "0013"
down_revision = "0012"

_SCHEMA = """
CREATE TABLE webhook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    url text NOT NULL,
    kinds text[] NOT NULL,
    secrets bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    why text,
    failing_since timestamptz,
    answered_at timestamptz,
    answer text,
    made_at timestamptz NOT NULL,
    CHECK ((state = 'disabled') = (why IS NOT NULL))
);
-- Each endpoint's own queue: one that does not answer must not be waded through to find the others' jobs.
CREATE INDEX job_hook ON job (part, due_at, id) WHERE state = 'todo' AND kind = 'hook';
CREATE INDEX notice_hook ON notice (part, changed_at) WHERE state = 'failed';
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE ON webhook TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
