"""Staff search 查询: by number or its last digits, by phone, by words, and what narrows these down.

What is not for the viewer is not found, not counted and not hinted at. Words are found by pairs of characters
(function `grams`, an index on the texts themselves): Chinese has no blanks, two characters are a word already, and a
text that is erased is out of the index by that.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.numbers import LARGEST_ID, number_of
from shared.domain.rules import Rules
from shared.domain.terms import Nature, State
from shared.domain.viewer import Viewer
from shared.reads.by_phone import has_phone
from shared.reads.queues import QueueRow, row_of, rows_query
from shared.reads.visibility import visible_to
from shared.tables.ticket import ticket as t
from shared.tables.ticket import ticket_text

MOST_ROWS, MOST_WORDS = 50, 5
SHORTEST_WORD, FEWEST_DIGITS = 2, 4
PARTS = ("title", "body", "supplement")  # as the index names them
_NEWEST = 1_000  # tickets whose texts are read without the index
_SAME_DIGITS = 100  # tickets that may end in the same digits; older ones are not looked at
# A plan that is made for any word serves neither the common nor the rare ones.
_LED_TO = 5_000  # tickets that the index leads to at a time
_SECONDS = 1.0
_BOUNDS = (sa.text("SET LOCAL statement_timeout = '1s'"), sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; all of it must be true. `cursor` is (registered_at, id) of the last row seen."""

    words: Sequence[str] = ()
    phone_index: bytes | None = None
    digits: str | None = None
    state: State | None = None
    nature: Nature | None = None
    unit: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    cursor: tuple[datetime, int] | None = None


def search(viewer: Viewer, connection: Connection, rules: Rules, wanted: Search) -> list[QueueRow]:
    """Return up to `MOST_ROWS` tickets, newest first. Raises `Refused` if it would take longer than a second.

    A common word is found among the newest tickets without the index; only what is rarer goes through it.
    """
    here = [visible_to(viewer), *_conditions(viewer, connection, wanted)]
    newest = _newest_first(sa.select(t.c.id).where(*here)).limit(_NEWEST).subquery()
    said = [_says(word) for word in wanted.words]
    try:
        for setting in _BOUNDS:
            connection.execute(setting)
        if not said:
            # Of the tickets whose ids fit the digits, only those with the right check digit end in them.
            rows = _rows(connection, rules, here, _SAME_DIGITS if wanted.digits else MOST_ROWS)
        else:
            rows = _rows(connection, rules, [t.c.id.in_(sa.select(newest.c.id)), *said])
            if len(rows) < MOST_ROWS and _count(connection, newest) == _NEWEST:
                rows = _by_index(connection, rules, [*here, *said], wanted)
    except sa.exc.OperationalError as error:
        if isinstance(error.orig, psycopg.errors.QueryCanceled):
            raise _too_broad() from None
        raise
    return [row for row in rows if wanted.digits is None or _ends(row, wanted.digits, rules)][:MOST_ROWS]


def _rows(
    connection: Connection, rules: Rules, conditions: Sequence[sa.ColumnElement[bool]], most: int = MOST_ROWS
) -> list[QueueRow]:
    query = _newest_first(rows_query().where(*conditions)).limit(most)
    return [row_of(row, rules) for row in connection.execute(query).mappings()]


def _by_index(
    connection: Connection, rules: Rules, conditions: Sequence[sa.ColumnElement[bool]], wanted: Search
) -> list[QueueRow]:
    """Return the rows that the index of words leads to, so many tickets at a time, newest first."""
    before, until = wanted.cursor[1] if wanted.cursor else LARGEST_ID, time.monotonic() + _SECONDS
    found: list[QueueRow] = []
    while len(found) < MOST_ROWS:
        ids = connection.execute(_with_pairs(wanted.words, before)).scalars().all()
        if ids:
            these = t.c.id == sa.any_(sa.cast(ids, ARRAY(sa.BigInteger)))
            found += _rows(connection, rules, [these, *conditions])
        if len(ids) < _LED_TO:
            break
        before = ids[-1]
        if time.monotonic() > until:
            raise _too_broad()
    return found[:MOST_ROWS]


def _newest_first(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(t.c.registered_at.desc(), t.c.id.desc())


def _count(connection: Connection, newest: sa.Subquery) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(newest)).scalar_one())


def _conditions(viewer: Viewer, connection: Connection, wanted: Search) -> list[sa.ColumnElement[bool]]:
    equal = ((t.c.state, wanted.state), (t.c.nature, wanted.nature), (t.c.unit, wanted.unit))
    found = [column == value for column, value in equal if value is not None]
    if wanted.phone_index is not None:
        found.append(has_phone(viewer, wanted.phone_index))
    if wanted.digits is not None:
        found.append(t.c.id.in_(_candidates(connection, wanted.digits)))
    if wanted.since is not None:
        found.append(t.c.registered_at >= wanted.since)
    if wanted.until is not None:
        found.append(t.c.registered_at < wanted.until)
    if wanted.cursor is not None:
        found.append(sa.tuple_(t.c.registered_at, t.c.id) < wanted.cursor)
    return found


def _says(word: str) -> sa.ColumnElement[bool]:
    """Return the condition on `ticket` that the word stands in one of its texts.

    An aggregate, so that it is asked of each ticket by its id and never of all texts.
    """
    stands = sa.func.strpos(sa.func.lower(ticket_text.c.text), sa.func.lower(word)) > 0
    theirs = (ticket_text.c.ticket_id == t.c.id) & ticket_text.c.part.in_(PARTS)
    return sa.select(sa.func.bool_or(stands)).where(theirs).correlate(t).scalar_subquery()


def _with_pairs(words: Sequence[str], before: int) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    """Return the query of the newest ids below `before` in whose texts the index knows all pairs of every word."""
    parts, ticket_id = ticket_text.c.part.in_(PARTS), ticket_text.c.ticket_id
    each = [
        sa.select(ticket_id).where(parts, sa.func.grams(ticket_text.c.text).op("@>")(sa.func.grams(word)))
        for word in words
    ]
    led_to = sa.intersect(*each).subquery()  # of one word too: a ticket has several texts
    ids = sa.select(led_to.c.ticket_id).where(led_to.c.ticket_id < before).distinct()
    return ids.order_by(led_to.c.ticket_id.desc()).limit(_LED_TO)


def _candidates(connection: Connection, digits: str) -> list[int]:
    """Return the ids of the newest tickets whose numbers may end in these digits; the last one is a check digit."""
    newest: Any = connection.execute(sa.select(sa.func.max(t.c.id))).scalar_one()
    body, step = int(digits[:-1]), 10 ** (len(digits) - 1)
    if newest is None or step > LARGEST_ID:
        return []
    last = newest - (newest - body) % step
    return [ticket_id for ticket_id in range(last, max(0, last - _SAME_DIGITS * step), -step) if ticket_id > 0]


def _ends(row: QueueRow, digits: str, rules: Rules) -> bool:
    return number_of(row.ticket_id, row.registered_at, rules.zone).endswith(digits)


def _too_broad() -> Refused:
    return Refused("search_too_broad", "这样找要太久。请多写几个字，或选单位、时间。")
