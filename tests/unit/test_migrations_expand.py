"""A migration runs while the release before it works: it adds, and holds nobody up (docs/runbook.md, "Upgrade").

What no release uses any more is dropped by a later one, whose revision `CONTRACTS` names.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.command.paths import ROOT

VERSIONS = sorted((ROOT / "shared" / "migrations" / "versions").glob("r*.py"))
FIRST_RELEASE = 22  # what came before was never installed with rows in it
# Revisions that take away what no release still uses: their number, and the release that stopped using it.
CONTRACTS: dict[int, str] = {}

# On the tables that grow with the number of tickets these wait for, or hold up, everybody; on new tables nothing does.
LARGE = "ticket|ticket_event|ticket_text|caller|decision|idempotency|job|notice|access_log|attachment|call|call_event"
TAKES_AWAY = {
    "DROP (TABLE|COLUMN|FUNCTION|VIEW|TYPE|CONSTRAINT)": "the release before still uses it",
    "RENAME": "the release before knows the old name",
    r"ALTER (COLUMN )?\w+ (SET DATA )?TYPE": "rewrites the table, and the release before writes the old type",
    "REVOKE": "the release before may still need it",
    r"ALTER (COLUMN )?\w+ DROP DEFAULT": "the release before inserts without it",
}
HOLDS_UP = {
    rf"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)(\w+ )?ON ({LARGE})\b": "CREATE INDEX CONCURRENTLY does not stop writers",
    rf"ALTER TABLE (ONLY )?({LARGE})\b[^;]*\bSET NOT NULL": "add a CHECK … NOT VALID, validate it, then set NOT NULL",
    rf"ALTER TABLE (ONLY )?({LARGE})\b[^;]*\bADD (CONSTRAINT \w+ )?(CHECK|FOREIGN KEY)(?![^;]*NOT VALID)": "NOT VALID",
    rf"ALTER TABLE (ONLY )?({LARGE})\b[^;]*\bADD (CONSTRAINT \w+ )?(UNIQUE|PRIMARY KEY|EXCLUDE)(?![^;]*USING INDEX)": (
        "build the index CONCURRENTLY first and name it: USING INDEX"
    ),
    rf"ALTER TABLE (ONLY )?({LARGE})\b[^;]*\bADD COLUMN[^;,]*\bNOT NULL(?![^;,]*DEFAULT)": "a row without it fails",
    rf"ALTER TABLE (ONLY )?({LARGE})\b[^;]*\bADD COLUMN[^;,]*\bDEFAULT[^;,]*\(": "a volatile default: rewritten",
    rf"UPDATE ({LARGE})\b": "a job in batches, not one statement that locks every row",
    r"(LOCK TABLE|VACUUM FULL|CLUSTER|REINDEX)": "holds the table",
}


def number_of(path: Path) -> int:
    """Return the number of a revision."""
    return int(path.name[1:5])


def statements(source: str) -> Iterator[str]:
    """Yield the SQL of a migration, its strings, blanks made equal and comments left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield " ".join(re.sub(r"--[^\n]*", "", node.value).split())


def faults(source: str, *, may_take_away: bool = False) -> list[str]:
    """Return what a migration does that its release must not do."""
    rules = HOLDS_UP if may_take_away else {**TAKES_AWAY, **HOLDS_UP}
    found = []
    for sql in statements(source):
        made = set(re.findall(r"CREATE TABLE (\w+)", sql))
        for pattern, why in rules.items():
            hits = [match[0] for match in re.finditer(pattern, sql, re.IGNORECASE)]
            found += [f"{hit}: {why}" for hit in hits if not made & set(re.findall(r"\w+", hit))]
    return found


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_adds_and_holds_nobody_up(path: Path) -> None:
    if number_of(path) <= FIRST_RELEASE:
        return
    assert faults(path.read_text(), may_take_away=number_of(path) in CONTRACTS) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE ticket DROP COLUMN city",
        "ALTER TABLE ticket RENAME COLUMN city TO town",
        "ALTER TABLE staff ALTER COLUMN role TYPE integer",
        "CREATE INDEX ticket_x ON ticket (city)",
        "CREATE UNIQUE INDEX ON job (part)",
        "ALTER TABLE job ALTER COLUMN part SET NOT NULL",
        "ALTER TABLE job ADD CONSTRAINT j CHECK (attempts >= 0)",
        "ALTER TABLE notice ADD UNIQUE (reference)",
        "ALTER TABLE caller ADD COLUMN age integer NOT NULL",
        "ALTER TABLE caller ADD COLUMN seen timestamptz DEFAULT clock_timestamp()",
        "UPDATE ticket SET city = 'x'",
        "REVOKE SELECT ON staff FROM hotline_app",
    ],
)
def test_what_would_hold_up_or_break_the_release_before_is_seen(sql: str) -> None:
    assert faults(f'def upgrade():\n    op.execute("""{sql}""")\n')


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE new (id bigint); CREATE INDEX new_id ON new (id)",
        "CREATE INDEX CONCURRENTLY ticket_x ON ticket (city)",
        "ALTER TABLE ticket ADD COLUMN note text",
        "ALTER TABLE ticket ADD COLUMN tries integer NOT NULL DEFAULT 0",
        "ALTER TABLE job ADD CONSTRAINT j CHECK (attempts >= 0) NOT VALID",
        "ALTER TABLE job VALIDATE CONSTRAINT j",
        "GRANT SELECT ON new TO hotline_app",
    ],
)
def test_what_only_adds_passes(sql: str) -> None:
    assert faults(f'def upgrade():\n    op.execute("""{sql}""")\n') == []


def test_a_release_takes_away_only_what_an_earlier_one_gave_up() -> None:
    assert set(CONTRACTS) <= {number_of(path) for path in VERSIONS}
