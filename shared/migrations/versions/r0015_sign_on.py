"""Sign-on by an OIDC provider: whose account is whose, and logins under way."""

from alembic import op

revision = "0015"
down_revision = "0014"

_SCHEMA = """
CREATE TABLE sign_on (
    iss text NOT NULL,
    sub text NOT NULL,
    staff_id bigint NOT NULL UNIQUE REFERENCES staff,
    PRIMARY KEY (iss, sub)
);

CREATE TABLE sign_on_step (
    state_hash bytea PRIMARY KEY,
    nonce text NOT NULL,
    verifier text NOT NULL,
    at timestamptz NOT NULL
);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT ON sign_on TO hotline_app;
        GRANT SELECT, INSERT, DELETE ON sign_on_step TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
