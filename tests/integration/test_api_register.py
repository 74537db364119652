"""Filing a request over the API: what is taken, what is refused and how it is said (SECURITY 2.6, S14)."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from intake.app import LARGEST_BODY_BYTES
from intake.fields import LONGEST_TEXT, LONGEST_TITLE
from tests.integration.api import BODY, Api

PATH = "/api/v1/tickets"


def send(api: Api, body: Any, **headers: str) -> TestResponse:
    """Send a body as it is."""
    given = api.key() | {"Content-Type": "application/json"} | headers
    return api.public().post(PATH, data=body, headers=given)


def is_problem(response: TestResponse, status: int) -> dict[str, Any]:
    """Check the form of an error (RFC 9457) and return it."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.get_data(
        as_text=True
    )
    said = response.json
    assert set(said) >= {"type", "title", "status", "detail", "code", "request_id"}
    assert said["status"] == status
    assert said["request_id"] == response.headers["X-Request-Id"] != ""
    return dict(said)


def nothing_was_written(api: Api) -> bool:
    return api.stage.rows("SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM idempotency) AS n")[0]["n"] == 0


def test_a_request_is_answered_with_number_code_and_link_after_it_is_committed(api: Api) -> None:
    accepted = api.file(
        name="王小明", phone="138 1234 5678", email="wang@example.cn", address="春熙路 1 号", county="jinjiang"
    )
    assert set(accepted) == {"number", "pick_up_code", "link", "registered_at"}
    assert accepted["link"].startswith("http://127.0.0.1:8000/f/")
    row = api.stage.rows("SELECT county, channel, tell_by, registered_by FROM ticket")[0]
    assert row == {"county": "jinjiang", "channel": "web", "tell_by": "email", "registered_by": None}
    phone = api.stage.rows("SELECT phone FROM caller")[0]["phone"]
    assert api.stage.keys.decrypt(phone) == "+8613812345678"


def test_without_a_title_the_first_words_are_the_title(api: Api) -> None:
    api.file(body=f"{'停水' * 30}\n第二行")
    assert api.stage.rows("SELECT text FROM ticket_text WHERE part = 'title'") == [{"text": "停水" * 20}]


def test_a_repeat_with_the_same_key_gets_the_same_answer_and_says_so(api: Api) -> None:
    key = api.key()
    first, again = (api.public().post(PATH, json={"body": BODY}, headers=key) for _ in range(2))
    assert (first.json, first.status_code) == (again.json, again.status_code)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_repeat_in_other_words_but_of_the_same_meaning_is_the_same_request(api: Api) -> None:
    key = api.key()
    first = api.public().post(PATH, json={"body": BODY, "phone": "13812345678"}, headers=key)
    again = api.public().post(PATH, json={"phone": "+86 138 1234 5678", "body": f" {BODY} "}, headers=key)
    assert again.json == first.json


def test_the_same_key_with_another_request_is_the_only_422(api: Api) -> None:
    key = api.key()
    api.public().post(PATH, json={"body": BODY}, headers=key)
    other = api.public().post(PATH, json={"body": "另一件事"}, headers=key)
    assert is_problem(other, 422)["code"] == "key_reused"


@pytest.mark.parametrize("key", [None, "", "short", "有中文的钥匙", "with blank", "x" * 201])
def test_without_a_usable_idempotency_key_nothing_is_taken(api: Api, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode().decode("latin-1")}
    response = api.public().post(PATH, json={"body": BODY}, headers=headers)
    assert "Idempotency-Key" in json.dumps(is_problem(response, 400)["errors"])
    assert nothing_was_written(api)


FORBIDDEN = {
    "state": "closed", "department": "water_affairs", "unit": "water_affairs", "urgency": "critical",
    "nature": "complaint", "confidential": True, "confidential_cleared": True, "created_at": "2020-01-01",
    "registered_at": "2020-01-01", "id": 1, "number": "1", "holder_kind": "archive", "seq": 9,
    "actor": {"role": "admin"}, "ticket_id": 1, "accused_unit": "water_affairs", "city": "qinghe",
    "is_overdue": False, "__proto__": {}, "registered_by": 1,
}  # fmt: skip


def test_what_a_caller_may_not_set_is_refused_by_its_name(api: Api) -> None:
    for name, value in FORBIDDEN.items():
        response = api.public().post(PATH, json={"body": BODY, name: value}, headers=api.key())
        assert name in is_problem(response, 400)["errors"]["json"], name
    assert nothing_was_written(api)


WRONG: dict[str, tuple[Any, ...]] = {
    "body": (None, "", "  \n\t ", 12345, ["停水"], {"a": 1}, True, "x" * (LONGEST_TEXT + 1)),
    "title": ("", None, "x" * (LONGEST_TITLE + 1)),
    "channel": ("telepathy", 1, ["web"], {}, None),
    "phone": ("12", "not a phone", 13812345678, "1" * 41, "+999999999"),
    "email": ("nobody", "a@b", "a\r\nBcc: x@y.cn@example.cn", "a@" + "b" * 250 + ".cn", 1),
    "name": ("x" * 61, []),
    "address": ("x" * 301,),
    "county": ("atlantis", 1),
    "hidden_identity": ("perhaps", [], 2, None),
}


def test_every_wrong_field_is_a_400_that_names_it(api: Api) -> None:
    for name, value in ((name, value) for name, values in WRONG.items() for value in values):
        response = api.public().post(PATH, json={"body": BODY, name: value}, headers=api.key())
        said = is_problem(response, 400)
        assert name in json.dumps(said["errors"]), (name, value)
    assert nothing_was_written(api)


