"""The stream process, for real: who may follow, what is told, replay, and when it ends."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from shared import people
from shared.bell import CHANGED_CHANNEL
from shared.command.ports import any_free
from shared.domain import commands as c
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people import NewStaff
from tests.integration.stage import ANSWER, CITY, HANDLER, OPERATOR, SECRET, SUPERVISOR, UNIT, Stage

ROOT = Path(__file__).parents[2]
PUBLIC, STAFF = "http://127.0.0.1:18000", "http://127.0.0.1:18001"
NOWHERE = "redis://127.0.0.1:9/0"
SOON = 8.0  # far more than it takes; a test waits for what it wants to see, and only a broken stream waits so long


class Stream:
    """A running stream process on a stage's database."""

    def __init__(self, stage: Stage, url: str, redis_url: str) -> None:
        self.stage, self.url, self.redis_url = stage, url, redis_url

    def announce(self, *ticket_ids: int) -> None:
        """Say on Redis that tickets changed, as the ledger's bell does."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.publish(CHANGED_CHANNEL, json.dumps(ticket_ids))

    def caller(self, ticket_id: int, version: int = 1) -> dict[str, str]:
        return {"follow": self.stage.keys.link_token(ticket_id, version)}

    def session(self, login: str = "zhou", role: Role = Role.HANDLER, unit: str | None = UNIT) -> dict[str, str]:
        """Return the cookie of a fresh session."""
        new = NewStaff(city=CITY, login=login, name=login, password=None, role=role, unit=unit)
        with self.stage.engine.begin() as connection:
            return {"staff": people.open_session(connection, people.add_staff(connection, new))}

    def refused(self, path: str, cookies: dict[str, str], **headers: str) -> httpx.Response:
        """Return the answer to somebody who gets no stream."""
        return httpx.get(self.url + path, cookies=cookies, headers=headers, trust_env=False, timeout=10)

    @contextmanager
    def follow(self, path: str, cookies: dict[str, str], **headers: str) -> Iterator["Heard"]:
        """Follow while the block runs."""
        timeout = httpx.Timeout(10, read=40)
        with (
            httpx.Client(cookies=cookies, trust_env=False, timeout=timeout) as client,
            client.stream("GET", self.url + path, headers=headers) as answer,
        ):
            assert answer.status_code == 200, answer.read()
            yield Heard(answer)


class Heard:
    """What one follower has heard."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.events: list[dict[str, Any]] = []
        self.has_ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        event: dict[str, Any] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "data":
                    event["data"] = json.loads(value)
                elif name and value:
                    event[name] = value
                elif not line and event:
                    self.events.append(event)
                    event = {}
        except (httpx.HTTPError, httpx.StreamError):
            return  # closed by the test, perhaps before the first line was asked for
        self.has_ended = True

    @property
    def steps(self) -> list[tuple[int, str]]:
        return [(int(e["id"]), e["data"]["kind"]) for e in self.events if e.get("event") == "status"]

    @property
    def hints(self) -> int:
        return sum(event.get("event") == "queue" for event in self.events)


def wait(is_so: Callable[[], object], seconds: float = SOON) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@contextmanager
def _running(stage: Stage, redis_url: str, log: Path) -> Iterator[Stream]:
    port = any_free()
    database = stage.engine.url.render_as_string(hide_password=False)
    env = os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url, "PUBLIC_URL": PUBLIC, "STAFF_URL": STAFF}
    env |= {"HOTLINE_SECRET": SECRET.decode(), "HOTLINE_DEV": "1"}
    command = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1", "--no-control-socket"]
    command += ["--graceful-timeout", "1", "-b", f"127.0.0.1:{port}", "intake.stream:app"]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=output, stderr=output)
    try:
        stream = Stream(stage, f"http://127.0.0.1:{port}", redis_url)
        wait(lambda: _is_alive(stream.url), 30)
        yield stream
    finally:
        process.terminate()
        process.wait(20)


