"""Reads every ticket with all that belongs to it, in one snapshot and in constant memory."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row, tuple_row

from shared.cities.load import read_pack
from shared.domain.checks import JobSeen, NoticeSeen
from shared.domain.follow_ups import JobKind
from shared.domain.rules import Rules
from shared.ledger.checks import EventRow, FileRow, LogSeen, TextRow

_FETCH = 2000
_LATE = """SELECT ticket_id, kind, part, extract(epoch FROM real_lag(due_at))::float8 FROM job
 WHERE state = 'todo' AND due_at <= business_now() AND real_lag(due_at) > make_interval(secs => %s) ORDER BY id"""

_FILES: LiteralString = """SELECT ticket_id, seq, id, sha256, is_inner, state FROM attachment
 WHERE ticket_id IS NOT NULL ORDER BY ticket_id, seq"""
_JOBS: LiteralString = """SELECT ticket_id, cause_seq, kind, part, state, due_at, outcome FROM job
 WHERE ticket_id IS NOT NULL ORDER BY ticket_id, cause_seq"""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One ticket and its rows in all tables."""

    row: Mapping[str, Any]
    log: LogSeen
    jobs: list[JobSeen]
    notices: list[NoticeSeen]


@dataclass(frozen=True, slots=True)
class LateJob:
    """A job that is due and undone; `late` is in real seconds."""

    ticket_id: int | None
    kind: str
    part: str
    late: float


class Snapshot:
    """The database at one instant."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def late_jobs(self, more_than_seconds: float) -> list[LateJob]:
        """Return what is due for longer than that. Ask first: the snapshot stands still, the clock does not."""
        return [LateJob(*row) for row in self._connection.execute(_LATE, [more_than_seconds])]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many jobs and notices are in which state."""
        return {
            "jobs": dict(self._connection.execute("SELECT state, count(*) FROM job GROUP BY 1 ORDER BY 1").fetchall()),
            "notices": dict(
                self._connection.execute("SELECT state, count(*) FROM notice GROUP BY 1 ORDER BY 1").fetchall()
            ),
        }

    def rules(self) -> dict[str, Rules]:
        """Return the active rules by city."""
        query = "SELECT city, files FROM active_pack JOIN pack_version USING (city) WHERE pack_id = id"
        packs = self._connection.execute(query).fetchall()
        return {city: read_pack(city, {name: text.encode() for name, text in files.items()}) for city, files in packs}

    def dossiers(self) -> Iterator[Dossier]:
        """Yield every ticket by id: seven cursors side by side, merged."""
        with ExitStack() as open_cursors:
            read = partial(_Stream, self._connection, open_cursors)
            tickets = read("SELECT * FROM ticket ORDER BY id", rows=dict_row)
            events = read("SELECT ticket_id, seq, kind, at, body, hash FROM ticket_event ORDER BY ticket_id, seq")
            texts = read("SELECT ticket_id, seq, part, text, salt FROM ticket_text ORDER BY ticket_id, seq, part")
            decisions = read("SELECT ticket_id, seq, body FROM decision ORDER BY ticket_id, seq")
            files = read(_FILES)
            jobs = read(_JOBS)
            notices = read("SELECT ticket_id, seq, part, state FROM notice ORDER BY ticket_id, seq, part")
            for row in tickets.all():
                mine = row["id"]
                yield Dossier(
                    row,
                    LogSeen(
                        row["head"],
                        [EventRow(*rest) for rest in events.of(mine)],
                        [TextRow(*rest) for rest in texts.of(mine)],
                        dict(decisions.of(mine)),
                        [FileRow(*rest) for rest in files.of(mine)],
                    ),
                    [JobSeen(one[0], JobKind(one[1]), *one[2:]) for one in jobs.of(mine)],
                    [NoticeSeen(*rest) for rest in notices.of(mine)],
                )


class _Stream:
    """Rows of a server-side cursor in the order of their tickets, handed out ticket by ticket."""

    def __init__(
        self, connection: psycopg.Connection[Any], closes: ExitStack, query: LiteralString, rows: Any = tuple_row
    ) -> None:
        cursor = closes.enter_context(connection.cursor(uuid4().hex, row_factory=rows))
        cursor.itersize = _FETCH
        self._rows: Iterator[Any] = iter(cursor.execute(query))
        self._next = next(self._rows, None)

    def all(self) -> Iterator[Any]:
        """Yield every row."""
        while self._next is not None:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def of(self, ticket_id: int) -> Iterator[Any]:
        """Yield the rows of a ticket without its id; tickets must be asked for in rising order."""
        while self._next is not None and self._next[0] <= ticket_id:
            row, self._next = self._next, next(self._rows, None)
            if row[0] == ticket_id:
                yield row[1:]


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Open one read-only snapshot of the database at `url`; writers are not held up."""
    with psycopg.connect(url.replace("+psycopg", "", 1), application_name="hotline audit") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield Snapshot(connection)
