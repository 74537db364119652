"""Webhooks to a system that is slow, refuses, redirects, is gone or floods (SECURITY S34, FAULTS T29)."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared import webhooks
from shared.domain.follow_ups import JobKind
from shared.jobs import claim
from shared.outside import BadAddress, Outside
from tests.integration.hook_city import City, opened
from tests.integration.listener import listening
from tests.integration.stage import ADMIN, MONDAY, Stage
from worker import outgoing
from worker.hooks import WAITS
from worker.notices import REPEATS
from worker.sender import Listeners


@pytest.fixture
def city(stage: Stage) -> Iterator[City]:
    with opened(stage) as found:
        yield found


@pytest.mark.parametrize("mood", ["500", "429", "302", "404", "reset"])
def test_ten_tries_by_the_schedule_and_then_it_has_failed(city: City, mood: str) -> None:
    city.listen("registered")
    city.stage.register()
    city.listener.behave = lambda: mood
    city.listener.headers = {"Location": city.listener.url + "/elsewhere"}
    city.send()
    waited = []
    for _ in WAITS:
        [job] = city.stage.rows("SELECT due_at, business_now() AS now FROM job WHERE kind = 'hook'")
        waited.append(job["due_at"] - job["now"])
        city.send_later()
    [row] = city.rows()
    assert (row["state"], row["tries"], len(city.listener.calls)) == ("failed", 10, 10)
    assert len(set(city.listener.ids)) == 1, "every try bears the same id"
    for real, named in zip(waited, WAITS, strict=True):
        assert named * 0.9 - timedelta(seconds=5) <= real <= named * 1.1
    assert timedelta(hours=75, minutes=35) <= sum(WAITS, timedelta()) < timedelta(hours=75, minutes=36)


def test_an_endpoint_says_when_it_wants_to_be_asked_again(city: City) -> None:
    city.listen("registered")
    city.stage.register()
    city.listener.behave = lambda: "429"
    city.listener.headers = {"Retry-After": "7200"}
    city.send()
    [job] = city.stage.rows("SELECT due_at FROM job WHERE kind = 'hook'")
    assert timedelta(hours=2) <= job["due_at"] - MONDAY < timedelta(hours=2, minutes=2)


def test_who_is_gone_is_called_no_more(city: City) -> None:
    endpoint = city.listen()
    city.stage.dispatched()
    city.listener.behave = lambda: "410"
    city.send()
    assert (city.endpoint(endpoint).state, city.endpoint(endpoint).why) == ("disabled", "gone")
    city.send_later()
    assert len(city.listener.calls) == 1
    assert [(row["state"], row["error"]) for row in city.rows()] == [("failed", "http_410"), ("failed", "disabled")]
    city.stage.register()
    assert len(city.stage.rows("SELECT 1 FROM job WHERE kind = 'hook'")) == 2, "nothing more is armed"


def test_five_days_of_failure_disable_an_endpoint_and_a_success_forgives(city: City) -> None:
    endpoint = city.listen("registered")
    city.listener.behave = lambda: "500"
    for day in range(4):
        city.stage.set_clock(MONDAY + timedelta(days=day))
        city.stage.register()
        city.send()
    assert city.endpoint(endpoint).failing_since is not None
    city.listener.behave = lambda: "ok"
    city.send_later()
    assert city.endpoint(endpoint).failing_since is None
    city.listener.behave = lambda: "500"
    for day in (5, 11):
        city.stage.set_clock(MONDAY + timedelta(days=day))
        city.stage.register()
        city.send()
    assert (city.endpoint(endpoint).state, city.endpoint(endpoint).why) == ("disabled", "failing")


def test_a_huge_answer_is_not_read_to_its_end(city: City) -> None:
    city.listen("registered")
    city.stage.register()
    city.listener.behave = lambda: "huge"
    city.send()
    assert [row["state"] for row in city.rows()] == ["sent"]
    assert city.listener.read < 10**8


def test_a_silent_endpoint_is_left_after_a_while_with_no_transaction_open(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", 0.5)
    city.listen("registered")
    city.stage.register()
    over, seen = threading.Event(), []

    def silent() -> str:
        query = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
        seen.append(city.stage.rows(f"{query} AND xact_start IS NOT NULL AND pid <> pg_backend_pid()")[0]["n"])
        over.wait(30)
        return "500"

    city.listener.behave = silent
    city.send()
    over.set()
    [row] = city.rows()
    assert (row["state"], row["error"], row["is_unsure"]) == ("sending", "ReadTimeout", True)
    assert seen == [0]


def test_a_name_that_leads_inside_after_it_was_saved_is_not_connected_to(city: City) -> None:
    city.listen("registered")
    city.stage.register()
    city.outside = Outside()
    city.send()
    assert city.listener.calls == []
    assert [(row["state"], row["error"]) for row in city.rows()] == [("sending", "bad_address")]


def test_a_killed_sender_leaves_a_message_that_comes_again_and_is_counted(city: City) -> None:
    city.listen("registered")
    city.stage.register()
    [job] = claim(city.stage.engine, JobKind.HOOK)
    begun = city.sender.begin(job)
    assert begun is not None
    begun.channel.send(begun.message, begun.notice)
    city.stage.end_leases()
    before = REPEATS.labels("webhook")._value.get()
    city.send()
    assert len(city.listener.ids) == 2
    assert len(city.listener.receiver.seen) == 1
    assert REPEATS.labels("webhook")._value.get() == before + 1


def test_one_silent_endpoint_keeps_nobody_else_waiting(city: City) -> None:
    over = threading.Event()
    with listening() as other:
        silent = City(city.stage, other)
        silent.listen("registered")
        other.behave = lambda: str(500 + over.wait(30))
        city.listen("registered")
        heard = threading.Semaphore(0)

        def count() -> str:
            heard.release()
            return "ok"

        city.listener.behave = count
        for _ in range(3):
            city.stage.register()
        lanes = Listeners(city.stage.engine, city.sender.handle)
        lanes.look()
        assert all(heard.acquire(timeout=30) for _ in range(3)), "the other one has heard all three"
        assert len(other.calls) <= 1
        over.set()
        lanes.close()


def test_an_address_inside_is_refused_when_it_is_saved(city: City) -> None:
    with city.stage.engine.begin() as connection, pytest.raises(BadAddress):
        webhooks.add(connection, ADMIN, city.stage.keys, Outside(is_dev=True), (city.listener.url, ()))