def _is_alive(url: str) -> bool:
    try:
        return httpx.get(url + "/health/live", trust_env=False, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def stream(stage: Stage, valkey_url: str, tmp_path: Path) -> Iterator[Stream]:
    """A stream process with Redis."""
    with _running(stage, valkey_url, tmp_path / "stream.log") as running:
        yield running


@pytest.fixture
def lone_stream(stage: Stage, tmp_path: Path) -> Iterator[Stream]:
    """A stream process without Redis."""
    with _running(stage, NOWHERE, tmp_path / "stream.log") as running:
        yield running


def test_nobody_follows_without_a_cookie_and_no_token_in_the_address_helps(stream: Stream) -> None:
    token = stream.caller(stream.stage.register())["follow"]
    for path in ("/stream/ticket", f"/stream/ticket?token={token}&follow={token}", "/stream/queue"):
        answer = stream.refused(path, {})
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert stream.refused("/stream/ticket", {"follow": "A" * 24}).status_code == 401
    assert stream.refused("/stream/queue", {"staff": "nobody"}).status_code == 401


def test_the_caller_hears_each_public_step_once_and_in_order(stream: Stream) -> None:
    stage, ticket = stream.stage, stream.stage.dispatched()
    with stream.follow("/stream/ticket", stream.caller(ticket.id)) as heard:
        wait(lambda: heard.steps == [(2, "dispatched")])  # a new reader hears how things stand
        assert heard.answer.headers["content-type"].startswith("text/event-stream")
        assert heard.answer.headers["cache-control"] == "no-cache"
        stage.act(c.Sign, ticket.id, HANDLER)
        stream.announce(ticket.id)
        wait(lambda: len(heard.steps) == 2)
        stage.act(c.Reply, ticket.id, HANDLER, public=ANSWER, internal="换管", contacted=True)  # not public
        stage.act(c.Resolve, ticket.id, HANDLER)
        for _ in range(3):
            stream.announce(ticket.id, ticket.id)
        wait(lambda: len(heard.steps) == 3)
        assert heard.steps == [(2, "dispatched"), (3, "signed"), (5, "resolved")]
        assert heard.events[0]["retry"] == "3000"
        assert ANSWER not in str(heard.events)


def test_a_returning_reader_hears_what_it_missed_without_gap_or_repeat(stream: Stream) -> None:
    ticket = stream.stage.resolved()
    cookies = stream.caller(ticket.id)
    with stream.follow("/stream/ticket", cookies, **{"Last-Event-ID": "2"}) as heard:
        wait(lambda: heard.steps == [(3, "signed"), (5, "resolved")])
    with stream.follow("/stream/ticket?lastEventId=3", cookies) as heard:
        wait(lambda: heard.steps == [(5, "resolved")])
    for unknown in ("999", "x", "-1"):
        with stream.follow("/stream/ticket", cookies, **{"Last-Event-ID": unknown}) as heard:
            wait(lambda heard=heard: heard.steps == [(5, "resolved")])


def test_one_caller_hears_nothing_of_anothers_ticket(stream: Stream) -> None:
    mine, other = stream.stage.dispatched(), stream.stage.dispatched()
    with stream.follow("/stream/ticket", stream.caller(mine.id)) as heard:
        stream.stage.act(c.Sign, other.id, HANDLER)
        stream.stage.act(c.Sign, mine.id, HANDLER)
        stream.announce(other.id, mine.id)
        wait(lambda: (3, "signed") in heard.steps)
        assert [step for step, _ in heard.steps] == [2, 3]


def test_a_new_code_ends_the_streams_of_the_old_one(stream: Stream) -> None:
    ticket = stream.stage.dispatched()
    with stream.follow("/stream/ticket", stream.caller(ticket.id)) as heard:
        wait(lambda: heard.steps)
        stream.stage.act(c.RenewCode, ticket.id, OPERATOR, reason="报对了姓名")
        stream.announce(ticket.id)
        wait(lambda: heard.has_ended)
        assert "code_renewed" not in {kind for _, kind in heard.steps}
    assert stream.refused("/stream/ticket", stream.caller(ticket.id)).status_code == 401
    with stream.follow("/stream/ticket", stream.caller(ticket.id, 2)) as heard:
        wait(lambda: heard.steps)


def test_a_desk_hears_of_its_own_tickets_only_and_when_one_is_taken_away(stream: Stream) -> None:
    stage = stream.stage
    ours, theirs = stage.dispatched(), stage.dispatched(unit="housing")
    with stream.follow("/stream/queue", stream.session()) as heard:
        wait(lambda: heard.events)
        stage.act(c.Supplement, theirs.id, OPERATOR, text="x")
        stream.announce(theirs.id)
        stage.act(c.Sign, ours.id, HANDLER)
        stream.announce(ours.id)
        wait(lambda: heard.hints == 1)
        stage.act(c.Redispatch, ours.id, SUPERVISOR, unit="housing", reason="职责")
        stream.announce(ours.id)
        wait(lambda: heard.hints == 2)
        stage.act(c.Supplement, ours.id, OPERATOR, text="y")
        stage.act(c.Urge, ours.id, OPERATOR)
        stream.announce(ours.id)
        time.sleep(0.5)
        assert heard.hints == 2
        assert "data" in heard.events[-1]
        assert heard.events[-1]["data"] == {}


def test_logging_out_and_disabling_end_the_stream(stream: Stream) -> None:
    first, second = stream.session("one"), stream.session("two")
    with stream.follow("/stream/queue", first) as one, stream.follow("/stream/queue", second) as two:
        with stream.stage.engine.begin() as connection:
            people.close_session(connection, first["staff"])
        wait(lambda: one.has_ended)
        assert not two.has_ended
        staff_id = stream.stage.rows("SELECT id FROM staff WHERE login = 'two'")[0]["id"]
        with stream.stage.engine.begin() as connection:
            people.deactivate(connection, Viewer(Role.ADMIN, CITY), staff_id)
        wait(lambda: two.has_ended)


def test_one_viewer_has_at_most_ten_streams(stream: Stream) -> None:
    cookies = stream.session()
    held = [stream.follow("/stream/queue", cookies) for _ in range(10)]
    opened = [one.__enter__() for one in held]
    try:
        wait(lambda: all(heard.events for heard in opened))
        answer = stream.refused("/stream/queue", cookies)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
    finally:
        for one in held:
            one.__exit__(None, None, None)


def test_only_our_own_pages_may_read_the_stream(stream: Stream) -> None:
    cookies = stream.caller(stream.stage.register())
    for origin, allowed in ((PUBLIC, PUBLIC), (STAFF, STAFF), ("https://evil.example", None), ("null", None)):
        with stream.follow("/stream/ticket", cookies, Origin=origin) as heard:
            headers = heard.answer.headers
            assert headers.get("access-control-allow-origin") == allowed
            assert headers.get("access-control-allow-credentials") == ("true" if allowed else None)


def test_without_redis_steps_still_arrive(lone_stream: Stream) -> None:
    stage, ticket = lone_stream.stage, lone_stream.stage.dispatched()
    cookies = lone_stream.session()
    with (
        lone_stream.follow("/stream/ticket", lone_stream.caller(ticket.id)) as heard,
        lone_stream.follow("/stream/queue", cookies) as desk,
    ):
        wait(lambda: heard.steps)
        stage.act(c.Sign, ticket.id, HANDLER)
        wait(lambda: (3, "signed") in heard.steps)
        wait(lambda: desk.hints)


def test_many_followers_are_served_by_one_query_while_the_process_goes_on(stream: Stream) -> None:
    tickets = [stream.stage.dispatched().id for _ in range(8)]
    held = [stream.follow("/stream/ticket", stream.caller(ticket_id)) for ticket_id in tickets for _ in range(5)]
    opened = [one.__enter__() for one in held]
    try:
        wait(lambda: all(heard.steps for heard in opened))
        for ticket_id in tickets:
            stream.stage.act(c.Sign, ticket_id, HANDLER)
        stream.announce(*tickets)
        wait(lambda: all(heard.steps[-1] == (3, "signed") for heard in opened))
        assert _is_alive(stream.url)
    finally:
        for one in held:
            one.__exit__(None, None, None)
