"""Notices: who took one, under which name, and whether it arrived."""

from alembic import op

revision = "0010"
down_revision = "0009"

_SCHEMA = r"""
ALTER TABLE notice
    ADD COLUMN is_unsure boolean NOT NULL DEFAULT false,
    ADD COLUMN provider text,
    ADD COLUMN provider_reference text,
    ADD COLUMN receipt text CHECK (receipt IN ('delivered', 'undelivered')),
    ADD COLUMN receipt_code text,
    ADD COLUMN receipt_at timestamptz;
CREATE INDEX notice_provider ON notice (provider, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX notice_text ON notice (changed_at) WHERE part = 'sms\:caller';
CREATE INDEX notice_undelivered ON notice (receipt_at) WHERE receipt = 'undelivered';
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
