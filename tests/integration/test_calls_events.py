"""`POST /api/v1/calls/events`: who may send, what is refused, and that order and repeats leave no trace."""

import json
import random
from typing import Any

import pytest

from intake.adapters import ADAPTER, SIGNATURE, TIMESTAMP
from shared.settings import SettingsError, settings
from tests.integration.telephony import BATCH, PHONE, Adapter, answered, event, missed, rings

CALLS = """SELECT state, direction, line, withheld, began_at, queued_at, ringing_at, answered_at, ended_at,
 abandoned_at, rings_at, seat, held_seconds, is_rating_asked, digit, recordings, phone_index
 FROM call ORDER BY subject"""


def calls(adapter: Adapter) -> list[Any]:
    return [dict(row) for row in adapter.api.stage.rows(CALLS)]


def whole_call() -> list[dict[str, Any]]:
    return [
        *answered(),
        event("held", 30),
        event("resumed", 45),
        event("rated", 90, leg={"role": "citizen"}, key={"digit": "5"}),
        event("ended", 95, ended_by="caller"),
        event("recorded", 99, recording={"ref": "rec/1.wav", "seconds": 85.5}),
    ]


def test_a_call_is_the_same_row_in_whatever_order_its_events_come_and_however_often(adapter: Adapter) -> None:
    adapter.hear(*whole_call())
    known = calls(adapter)
    assert len(known) == 1
    assert known[0]["state"] == "ended"
    assert (known[0]["digit"], known[0]["recordings"], known[0]["held_seconds"]) == ("5", ["rec/1.wav"], 15)
    for seed in range(4):
        shuffled = [{**one, "subject": f"c{seed + 2}"} for one in whole_call() * 2]
        random.Random(seed).shuffle(shuffled)
        assert adapter.hear(*shuffled) == len(whole_call())
    assert all(row == known[0] for row in calls(adapter))


def test_a_replay_is_taken_and_changes_nothing(adapter: Adapter) -> None:
    assert adapter.send(*whole_call()).json == {"events": 8, "new": 8}
    before = adapter.api.stage.rows("SELECT xmin::text, * FROM call_event ORDER BY id")
    assert adapter.send(*whole_call()).json == {"events": 8, "new": 0}
    assert adapter.api.stage.rows("SELECT xmin::text, * FROM call_event ORDER BY id") == before


def test_a_batch_with_one_wrong_event_leaves_nothing_behind(adapter: Adapter) -> None:
    response = adapter.send(*rings(), event("ended", leg={"role": "boss"}))
    assert response.status_code == 422
    assert list(response.json["errors"]) == ["2.data.leg.role"]
    assert calls(adapter) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("specversion", "0.3"), ("id", ""), ("id", "x" * 201), ("source", "/pbx/asterisk/other"), ("subject", 5),
        ("type", "hotline.call.sneezed.v1"), ("time", "yesterday"), ("time", "2026-09-07T12:00:00"),
        ("time", "0001-01-01T00:00:00+08:00"), ("time", "9999-12-31T23:59:59-08:00"), ("data", []),
        ("datacontenttype", "text/xml"),
        ("data.direction", "sideways"), ("data.caller", "13800000000"), ("data.caller.number", 138),
        ("data.leg.agent_id", ["801"]), ("data.key.digit", "55"), ("data.recording.bytes", -1),
        ("data.recording.ref", ""), ("data.queue.position", 1e300), ("data.transfer.outcome", "perhaps"),
    ],
)  # fmt: skip
def test_a_wrong_attribute_is_refused_by_name(adapter: Adapter, field: str, value: Any) -> None:
    wrong = event("offered", recording={"ref": "r"}) if "recording" in field else event("offered")
    inner: Any = wrong
    *way, last = field.split(".")
    for name in way:
        inner = inner.setdefault(name, {})
    inner[last] = value
    response = adapter.send(wrong)
    assert (response.status_code, response.json["code"]) == (422, "bad_event")
    assert field in {path.removesuffix(".") for path in response.json["errors"]}
    assert calls(adapter) == []


def test_a_missing_attribute_is_refused_by_name(adapter: Adapter) -> None:
    for name in ("specversion", "id", "source", "type", "subject", "time", "data"):
        response = adapter.send({key: value for key, value in event("offered").items() if key != name})
        assert (response.status_code, list(response.json["errors"])) == (422, [name])