def test_a_missing_body_is_named(api: Api) -> None:
    assert "body" in is_problem(send(api, "{}"), 400)["errors"]["json"]


MALFORMED: dict[str, Any] = {
    "nothing": "", "a list": "[]", "a string": '"x"', "null": "null", "cut off": '{"body":"x"',
    "not JSON": "body=x", "nested 5,000 times": "[" * 5_000, "nested 100,000 times": '{"a":' * 100_000,
    "nested and closed": '{"body":' + "[" * 50_000 + "]" * 50_000 + "}",
    "a number of 5,000 digits": '{"body":' + "1" * 5_000 + "}", "NaN": '{"body":NaN}',
    "Infinity": '{"body":-Infinity}', "1e400": '{"body":"x","name":1e400}',
    "a field twice": '{"body":"x","body":"y"}', "lone surrogate": '{"body":"\\ud800"}',
    "NUL": '{"body":"a\\u0000b"}', "NUL in a name": '{"bo\\u0000dy":"x"}',
    "byte order mark": '\ufeff{"body":"x"}', "bad UTF-8": b'{"body":"\xff\xfe"}',
    "UTF-16": '{"body":"x"}'.encode("utf-16"), "GB18030": '{"body":"没有水"}'.encode("gb18030"),
    "raw NUL": b'{"body":"\x00"}', "overlong UTF-8": b'{"body":"\xc0\x80"}',
    "surrogate as UTF-8": b'{"body":"\xed\xa0\x80"}',
}  # fmt: skip


def test_malformed_json_is_a_400_and_never_a_500(api: Api) -> None:
    for what, body in MALFORMED.items():
        assert is_problem(send(api, body), 400)["code"] == "bad_json", what
    assert nothing_was_written(api)


def test_another_content_type_is_a_400_so_that_no_form_of_another_site_gets_in(api: Api) -> None:
    good = json.dumps({"body": BODY})
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "",
        "json",
    ):
        assert is_problem(send(api, good, **{"Content-Type": kind}), 400)["code"] == "bad_json", kind
    assert send(api, good, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 201


def test_a_body_of_a_megabyte_and_one_byte_is_too_large(api: Api) -> None:
    frame = len(json.dumps({"body": ""}))
    assert is_problem(send(api, json.dumps({"body": "x" * (LARGEST_BODY_BYTES + 1 - frame)})), 413)
    assert (
        "body" in is_problem(send(api, json.dumps({"body": "x" * (LARGEST_BODY_BYTES - frame)})), 400)["errors"]["json"]
    )
    assert nothing_was_written(api)


def test_a_compressed_body_is_not_unpacked(api: Api) -> None:
    import gzip

    bomb = gzip.compress(json.dumps({"body": "x" * 10_000_000}).encode())
    assert is_problem(send(api, bomb, **{"Content-Encoding": "gzip"}), 400)["code"] == "bad_json"


def test_the_longest_and_the_strangest_words_are_taken_as_they_are(api: Api) -> None:
    for text in (
        "x" * LONGEST_TEXT,
        "' OR 1=1; --",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "%s",
        "=cmd|' /C calc'!A0",
        "𠮷🚰\u2028\u202e",
    ):
        api.file(body=text, title=text[:LONGEST_TITLE])
        stored = api.stage.rows("SELECT text FROM ticket_text WHERE part = 'body' ORDER BY ticket_id DESC LIMIT 1")
        assert stored == [{"text": text}]


def test_thousands_of_query_parameters_and_unknown_methods_are_no_server_errors(api: Api) -> None:
    many = "&".join(f"p{n}=1" for n in range(10_000))
    assert api.public().post(f"{PATH}?{many}", json={"body": BODY}, headers=api.key()).status_code in (201, 400, 414)
    answer = api.public().delete(PATH)
    assert (is_problem(answer, 405)["code"], "POST" in answer.headers["Allow"]) == ("http_405", True)
    assert is_problem(api.public().get("/api/v1/nothing-here"), 404)


def test_headers_that_claim_an_identity_are_ignored(api: Api) -> None:
    claims = {"X-Remote-User": "root", "X-Forwarded-User": "root", "X-User-Id": "1", "X-Department": "water_affairs"}
    assert api.public().post(PATH, json={"body": BODY}, headers=api.key() | claims).status_code == 201
    assert api.stage.rows("SELECT registered_by FROM ticket") == [{"registered_by": None}]
    assert api.staff().get("/api/v1/queues", headers=claims).status_code == 401


def test_no_other_site_is_allowed_to_read_the_answers(api: Api) -> None:
    for origin in ("https://evil.example", "null"):
        response = api.public().post(PATH, json={"body": BODY}, headers=api.key() | {"Origin": origin})
        assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


def test_an_operator_decides_what_a_citizen_may_not(api: Api) -> None:
    api.file_at_console(
        nature="report",
        urgency="urgent",
        confidential=True,
        accused_unit="water_affairs",
        county="jinjiang",
        phone="028-12345678",
    )
    row = api.stage.rows("SELECT nature, urgency, confidential, accused_unit, chosen_by_person, channel FROM ticket")[0]
    assert row == {
        "nature": "report", "urgency": "urgent", "confidential": True, "accused_unit": "water_affairs",
        "chosen_by_person": ["nature", "urgency", "county"], "channel": "phone",
    }  # fmt: skip


def test_an_unknown_accused_unit_is_named_as_the_field_it_stands_in(api: Api) -> None:
    response = api.staff("lin").post(PATH, json={"body": BODY, "accused_unit": "nowhere"}, headers=api.key())
    assert "accused_unit" in is_problem(response, 400)["errors"]
