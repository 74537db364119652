"""The spine: tickets with their log, jobs, people, notices."""

from alembic import op

revision = "0001"
down_revision = None

_SCHEMA = """
CREATE SEQUENCE ticket_id AS bigint;

-- Set only in a demo or simulation database: business time starts at `business_anchor` and runs `speed` times as fast.
CREATE TABLE business_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    real_anchor timestamptz NOT NULL,
    business_anchor timestamptz NOT NULL,
    speed double precision NOT NULL CHECK (speed > 0)
);

-- STABLE so that an index on due_at serves `due_at <= business_now()`; clock_timestamp(), because now() is the start
-- of the transaction.
CREATE FUNCTION business_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE c business_clock;
BEGIN
    SELECT * INTO c FROM business_clock;
    IF NOT FOUND THEN RETURN clock_timestamp(); END IF;
    RETURN c.business_anchor + (clock_timestamp() - c.real_anchor) * c.speed;
END $$;

-- How long ago, in real time, a business instant came due.
CREATE FUNCTION real_lag(due timestamptz) RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT (business_now() - due) / coalesce((SELECT speed FROM business_clock), 1)
$$;

CREATE TABLE ticket (
    id bigint PRIMARY KEY,
    city text NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    material_seq integer NOT NULL,
    state text NOT NULL,
    holder_kind text NOT NULL,
    holder_id text NOT NULL,
    nature text NOT NULL,
    urgency text NOT NULL,
    channel text NOT NULL,
    chosen_by_person text[] NOT NULL,
    county text,
    duty text,
    unit text,
    handler_id bigint,
    proposed_unit text,
    returned_by text[] NOT NULL,
    accused_unit text,
    confidential boolean NOT NULL,
    hidden_identity boolean NOT NULL,
    tell_by text,
    registered_by bigint,
    registered_at timestamptz NOT NULL,
    dispatched_at timestamptz,
    promised_at timestamptz,
    clocks jsonb NOT NULL,
    is_approved boolean NOT NULL,
    urged_at timestamptz,
    urged_count integer NOT NULL,
    cycle integer NOT NULL,
    resolved_at timestamptz,
    closed_at timestamptz,
    end_reason text,
    code_version integer NOT NULL,
    alarm text,
    -- Of the unit's clock, for queues to sort and filter by.
    due_at timestamptz,
    is_warned boolean NOT NULL,
    is_overdue boolean NOT NULL,
    head bytea NOT NULL,
    CHECK ((holder_kind IN ('unit', 'seat')) = (holder_id <> '')),
    CHECK ((holder_kind = 'archive') = (state IN ('closed', 'withdrawn', 'not_accepted')) OR state = 'resolved'),
    CHECK (holder_kind <> 'unit' OR (unit IS NOT NULL AND unit = holder_id)),
    CHECK (accused_unit IS NULL OR accused_unit IS DISTINCT FROM unit)
);
-- Every queue page is one scan of this.
CREATE INDEX ticket_queue ON ticket (holder_kind, holder_id, due_at, id);
CREATE INDEX ticket_alarm ON ticket (id) WHERE alarm IS NOT NULL;

CREATE TABLE ticket_event (
    ticket_id bigint NOT NULL REFERENCES ticket,
    seq integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    body text NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ticket_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE ticket_text (
    ticket_id bigint NOT NULL REFERENCES ticket,
    seq integer NOT NULL,
    part text NOT NULL,
    text text,
    salt bytea,
    PRIMARY KEY (ticket_id, seq, part)
);

CREATE TABLE caller (
    ticket_id bigint PRIMARY KEY REFERENCES ticket,
    name bytea,
    phone bytea,
    phone_index bytea,
    email bytea,
    address bytea
);
CREATE INDEX caller_phone ON caller (phone_index) WHERE phone_index IS NOT NULL;

CREATE TABLE decision (
    ticket_id bigint NOT NULL REFERENCES ticket,
    seq integer NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);

CREATE TABLE idempotency (
    client text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    request_mac bytea NOT NULL,
    ticket_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (client, route, key)
);
CREATE INDEX idempotency_age ON idempotency (at);

CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint REFERENCES ticket,
    cause_seq integer NOT NULL,
    kind text NOT NULL,
    part text NOT NULL,
    state text NOT NULL CHECK (state IN ('todo', 'done', 'cancelled', 'dead')),
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    attempts integer NOT NULL,
    attempted_at timestamptz,
    stales integer NOT NULL,
    outcome text,
    error text,
    ended_at timestamptz,
    -- A job is named by its cause: no event arms twice.
    CONSTRAINT job_cause UNIQUE NULLS NOT DISTINCT (ticket_id, cause_seq, kind, part)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_due ON job (kind, due_at, id) WHERE state = 'todo';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';

CREATE TABLE staff (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    password text NOT NULL,
    role text NOT NULL CHECK (role IN ('operator', 'handler', 'expert', 'supervisor', 'admin')),
    unit text,
    skills text[] NOT NULL,
    leads_unit boolean NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((role = 'handler') = (unit IS NOT NULL))
);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX session_staff ON session (staff_id);

CREATE TABLE admin_code (
    code_hash bytea PRIMARY KEY,
    issued_at timestamptz NOT NULL
);

CREATE TABLE attempt (
    scope text NOT NULL,
    subject bytea NOT NULL,
    since timestamptz NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (scope, subject)
);

CREATE TABLE access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    staff_id bigint,
    role text NOT NULL,
    action text NOT NULL,
    ticket_id bigint,
    fields text[] NOT NULL,
    reason text,
    address text
);
CREATE INDEX access_log_ticket ON access_log (ticket_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE notice (
    ticket_id bigint NOT NULL REFERENCES ticket,
    seq integer NOT NULL,
    part text NOT NULL,
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'failed')),
    tries integer NOT NULL,
    reference text NOT NULL,
    error text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, seq, part)
);
CREATE INDEX notice_failed ON notice (ticket_id) WHERE state = 'failed';
"""

# The services connect as hotline_app, which owns nothing and can neither change nor delete what is append-only.
# Where one role does both (an external DATABASE_URL), the triggers remain.
_GRANTS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hotline_app') AND current_user <> 'hotline_app' THEN
        GRANT USAGE ON SCHEMA public TO hotline_app;
        GRANT SELECT, INSERT, UPDATE ON ticket, ticket_text, caller TO hotline_app;
        GRANT SELECT, INSERT ON ticket_event, decision, access_log TO hotline_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON job, idempotency, session, attempt, admin_code TO hotline_app;
        GRANT SELECT, INSERT, UPDATE ON staff, notice TO hotline_app;
        GRANT SELECT ON business_clock, alembic_version TO hotline_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO hotline_app;
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
    op.execute(_GRANTS)
