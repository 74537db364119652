"""Calls: their events and what these come to; a seat's extension."""

from alembic import op

revision = "0004"
down_revision = "0003"

_SCHEMA = """
ALTER TABLE staff ADD COLUMN extension text;
CREATE UNIQUE INDEX staff_extension ON staff (city, extension) WHERE extension IS NOT NULL;

CREATE TABLE call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    source text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL CHECK (state IN ('offered', 'queued', 'ringing', 'answered', 'ended', 'abandoned')),
    direction text CHECK (direction IN ('in', 'out')),
    line text,
    phone bytea,
    phone_index bytea,
    withheld boolean NOT NULL,
    began_at timestamptz,
    queued_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    abandoned_at timestamptz,
    rings_at text,
    seat text,
    held_seconds integer NOT NULL,
    is_rating_asked boolean NOT NULL,
    digit text,
    recordings text[] NOT NULL,
    heard_at timestamptz NOT NULL,
    ticket_id bigint REFERENCES ticket,
    call_back text CHECK (call_back IN ('reached', 'given_up')),
    call_back_tries integer NOT NULL,
    call_back_at timestamptz,
    call_back_by bigint,
    UNIQUE (source, subject),
    CHECK ((state = 'abandoned') = (abandoned_at IS NOT NULL)),
    CHECK ((phone IS NULL) = (phone_index IS NULL))
);
CREATE INDEX call_phone ON call (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX call_day ON call (city, began_at);
CREATE INDEX call_rings ON call (rings_at) WHERE rings_at IS NOT NULL;
CREATE INDEX call_draft ON call (seat, answered_at) WHERE ticket_id IS NULL;
CREATE INDEX call_missed ON call (city, abandoned_at) WHERE state = 'abandoned' AND call_back IS NULL;

CREATE TABLE call_event (
    call_id bigint NOT NULL REFERENCES call,
    id text NOT NULL,
    step text NOT NULL,
    at timestamptz NOT NULL,
    phone bytea,
    raw_number bytea,
    facts jsonb NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (call_id, id)
);
"""

_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT SELECT, INSERT, UPDATE ON call TO hotline_app;
        GRANT SELECT, INSERT ON call_event TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
