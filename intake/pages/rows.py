"""The lines of a queue as the page shows them."""

from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy.engine import Connection

from intake.pages.filters import county_name
from intake.pages.time_left import TimeLeft, time_left
from intake.stores import rules
from shared.domain.viewer import Viewer
from shared.reads.queues import Only, Queue, QueueRow, queue

ROWS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its time."""

    row: QueueRow
    left: TimeLeft
    place: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of a queue; `after` names the next page, None on the last."""

    lines: list[Line]
    after: str | None

    @property
    def numbers(self) -> list[str]:
        return [line.row.number for line in self.lines]


def read_lines(viewer: Viewer, connection: Connection, wanted: Queue, now: datetime) -> Lines:
    """Return a page of a queue, first due first."""
    rows = queue(viewer, connection, rules(), wanted)
    lines = [line_of(row, now) for row in rows]
    last = rows[-1] if len(rows) == wanted.limit else None
    after = None if last is None else f"{last.due_at.isoformat() if last.due_at else ''}|{last.ticket_id}"
    return Lines(lines, after)


def line_of(row: QueueRow, now: datetime) -> Line:
    """Return a row with its time."""
    return Line(row, time_left(row, rules(), now), county_name(row.county) if row.county else "")


def chosen_filter() -> Only | None:
    """Return the filter that the address names."""
    name = request.values.get("only", "")
    return Only(name) if name in set(Only) else None


def chosen_cursor() -> tuple[datetime | None, int] | None:
    """Return where the page begins, as the page before named it; None at the start or where it makes no sense."""
    due_at, _, ticket_id = request.values.get("after", "").partition("|")
    try:
        cursor = (datetime.fromisoformat(due_at) if due_at else None), int(ticket_id)
    except ValueError:
        return None
    is_usable = 0 < cursor[1] < 2**62 and (cursor[0] is None or cursor[0].tzinfo is not None)
    return cursor if is_usable else None
