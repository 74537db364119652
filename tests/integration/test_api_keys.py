"""API keys: what one may do, how often, and what ends it (SECURITY S44, API4)."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared import api_keys
from shared.api_keys import NewKey, Scope
from shared.domain.errors import Refused
from tests.integration.api import BODY, Api
from tests.integration.stage import ADMIN
from tests.integration.telephony import NAME, ONE, Adapter, rings

PATH = "/api/v1/tickets"
ALL = frozenset({Scope.REGISTER, Scope.READ})


def make(api: Api, *scopes: Scope, **more: Any) -> tuple[int, str]:
    new = NewKey(**({"name": f"system {api.key()['Idempotency-Key']}", "scopes": frozenset(scopes) or ALL} | more))
    with api.stage.engine.begin() as connection:
        return api_keys.add(connection, ADMIN, new)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def register(api: Api, token: str, client: FlaskClient | None = None, **said: Any) -> TestResponse:
    where = client or api.public("203.0.113.9")
    return where.post(PATH, json={"body": BODY} | said, headers=api.key() | bearer(token))


def read(api: Api, token: str, number: str) -> TestResponse:
    return api.public().get(f"{PATH}/{number}", headers=bearer(token))


def change(api: Api, statement: str, **values: Any) -> None:
    with api.stage.engine.begin() as connection:
        connection.execute(sa.text(statement), values)


def test_a_key_registers_and_the_log_of_the_ticket_says_which(api: Api) -> None:
    key_id, token = make(api)
    assert register(api, token).status_code == 201
    facts = api.stage.rows("SELECT body::jsonb -> 'facts' ->> 'api_key' AS api_key FROM ticket_event WHERE seq = 1")
    assert facts == [{"api_key": str(key_id)}]


def test_of_the_key_only_a_hash_is_kept(api: Api) -> None:
    key_id, token = make(api)
    assert len(token) > 40
    kept = repr(api.stage.rows("SELECT * FROM api_key")) + repr(api.stage.rows("SELECT * FROM access_log"))
    assert token not in kept
    assert token[12:] not in kept
    told = api.stage.rows("SELECT action, object, after ->> 'name' AS name FROM access_log")
    assert [(row["action"], row["object"]) for row in told] == [("key_added", f"key:{key_id}")]


def test_a_key_reads_what_it_registered_and_nothing_else(api: Api) -> None:
    (_, mine), (_, other) = make(api), make(api)
    number = register(api, mine).json["number"]
    confidential = api.file_at_console(confidential=True)["number"]
    assert read(api, mine, number).json["number"] == number
    strange = [read(api, other, number), read(api, mine, api.file()["number"]), read(api, mine, confidential)]
    bodies = [{k: v for k, v in one.json.items() if k != "request_id"} for one in [*strange, read(api, mine, "1")]]
    assert [one.status_code for one in strange] == [404, 404, 404]
    assert all(body == bodies[0] for body in bodies)


def test_a_key_sees_what_the_caller_sees(api: Api) -> None:
    _, token = make(api)
    filed = register(api, token, name="张某某", phone="13812345678").json
    as_caller = api.follow(filed)
    assert read(api, token, filed["number"]).json == as_caller.json
    assert "13812345678" not in read(api, token, filed["number"]).text


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_without_the_scope_is_refused_by_the_scopes_name(api: Api, scope: Scope) -> None:
    _, token = make(api, scope, name=NAME)
    number = api.file()["number"]
    answers = {
        Scope.REGISTER: register(api, token),
        Scope.READ: read(api, token, number),
        Scope.CALLS: api.staff().post("/api/v1/calls/events", json={}, headers=bearer(token)),
    }
    for needed, answer in answers.items():
        assert (answer.status_code == 403) == (needed is not scope), needed
        assert needed is scope or needed in answer.json["detail"]


def test_no_key_opens_what_is_for_people(api: Api) -> None:
    _, token = make(api, *Scope, name=NAME)
    for path, method in (("/queues", "GET"), ("/tickets", "POST"), ("/session", "DELETE"), ("/openapi.json", "GET")):
        client = api.staff("zheng")  # a session beside it lends the key nothing
        answer = client.open(f"/api/v1{path}", method=method, headers=bearer(token) | api.key(), json={"body": BODY})
        assert (answer.status_code, answer.json["code"]) == (403, "key_may_not"), path
    number = api.file()["number"]
    assert api.public().post(f"{PATH}/{number}/urge", headers=bearer(token), json={}).status_code == 403


@pytest.mark.parametrize("token", ["x", "yht_" + "a" * 43, "", "密钥", "\ud800"])
def test_what_is_no_key_is_told_so_and_never_taken_for_nobody(api: Api, token: str) -> None:
    headers = api.key() | {"Authorization": f"Bearer {token}".encode("utf-8", "surrogatepass").decode("latin-1")}
    answer = api.public().post(PATH, json={"body": BODY}, headers=headers)
    assert (answer.status_code, answer.json["code"], answer.headers["WWW-Authenticate"]) == (401, "bad_key", "Bearer")
    assert answer.mimetype == "application/problem+json"
    assert api.stage.rows("SELECT 1 FROM ticket") == []


def test_a_revoked_an_expired_and_another_citys_key_are_all_the_same_no(api: Api) -> None:
    (revoked, first), (_, second), (_, third) = make(api), make(api), make(api)
    with api.stage.engine.begin() as connection:
        api_keys.revoke(connection, ADMIN, revoked)
    change(api, "UPDATE api_key SET expires_at = clock_timestamp() WHERE prefix = :p", p=second[:10])
    change(api, "UPDATE api_key SET city = 'qinghe' WHERE prefix = :p", p=third[:10])
    for token in (first, second, third):
        assert register(api, token).status_code == 401


def test_after_a_rotation_both_keys_work_until_the_old_ones_time_is_over(api: Api) -> None:
    key_id, old = make(api)
    number = register(api, old).json["number"]
    with api.stage.engine.begin() as connection:
        new = api_keys.rotate(connection, ADMIN, key_id)
    assert [read(api, token, number).status_code for token in (old, new)] == [200, 200]
    change(api, "UPDATE api_key SET old_until = clock_timestamp()")
    assert [read(api, token, number).status_code for token in (old, new)] == [401, 200]


def test_over_the_quota_a_key_waits_and_no_other(api: Api) -> None:
    (_, token), (_, other) = make(api, per_minute=3), make(api, per_minute=3)
    statuses = [register(api, token).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]
    refused = register(api, token)
    assert (refused.json["code"], refused.mimetype) == ("over_quota", "application/problem+json")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert register(api, other).status_code == 201
    change(api, "UPDATE attempt SET since = since - interval '1 minute' WHERE scope = 'key_minute'")
    assert register(api, token).status_code == 201


def test_the_quota_of_the_day_holds_when_that_of_the_minute_is_free_again(api: Api) -> None:
    _, token = make(api, per_minute=2, per_day=3)
    for _ in range(3):
        register(api, token)
    change(api, "UPDATE attempt SET since = since - interval '1 minute' WHERE scope = 'key_minute'")
    assert [register(api, token).status_code for _ in range(2)] == [429, 429]
    assert int(register(api, token).headers["Retry-After"]) > 3600


def test_a_key_has_its_quota_instead_of_the_limits_by_phone_and_address(api: Api) -> None:
    _, token = make(api, per_minute=1000)
    assert {register(api, token, phone="13812345678").status_code for _ in range(12)} == {201}
    assert api.stage.rows("SELECT 1 FROM attempt WHERE scope LIKE 'intake%'") == []


def test_a_repeat_by_the_same_key_is_the_same_ticket_and_by_another_a_new_one(api: Api) -> None:
    (_, mine), (_, other) = make(api), make(api)
    named = api.key()
    first, again, strange = (
        api.public().post(PATH, json={"body": BODY}, headers=named | bearer(token)) for token in (mine, mine, other)
    )
    assert first.json == again.json
    assert strange.json["number"] != first.json["number"]


def test_a_key_named_as_the_adapter_reports_its_calls_without_a_signature(adapter: Adapter) -> None:
    api = adapter.api
    _, token = make(api, Scope.CALLS, name=NAME)
    _, foreign = make(api, Scope.CALLS, name="other/main")
    event = json.dumps(rings()[0])

    def send(key: str) -> int:
        headers = {"Content-Type": ONE} | bearer(key)
        return api.staff().post("/api/v1/calls/events", data=event, headers=headers).status_code

    assert [send(one) for one in (token, foreign)] == [202, 422]
    assert len(api.stage.rows("SELECT 1 FROM call")) == 1


WRONG: dict[str, tuple[dict[str, Any], ...]] = {
    "name": ({"name": ""}, {"name": "no adapter", "scopes": frozenset({Scope.CALLS})}, {"name": "x" * 61}),
    "scopes": ({"scopes": frozenset()},),
    "per_minute": ({"per_minute": 0}, {"per_minute": -1}),
    "per_day": ({"per_day": 10**9},),
    "days": ({"days": 0}, {"days": 10_000}),
}


def test_a_key_that_makes_no_sense_is_refused_by_its_field(api: Api) -> None:
    for field, more in ((field, more) for field, many in WRONG.items() for more in many):
        with pytest.raises(Refused) as refused, api.stage.engine.begin() as connection:
            api_keys.add(connection, ADMIN, NewKey(**({"name": "x", "scopes": ALL} | more)))
        assert refused.value.facts["field"] == field, more


def test_the_administrator_makes_rotates_and_revokes_keys_by_page(api: Api) -> None:
    root = api.site.person("root")
    root.get("/admin/keys")
    wrong = root.post("/admin/keys", name="区平台", per_minute="0", per_day="100", scopes=["tickets:register"])
    assert (wrong.status, wrong.value("name"), wrong.value("per_day")) == (400, "区平台", "100")
    made = root.post("/admin/keys", name="区平台", per_minute="5", per_day="100", days="", scopes=["tickets:register"])
    token = shown(made.html)
    assert register(api, token).status_code == 201
    assert token not in root.get("/admin/keys").html
    key_id = api.stage.rows("SELECT id FROM api_key")[0]["id"]
    fresh = shown(root.post(f"/admin/keys/{key_id}/rotate").html)
    assert {register(api, one).status_code for one in (token, fresh)} == {201}
    assert root.follow(root.post(f"/admin/keys/{key_id}/revoke")).text.count("密钥已停用") == 1
    assert {register(api, one).status_code for one in (token, fresh)} == {401}
    noted = api.stage.rows("SELECT action FROM access_log WHERE object = :o ORDER BY id", o=f"key:{key_id}")
    assert [row["action"] for row in noted] == ["key_added", "key_rotated", "key_revoked"]


def shown(html: str) -> str:
    return html.partition('<code id="fresh-key">')[2].partition("<")[0]
