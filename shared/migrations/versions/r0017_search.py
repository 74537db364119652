"""Search by words, by time and by unit."""

from alembic import op

revision = "0017"
down_revision = "0016"

# Every pair of neighbouring characters, blanks left out. A text that is erased has none and so leaves the index.
# In PL/pgSQL, whose plan is kept: a SQL function would be prepared anew for every row that is inserted.
# Of a very long text only the beginning is indexed: what is looked for stands there, and one insert stays cheap.
_SCHEMA = r"""
CREATE FUNCTION grams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    letters text[] := string_to_array(translate(lower(left(words, 2000)), E' \t\r\n　', ''), NULL);
    before text;
    letter text;
    found text[] := '{}';
BEGIN
    FOREACH letter IN ARRAY letters LOOP
        IF before IS NOT NULL THEN found := found || (before || letter); END IF;
        before := letter;
    END LOOP;
    RETURN found;
END $$;
CREATE INDEX ticket_words ON ticket_text USING gin (grams(text)) WITH (fastupdate = on, gin_pending_list_limit = 1024)
    WHERE part IN ('title', 'body', 'supplement');
CREATE INDEX ticket_time ON ticket (registered_at, id);
CREATE INDEX ticket_unit ON ticket (unit, registered_at, id) WHERE unit IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(_SCHEMA)
