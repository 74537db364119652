"""The demo's life: tickets keep coming through the public API and played staff work on them. Demo databases only."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from random import Random

import httpx
import sqlalchemy as sa
import structlog

from shared.command import demo_stage
from shared.command.demo_policy import Cast, plan
from shared.command.demo_tickets import DemoTicket, generate
from shared.database import engine
from shared.domain.errors import Refused
from shared.logs import configure_logs
from shared.packs import known_packs
from shared.service import ledger
from shared.settings import settings

FIRST_TICKETS = 150
FIRST_PER_SECOND = 10.0
OPEN_AT_LEAST, OPEN_AT_MOST = 60, 180
ACTS_PER_SECOND = 5
CAST_ROUNDS = 30  # an administrator of the demo may add people
_TICK_SECONDS = 0.2
_EMAIL_EVERY = 4

log = structlog.get_logger()


class DemoFeed:
    """Posts and plays until it is stopped; whatever is away for a while is tried again."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._client = httpx.Client(timeout=10, trust_env=False)
        self._cast: tuple[Cast, list[int]] | None = None
        self._tickets: Iterator[tuple[str, DemoTicket]] = iter(())
        self._next: tuple[str, DemoTicket] | None = None
        self._pace = Random(0)  # noqa: S311 - repeatable, nothing secret
        self._first_left, self._next_post, self._next_round = 0, 0.0, 0.0
        self._open, self._rounds = 0, 0
        self._refused: set[tuple[int, int]] = set()

    def stop(self, *_: object) -> None:
        """End after the step that is under way."""
        self._stop.set()

    def run(self) -> None:
        """Run until stopped."""
        is_begun = False
        while not self._stop.wait(_TICK_SECONDS):
            try:
                if not is_begun:
                    self._begin()
                    is_begun = True
                self.step(time.monotonic())
            except (sa.exc.DBAPIError, sa.exc.TimeoutError, httpx.HTTPError) as error:
                log.warning("demo_waits", error=type(error).__name__)
                self._stop.wait(1)

    def _begin(self) -> None:
        with engine().connect() as connection:
            last = demo_stage.last_ticket_id(connection)
        # The seed goes on from what is there: a restart neither repeats requests nor their keys.
        self._tickets = ((f"demo-{last}-{place:06d}", one) for place, one in enumerate(generate(last)))
        self._first_left = max(0, FIRST_TICKETS - last)

    def step(self, now: float) -> None:
        """Post what is due and let the staff act, once a second."""
        if now >= self._next_post:
            self._next_post = now + self._post_and_pause()
        if now >= self._next_round:
            self._next_round = now + 1.0
            self._play()

    def _post_and_pause(self) -> float:
        """Post one ticket or a small burst; return the seconds until the next."""
        if self._first_left > 0:
            self._post(1)
            self._first_left -= 1
            return 1.0 / FIRST_PER_SECOND
        if self._open > OPEN_AT_MOST:
            return 2.0
        self._post(self._pace.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 4)))
        return self._pace.uniform(0.5, 1.0) if self._open < OPEN_AT_LEAST else self._pace.uniform(2.0, 3.5)

    def _post(self, count: int) -> None:
        """Post the next tickets; one that got no answer stays the next, under its own key."""
        for _ in range(count):
            key, ticket = self._next = self._next or next(self._tickets)
            request = {"title": ticket.title, "body": ticket.body, "channel": ticket.channel.value}
            request |= {"name": ticket.caller_name, "phone": ticket.phone}
            if int(key[-1]) % _EMAIL_EVERY == 0:
                request["email"] = f"{key}@example.com"
            answer = self._client.post(
                f"{settings().public_url}/api/v1/tickets", json=request, headers={"Idempotency-Key": key}
            )
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                answer.raise_for_status()
            if answer.status_code != httpx.codes.CREATED:
                log.warning("demo_ticket_refused", status=answer.status_code)
            self._next = None

    def _play(self) -> None:
        with engine().connect() as connection:
            rules = known_packs().at(connection, settings().city)
            self._open = demo_stage.open_count(connection, rules.city)
            if self._cast is None or self._rounds % CAST_ROUNDS == 0:
                self._cast = demo_stage.cast_of(connection, rules)
            self._rounds += 1
            if self._cast is None:
                return
            cast, visitors = self._cast
            tickets = demo_stage.waiting(connection, rules.city, visitors)
        acts = 0
        for one in tickets:
            seen = (one.ticket.id, one.ticket.seq)
            chosen = plan(one, cast, rules) if seen not in self._refused else None
            if chosen is None or one.idle_seconds < chosen.after_seconds:
                continue
            if acts == ACTS_PER_SECOND or self._stop.is_set():
                return
            acts += 1
            try:
                ledger().execute(chosen.command)
            except Refused as refusal:
                self._refused.add(seen)
                log.info("demo_act_refused", ticket=one.ticket.id, code=refusal.code)


def main() -> int:
    """Run in a demo database until SIGTERM."""
    configure_logs()
    if not settings().is_demo:
        print("The demo's feed runs in a demo database only (HOTLINE_DEMO=1).", file=sys.stderr)
        return 2
    feed = DemoFeed()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, feed.stop)
    feed.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
