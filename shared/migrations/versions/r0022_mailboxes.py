"""How many notices a unit's mailbox got in its window; the rest waits to be told as one."""

from alembic import op

revision = "0022"
down_revision = "0021"

_SCHEMA = """
CREATE TABLE mailbox (
    city text NOT NULL,
    part text NOT NULL,
    since timestamptz NOT NULL,
    mails integer NOT NULL,
    PRIMARY KEY (city, part)
);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE ON mailbox TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