def test_attributes_that_we_do_not_know_are_passed_over(adapter: Adapter) -> None:
    extra = event("offered", vip=True, caller={"number": PHONE, "mood": "good"}) | {"traceparent": "00-1", "mine": [1]}
    assert adapter.send(extra).status_code == 202
    assert "mood" not in str(adapter.api.stage.rows("SELECT facts FROM call_event"))


@pytest.mark.parametrize("body", [b"", b"5", b"null", b'"x"', b"[5]", b"{", b'{"a": NaN}', b"\xff", b"[" * 5000])
def test_what_is_no_event_is_refused_and_never_an_error_of_ours(adapter: Adapter, body: bytes) -> None:
    assert adapter.send_raw(body, BATCH).status_code in (400, 422)


def test_more_than_a_hundred_events_at_once_are_refused(adapter: Adapter) -> None:
    assert adapter.send(*[event("offered", n) for n in range(101)]).status_code == 422
    assert adapter.send(*[event("offered", n) for n in range(100)]).status_code == 202


def test_another_content_type_is_refused(adapter: Adapter) -> None:
    assert adapter.send_raw(json.dumps(event("offered")).encode(), "application/json").status_code == 400


def test_nobody_without_the_secret_may_report_a_call(adapter: Adapter) -> None:
    good = event("offered")
    now = adapter.now()
    answers = [
        Adapter(adapter.api, secret="another secret that is long enough").send(good),
        adapter.send(good, **{SIGNATURE: ""}),
        adapter.send(good, **{SIGNATURE: "v1=\u00e9"}),
        adapter.send(good, **{ADAPTER: "asterisk/other"}),
        adapter.send(good, **{TIMESTAMP: str(now - 400)}),
        adapter.send(good, **{TIMESTAMP: str(now + 400)}),
        adapter.send(good, **{TIMESTAMP: "soon"}),
        adapter.send(good, **{TIMESTAMP: "9" * 5000}),
        adapter.api.staff("zheng").post("/api/v1/calls/events", json=good),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert {answer.json["code"] for answer in answers} == {"bad_signature"}
    assert calls(adapter) == []


def test_a_body_changed_by_a_blank_is_refused(adapter: Adapter) -> None:
    body = json.dumps(event("offered")).encode()
    headers = adapter.signed(body)
    client = adapter.api.staff()
    assert client.post("/api/v1/calls/events", data=body + b" ", headers=headers).status_code == 401
    assert client.post("/api/v1/calls/events", data=body, headers=headers).status_code == 202


def test_while_a_secret_is_changed_both_are_good(
    adapter: Adapter, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    new = "the next secret of the asterisk in the building"
    secrets = tmp_path / "both"
    secrets.write_text(f"asterisk/main {adapter.secret}\nasterisk/main {new}\n")
    monkeypatch.setenv("HOTLINE_CALL_SECRETS_FILE", str(secrets))
    settings.cache_clear()
    assert adapter.send(event("offered")).status_code == 202
    assert Adapter(adapter.api, secret=new).send(event("offered")).status_code == 202
    secrets.write_text("asterisk/main short\n")
    settings.cache_clear()
    with pytest.raises(SettingsError, match="openssl"):
        settings()


def test_a_number_is_stored_only_sealed_and_found_by_its_index(adapter: Adapter) -> None:
    for n, number in enumerate(("+8613812345678", "8613812345678", "013812345678", "138 1234 5678")):
        adapter.hear(event("offered", call=f"c{n}", caller={"number": number}))
    keys = adapter.api.stage.keys
    rows = adapter.api.stage.rows("SELECT phone, phone_index FROM call")
    assert {keys.decrypt(row["phone"]) for row in rows} == {"+8613812345678"}
    assert {bytes(row["phone_index"]) for row in rows} == {keys.blind_index("+8613812345678")}
    everything = adapter.api.stage.rows("SELECT c::text AS a, e::text AS b FROM call c JOIN call_event e ON true")
    assert "38123456" not in str(everything)


@pytest.mark.parametrize("number", ["anonymous", "", "Restricted"])
def test_a_withheld_number_is_a_value_of_its_own(adapter: Adapter, number: str) -> None:
    adapter.hear(event("offered", caller={"number": number}))
    assert adapter.api.stage.rows("SELECT withheld, phone FROM call") == [{"withheld": True, "phone": None}]


def test_a_call_that_was_missed_and_one_that_was_answered_after_all(adapter: Adapter) -> None:
    adapter.hear(*missed(), *missed("c2"), event("answered", 10, "c2", leg={"agent_id": "801"}))
    assert [row["state"] for row in calls(adapter)] == ["abandoned", "ended"]
