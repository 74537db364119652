"""Limits on guessing: counts tries per subject and window in PostgreSQL, so that no limit depends on Redis."""

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.keys import keys


class Window(NamedTuple):
    """At most `most` failed tries of one subject within `length`, counted from the first."""

    scope: str
    most: int
    length: timedelta


LOGIN = Window("login", 5, timedelta(minutes=15))  # per account and address, SECURITY S19
FOLLOW_NUMBER = Window("follow_number", 5, timedelta(hours=1))  # S6
FOLLOW_ADDRESS = Window("follow_address", 20, timedelta(hours=1))  # S6
SETUP = Window("setup", 10, timedelta(hours=1))

_COUNT = sa.text(
    "INSERT INTO attempt AS a (scope, subject, since, count) VALUES (:scope, :subject, clock_timestamp(), 1)"
    " ON CONFLICT (scope, subject) DO UPDATE SET"
    " count = CASE WHEN a.since < clock_timestamp() - make_interval(secs => :length) THEN 1 ELSE a.count + 1 END,"
    " since = CASE WHEN a.since < clock_timestamp() - make_interval(secs => :length) THEN clock_timestamp()"
    " ELSE a.since END"
)
_SPENT = sa.text(
    "SELECT ceil(extract(epoch FROM since + make_interval(secs => :length) - clock_timestamp()))::int FROM attempt"
    " WHERE scope = :scope AND subject = :subject AND count >= :most"
    " AND since >= clock_timestamp() - make_interval(secs => :length)"
)
_FORGET = sa.text(
    "DELETE FROM attempt WHERE (scope, subject) IN (SELECT scope, subject FROM attempt"
    " WHERE since < clock_timestamp() - :keep LIMIT :most)"
)


class TooMany(Refused):
    """Too many tries; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too_many_tries", "试的次数太多了，请过一会儿再试，或拨打 12345。", retry_after=retry_after)


def check(connection: Connection, window: Window, subject: str) -> None:
    """Raise `TooMany` if the subject has used up its tries."""
    left = connection.execute(_SPENT, _parameters(window, subject) | {"most": window.most}).scalar_one_or_none()
    if left is not None:
        raise TooMany(max(int(left), 1))


def count(connection: Connection, window: Window, subject: str) -> None:
    """Count one failed try; commit it whatever the request's fate."""
    connection.execute(_COUNT, _parameters(window, subject))


def forget(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` counts that began longer ago than `keep`, which no window reaches; return how many."""
    return connection.execute(_FORGET, {"keep": keep, "most": most}).rowcount


def _parameters(window: Window, subject: str) -> dict[str, object]:
    return {"scope": window.scope, "subject": keys().blind_index(subject), "length": window.length.total_seconds()}
