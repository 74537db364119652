"""Who follows what, live: one subscriber per process, changes collected for 50 ms and read in one query for everybody.

Runs under gevent: each loop is a greenlet. Redis only says which tickets changed; without it the sweep finds them.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gevent
import redis
import sqlalchemy as sa
import structlog
from gevent.event import Event as Signal
from gevent.queue import Full, Queue

from intake.identity import is_alive
from intake.stores import reading
from shared import people
from shared.bell import CHANGED_CHANNEL, SEATS_CHANNEL
from shared.domain.ticket import ticket_from_row
from shared.domain.viewer import Viewer, may_see
from shared.metrics import FOLLOWERS
from shared.reads.following import Change, changes_since, rows_of
from shared.settings import settings

COLLECT_SECONDS = 0.05
SWEEP_SECONDS, SWEEP_WITHOUT_REDIS_SECONDS = 10.0, 1.0
RIGHTS_SECONDS = 3.0
MOST_WAITING = 100

log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class Follower:
    """One open stream. `proof` is the link token or the session token by which it was opened."""

    viewer: Viewer
    proof: str
    address: str
    seq: int = 0
    queue: "Queue[Change | None]" = field(default_factory=lambda: Queue(MOST_WAITING))

    def tell(self, change: Change | None) -> None:
        """Hand a change over; a reader too slow for a hundred of them is cut off and comes back with its last id."""
        try:
            self.queue.put_nowait(change)
        except Full:
            self.queue = Queue()
            self.queue.put_nowait(None)


class Hub:
    """All followers of this process."""

    def __init__(self) -> None:
        self.followers: set[Follower] = set()
        self._changed: set[int] = set()
        self._wake = Signal()
        self._has_redis = False

    def start(self) -> None:
        """Start the loops."""
        for loop in (self._subscribe, self._fan_out, self._sweep, self._check_rights):
            gevent.spawn(_for_ever, loop)

    def _subscribe(self) -> None:
        client = redis.Redis.from_url(settings().redis_url, socket_timeout=30, socket_connect_timeout=1, retry=None)
        listener = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        try:
            listener.subscribe(CHANGED_CHANNEL, SEATS_CHANNEL)
            self._has_redis = True
            while True:
                message = listener.get_message(timeout=10)
                if message is None:
                    listener.ping()
                elif message["type"] == "message" and message["channel"] == SEATS_CHANNEL.encode():
                    self._tell_seats(set(json.loads(message["data"])))
                elif message["type"] == "message":
                    self._note(json.loads(message["data"]))
        finally:
            self._has_redis = False
            listener.close()

    def _tell_seats(self, staff_ids: set[int]) -> None:
        for follower in list(self.followers):
            if follower.viewer.ticket_id is None and follower.viewer.id in staff_ids:
                follower.tell(Change.hint())

    def _note(self, ticket_ids: Iterable[int]) -> None:
        self._changed.update(ticket_ids)
        self._wake.set()

    def _fan_out(self) -> None:
        self._wake.wait()
        gevent.sleep(COLLECT_SECONDS)
        self._wake.clear()
        changed, self._changed = self._changed, set()
        callers = self._by_ticket()
        staff = [follower for follower in self.followers if follower.viewer.ticket_id is None]
        wanted = changed if staff else changed & callers.keys()
        if not wanted:
            return
        since = {ticket_id: min((f.seq for f in callers.get(ticket_id, ())), default=None) for ticket_id in wanted}
        with reading() as connection:
            rows = rows_of(connection, wanted)
            news = changes_since(connection, {key: seq for key, seq in since.items() if seq is not None})
        for ticket_id, changes in news.items():
            for follower in callers[ticket_id]:
                self._tell_caller(follower, rows.get(ticket_id), changes)
        for follower in staff:
            if any(_concerns(follower.viewer, row) for row in rows.values()):
                follower.tell(Change.hint())

    def _tell_caller(self, follower: Follower, row: Mapping[str, Any] | None, changes: list[Change]) -> None:
        if row is None or not is_alive(follower.proof, row):
            follower.tell(None)
            return
        for change in changes:
            if change.seq > follower.seq:
                follower.seq = change.seq
                follower.tell(change)

    def _sweep(self) -> None:
        gevent.sleep(SWEEP_SECONDS if self._has_redis else SWEEP_WITHOUT_REDIS_SECONDS)
        callers = self._by_ticket()
        if callers:
            with reading() as connection:
                rows = rows_of(connection, callers)
            self._note(
                key for key, row in rows.items() if any(row["seq"] > follower.seq for follower in callers.get(key, ()))
            )
        if not self._has_redis:
            for follower in self.followers:
                if follower.viewer.ticket_id is None and follower.queue.empty():
                    follower.tell(Change.hint())

    def _check_rights(self) -> None:
        gevent.sleep(RIGHTS_SECONDS)
        staff = [follower for follower in self.followers if follower.viewer.ticket_id is None]
        callers = self._by_ticket()
        FOLLOWERS.labels("staff").set(len(staff))
        FOLLOWERS.labels("caller").set(len(self.followers) - len(staff))
        with reading() as connection:
            at_work = people.staff_of_sessions(connection, {f.proof for f in staff}) if staff else {}
            rows = rows_of(connection, callers) if callers else {}
        for follower in staff:
            person = at_work.get(follower.proof)
            if person is None:
                follower.tell(None)
            else:
                follower.viewer = person.viewer
        for ticket_id, followers in callers.items():
            for follower in followers:
                if ticket_id not in rows or not is_alive(follower.proof, rows[ticket_id]):
                    follower.tell(None)

    def _by_ticket(self) -> dict[int, list[Follower]]:
        found: dict[int, list[Follower]] = {}
        for follower in self.followers:
            if follower.viewer.ticket_id is not None:
                found.setdefault(follower.viewer.ticket_id, []).append(follower)
        return found


def _concerns(viewer: Viewer, row: Mapping[str, Any]) -> bool:
    """Tell whether a change may alter what the viewer's queue shows: it is theirs now, or has just left them."""
    ticket = ticket_from_row(row)
    has_left = viewer.unit is not None and viewer.city == ticket.city and viewer.unit in row["units_before"]
    return may_see(viewer, ticket) or (has_left and viewer.unit != ticket.accused_unit)


def _for_ever(loop: Any) -> None:
    """Run a loop's body again and again; what fails (database or Redis away) is tried again a second later."""
    while True:
        try:
            loop()
        except (sa.exc.SQLAlchemyError, redis.RedisError, OSError) as error:
            log.warning("stream_waits", loop=loop.__name__, error=type(error).__name__)
            time.sleep(1)
