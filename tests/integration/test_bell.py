"""The bell: what it says, to whom, and that nobody waits for it (FAULTS 4.1)."""

import base64
import json
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from shared.bell import CHANGED_CHANNEL, MESSAGE_VERSION, SEATS_CHANNEL, SENDER, SERVICE_OF, Bell, publisher
from shared.domain.follow_ups import JobKind
from shared.settings import settings

NOBODY_THERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def ringing(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> Iterator[redis.Redis]:
    """A client of the Valkey that the bell rings at."""
    yield from _ring_at(monkeypatch, valkey_url)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """Settings that name a Redis where there is none."""
    yield from _ring_at(monkeypatch, NOBODY_THERE)


def _ring_at(monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[redis.Redis]:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere/none")
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("HOTLINE_SECRET", "x" * 40)
    monkeypatch.setenv("HOTLINE_DEV", "1")
    _forget()
    with redis.Redis.from_url(url, decode_responses=True) as client:
        yield client
    _forget()


def _forget() -> None:
    if publisher.cache_info().currsize:
        publisher().close()
    publisher.cache_clear()
    settings.cache_clear()


def wait_for(client: redis.Redis, service: str, count: int) -> list[dict[str, object]]:
    until = time.monotonic() + 10
    while time.monotonic() < until and client.llen(f"hotline:{service}") < count:
        time.sleep(0.02)
    return [json.loads(raw) for raw in client.lrange(f"hotline:{service}", 0, -1)]


def body_of(message: dict[str, object]) -> dict[str, object]:
    raw = base64.b64decode(str(message["body"]))
    return dict(json.loads(raw)[1])


def test_every_kind_of_job_has_one_service_that_hears_its_bell() -> None:
    assert set(SERVICE_OF) == set(JobKind)


def test_a_bell_says_which_kind_of_work_there_is_and_nothing_else(ringing: redis.Redis) -> None:
    rung = [kind for kind in JobKind if SERVICE_OF[kind] != SENDER]
    for kind in rung:
        assert Bell().ring_now(kind)
    heard = [(service, body_of(one)) for service in ("router", "worker") for one in wait_for(ringing, service, 1)]
    assert sorted((service, str(body["kind"])) for service, body in heard) == sorted(
        (SERVICE_OF[kind], kind.value) for kind in rung
    )
    assert {json.dumps(sorted(body)) for _, body in heard} == {'["kind", "v"]'}
    assert {body["v"] for _, body in heard} == {MESSAGE_VERSION}


def test_bells_that_nobody_hears_for_a_minute_are_forgotten(ringing: redis.Redis) -> None:
    Bell().ring_now(JobKind.ROUTE)
    headers = wait_for(ringing, "router", 1)[0]["headers"]
    assert isinstance(headers, dict)
    assert headers["expires"] is not None


def test_many_rings_within_a_moment_are_one_bell(ringing: redis.Redis) -> None:
    bell = Bell()
    for ticket_id in range(500):
        bell.ring({JobKind.ROUTE}, [ticket_id])
    wait_for(ringing, "router", 1)
    bell.ring({JobKind.WARN})
    wait_for(ringing, "worker", 1)
    assert 1 <= ringing.llen("hotline:router") < 50


def test_open_pages_are_told_which_tickets_changed(ringing: redis.Redis) -> None:
    listener = ringing.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(CHANGED_CHANNEL)
    listener.get_message(timeout=5)
    Bell().ring(changed=[3, 1])
    told = listener.get_message(timeout=10)
    listener.close()
    assert told is not None
    assert json.loads(told["data"]) == [1, 3]


def test_open_consoles_are_told_at_whose_seats_calls_changed(ringing: redis.Redis) -> None:
    listener = ringing.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(SEATS_CHANNEL)
    listener.get_message(timeout=5)
    seats = [10**12 + 1, 10**12 + 3]  # pub/sub knows no databases: other tests of this run hear these too
    Bell().ring(seats=reversed(seats))
    while (told := listener.get_message(timeout=10)) is not None:
        if json.loads(told["data"]) == seats:
            break
    listener.close()
    assert told is not None


def test_with_redis_gone_the_ring_is_counted_as_unheard_and_returns(deaf: redis.Redis) -> None:
    assert not Bell().ring_now(JobKind.ROUTE)


def test_ringing_never_makes_the_caller_wait_for_redis(deaf: redis.Redis) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Stuck(Bell):
        def ring_now(self, kind: JobKind) -> bool:
            entered.set()
            return go_on.wait(30)

    bell = Stuck()
    bell.ring({JobKind.ROUTE})
    assert entered.wait(10)
    for _ in range(1000):
        bell.ring({JobKind.WARN})  # returns while the thread is stuck in Redis
    go_on.set()


def test_after_redis_comes_back_the_bell_is_heard_again(
    deaf: redis.Redis, monkeypatch: pytest.MonkeyPatch, valkey_url: str
) -> None:
    bell = Bell()
    assert not bell.ring_now(JobKind.ROUTE)
    monkeypatch.setenv("REDIS_URL", valkey_url)
    _forget()
    assert bell.ring_now(JobKind.ROUTE)
