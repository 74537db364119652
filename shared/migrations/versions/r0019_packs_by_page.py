"""Administrators activate packs by page: the services may note an activation and say which version holds."""

from alembic import op

revision = "0019"
down_revision = "0018"

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT INSERT ON pack_activation TO hotline_app;
        GRANT INSERT, UPDATE ON active_pack TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_GRANTS)
