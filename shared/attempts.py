"""Limits on how often: counts per subject and window in PostgreSQL, so that no limit depends on Redis."""

import json
import math
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.keys import keys
from shared.settings import SettingsError, settings


class Window(NamedTuple):
    """At most `most` times of one subject within `length`, counted from the first. Defaults; `HOTLINE_LIMITS` wins."""

    scope: str
    most: int
    length: timedelta


# Wrong tries only, counted by `count`.
LOGIN = Window("login", 5, timedelta(minutes=15))  # per account and address, SECURITY S19
LOGIN_ADDRESS = Window("login_address", 60, timedelta(minutes=15))  # S44: one password tried on many accounts
LOGIN_CODE = Window("login_code", 10, timedelta(hours=1))  # second factor, per account: the password was right
PROOF = Window("proof", 5, timedelta(minutes=15))  # password or code asked for again, per account
FOLLOW_NUMBER = Window("follow_number", 5, timedelta(hours=1))  # S6
FOLLOW_ADDRESS = Window("follow_address", 20, timedelta(hours=1))  # S6
SETUP = Window("setup", 10, timedelta(hours=1))
# Every use, counted by `take`.
INTAKE_PHONE = Window("intake_phone", 10, timedelta(hours=1))  # S44
INTAKE_ADDRESS = Window("intake_address", 60, timedelta(minutes=1))  # S44
FILES = Window("files", 60, timedelta(hours=1))  # of strangers, per address
REVEAL = Window("reveal", 60, timedelta(hours=1))  # names and numbers shown, per person
REVEAL_ALARM = Window("reveal_alarm", 20, timedelta(hours=1))  # S13: the next one raises the alarm
WINDOWS = (
    LOGIN, LOGIN_ADDRESS, LOGIN_CODE, PROOF, FOLLOW_NUMBER, FOLLOW_ADDRESS, SETUP, INTAKE_PHONE, INTAKE_ADDRESS, REVEAL,
    REVEAL_ALARM, FILES,
)  # fmt: skip

# A count that a crash loses is no harm: nobody waits for the disk.
_COUNT = sa.text(
    "INSERT INTO attempt AS a (scope, subject, since, count)"
    " SELECT w.scope, w.subject, clock_timestamp(), 1"
    " FROM (SELECT set_config('synchronous_commit', 'off', true)) AS soon,"
    " unnest(CAST(:scopes AS text[]), CAST(:subjects AS bytea[])) AS w(scope, subject)"
    " ON CONFLICT (scope, subject) DO UPDATE SET"
    " count = CASE WHEN a.since < clock_timestamp() - make_interval(secs => (CAST(:lengths AS jsonb) ->> a.scope)::int)"
    " THEN 1 ELSE a.count + 1 END,"
    " since = CASE WHEN a.since < clock_timestamp() - make_interval(secs => (CAST(:lengths AS jsonb) ->> a.scope)::int)"
    " THEN clock_timestamp() ELSE a.since END"
    " RETURNING a.scope, a.count, extract(epoch FROM clock_timestamp() - a.since)::float8 AS age"
)
_SPENT = sa.text(
    "SELECT ceil(extract(epoch FROM since + make_interval(secs => :length) - clock_timestamp()))::int FROM attempt"
    " WHERE scope = :scope AND subject = :subject AND count >= :most"
    " AND since >= clock_timestamp() - make_interval(secs => :length)"
)
_GIVE_BACK = sa.text("UPDATE attempt SET count = count - 1 WHERE scope = :scope AND subject = :subject AND count > 0")
_FORGET = sa.text(
    "DELETE FROM attempt WHERE (scope, subject) IN (SELECT scope, subject FROM attempt"
    " WHERE since < clock_timestamp() - :keep LIMIT :most)"
)


class TooMany(Refused):
    """Too many tries, or too many requests; `retry_after` in seconds."""

    def __init__(self, retry_after: int, code: str = "too_many_tries", why: str = "") -> None:
        super().__init__(code, why or "试的次数太多了，请过一会儿再试，或拨打 12345。", retry_after=retry_after)


def check_names() -> None:
    """Refuse a configured limit that no window has."""
    unknown = sorted(settings().limits.keys() - {window.scope for window in WINDOWS})
    if unknown:
        names = ", ".join(window.scope for window in WINDOWS)
        raise SettingsError(f"HOTLINE_LIMITS names {', '.join(unknown)}; there are {names}.")


def check(connection: Connection, window: Window, subject: str) -> None:
    """Raise `TooMany` if the subject has used up its tries."""
    here = _configured(window)
    named = {"scope": here.scope, "subject": keys().blind_index(subject), "most": here.most}
    left = connection.execute(_SPENT, named | {"length": here.length.total_seconds()}).scalar_one_or_none()
    if left is not None:
        raise TooMany(max(int(left), 1))


def count(connection: Connection, window: Window, subject: str) -> None:
    """Count one failed try; commit it whatever the request's fate."""
    _count(connection, [(window, subject)])


def take(connection: Connection, uses: Iterable[tuple[Window, str]]) -> int:
    """Count one use of each, in one statement; return 0, or in how many seconds the last one over its limit is free."""
    return _count(connection, uses)


def give_back(connection: Connection, uses: Iterable[tuple[Window, str]]) -> None:
    """Take back the count of one use of each: it came to nothing, and not by the subject's doing."""
    for window, subject in sorted(uses):
        connection.execute(_GIVE_BACK, {"scope": window.scope, "subject": keys().blind_index(subject)})


def is_over(connection: Connection, window: Window, subject: str) -> bool:
    """Count one use and tell whether it is beyond the limit, where that only raises an alarm."""
    return _count(connection, [(window, subject)]) > 0


def forget(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` counts that began longer ago than `keep`, which no window reaches; return how many."""
    return connection.execute(_FORGET, {"keep": keep, "most": most}).rowcount


def _count(connection: Connection, uses: Iterable[tuple[Window, str]]) -> int:
    here = {window.scope: (_configured(window), subject) for window, subject in uses}
    if not here:
        return 0
    named = {
        "scopes": sorted(here),  # in one order everywhere, so that no two wait for each other
        "subjects": [keys().blind_index(here[scope][1]) for scope in sorted(here)],
        "lengths": json.dumps({scope: int(window.length.total_seconds()) for scope, (window, _) in here.items()}),
    }
    waits = [0]
    for scope, counted, age in connection.execute(_COUNT, named):
        window = here[scope][0]
        if counted > window.most:
            waits.append(max(math.ceil(window.length.total_seconds() - age), 1))
    return max(waits)


def _configured(window: Window) -> Window:
    most, seconds = settings().limits.get(window.scope, (0, 0))
    return Window(window.scope, most, timedelta(seconds=seconds)) if most else window
