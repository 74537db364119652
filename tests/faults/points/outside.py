"""Providers of short messages and receivers of webhooks that misbehave, with the running sender (FAULTS T28, T29)."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from shared import webhooks
from shared.domain.follow_ups import JobKind
from tests.conftest import Database
from tests.faults.points.house import House, open_house
from tests.faults.points.people import BODY, post
from tests.faults.stack import wait
from tests.integration.hook_city import ADMIN, HERE
from tests.integration.listener import Listener, listening
from tests.integration.sms_sinks import RECEIPT_SECRET, sink
from worker.hooks import JITTER, WAITS

PATIENCE = 90.0
_IDLE = """SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
 AND application_name = 'hotline' AND state = 'idle in transaction'
 AND state_change < clock_timestamp() - interval '2 seconds'"""


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A hotline on a database of the test's own, which may call webhooks on this machine."""
    with open_house(database) as found:
        found.environment["HOTLINE_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
        yield found


def give_receipt(url: str, ours: str, theirs: str = "") -> int:
    """Report a message as delivered, as 阿里云 does; return the answer's status."""
    report = {"biz_id": theirs, "out_id": ours, "success": True, "err_code": "DELIVERED"}
    return post(f"{url}/api/v1/receipts/aliyun/{RECEIPT_SECRET}", json=[report]).status_code


def test_t28_whatever_providers_do_each_message_arrives_and_no_connection_waits(house: House) -> None:
    tries: Counter[str] = Counter()
    idle: list[int] = []
    with sink("tencent") as second, house.running("public") as public:
        (house.folder / "sms.toml").write_text(house.sms.account + second.account, "utf-8")
        ids = [house.stage.register(body=BODY, tell_by_sms=True, phone=f"+86138000000{n:02}") for n in range(6)]
        acts: dict[int, Callable[[str], str]] = {
            ids[0]: lambda _: "500",
            ids[1]: lambda _: _after(16, "ok"),  # it has the message, and nobody hears of it
            ids[2]: lambda _: "isv.BUSINESS_LIMIT_CONTROL",
            ids[3]: lambda _: _after(14, "ok"),
            ids[4]: lambda _: "reset",
            ids[5]: lambda ours: "ok" if give_receipt(public.url, ours) == 200 else "500",
        }

        def behave(message: dict[str, str]) -> str:
            ours = message["ours"]
            tries[ours] += 1
            idle.extend(row["n"] for row in house.stage.rows(_IDLE))
            return acts[int(ours.partition("-")[0])](ours) if tries[ours] == 1 else "ok"

        house.sms.behave = behave
        with house.running("sender"):
            wait(lambda: _states(house) == ["sent"] * len(ids), "every message to be taken", PATIENCE)
        rows = {row["ticket_id"]: row for row in house.stage.rows("SELECT * FROM notice WHERE part = 'sms:caller'")}
        assert rows[ids[5]]["receipt"] == "delivered", "it came before the answer"
        taken = {**dict.fromkeys(ids, 0), **Counter(int(m["ours"].partition("-")[0]) for m in second.messages)}
        for ticket_id in ids:
            first = sum(message["ours"].startswith(f"{ticket_id}-") for message in house.sms.messages)
            assert 1 <= first + taken[ticket_id] <= rows[ticket_id]["tries"], "I8"
        reference, theirs = rows[ids[5]]["reference"], rows[ids[5]]["provider_reference"]
        assert [give_receipt(public.url, reference, theirs) for _ in range(2)] == [200, 200]
        assert give_receipt(public.url, "999999-1-sms:caller", "nobody-knows") == 404
        assert "receipts_of_nothing" in public.said()
    assert idle
    assert max(idle) == 0, "a connection was held while a provider thought"


def _after(seconds: float, mood: str) -> str:
    time.sleep(seconds)  # the provider's, not the test's
    return mood


def _states(house: House) -> list[str]:
    return [row["state"] for row in house.stage.rows("SELECT state FROM notice WHERE part = 'sms:caller'")]


MOODS = ("500", "410", "302", "silent", "huge", "429", "ok")


def test_t29_whatever_receivers_do_the_schedule_is_kept_and_the_others_wait_for_nobody(house: House) -> None:
    with ExitStack() as ears:
        listeners = {mood: ears.enter_context(listening()) for mood in MOODS}
        inside = ears.enter_context(listening())
        endpoints = {mood: _listen(house, one) for mood, one in listeners.items()}
        for mood, one in listeners.items():
            one.behave = lambda mood=mood: _after(20, "ok") if mood == "silent" else mood  # type: ignore[misc]
        listeners["302"].headers = {"Location": inside.url}
        listeners["429"].headers = {"Retry-After": "7200"}
        ears.enter_context(house.running("sender"))
        ticket_id = house.stage.register(body=BODY)
        wait(lambda: len(_answers(house)) == len(MOODS), "every receiver to be asked", PATIENCE)
        rows = _answers(house)
        said = {mood: (rows[at]["state"], rows[at]["error"]) for mood, at in endpoints.items()}
        assert said["ok"] == said["huge"] == ("sent", None)
        assert said["410"] == ("failed", "http_410")
        assert (said["500"], said["302"], said["429"]) == tuple(("sending", f"http_{n}") for n in (500, 302, 429))
        assert said["silent"][0] == "sending"
        assert inside.calls == [], "a redirect was followed"
        assert listeners["huge"].read < 10_000_000
        due = {job["part"]: job["due_at"] for job in house.stage.jobs(ticket_id, JobKind.HOOK)}
        for mood, least in (("500", None), ("302", None), ("429", 7200.0)):
            row = rows[endpoints[mood]]
            planned = least or WAITS[row["tries"] - 1].total_seconds() * (1 - JITTER)
            waited = (due[row["part"]] - row["changed_at"]).total_seconds()
            assert planned - 1 <= waited <= planned * 1.3 + 1, mood
        [gone] = house.stage.rows("SELECT state FROM webhook WHERE id = :id", id=endpoints["410"])
        assert gone["state"] != "active"
        for one in listeners.values():
            one.behave = lambda: "ok"
        house.stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind = 'hook' AND state = 'todo'")
        wait(lambda: _all_told(house), "everybody to be told", PATIENCE)
    assert {len(set(one.ids)) for mood, one in listeners.items()} == {1}


def _listen(house: House, one: Listener) -> int:
    with house.stage.engine.begin() as connection:
        endpoint_id, secret = webhooks.add(connection, ADMIN, house.stage.keys, HERE, (one.url, ()))
    one.trust(secret)
    return endpoint_id


def _answers(house: House) -> dict[int, dict[str, Any]]:
    query = "SELECT * FROM notice WHERE part LIKE 'webhook:%' AND (state <> 'sending' OR error IS NOT NULL)"
    return {int(row["part"].removeprefix("webhook:")): dict(row) for row in house.stage.rows(query)}


def _all_told(house: House) -> bool:
    states = Counter(row["state"] for row in _answers(house).values())
    return states == {"sent": len(MOODS) - 1, "failed": 1}
