"""The staff API: queues, tickets and every act by its name, on a whole ticket's way."""

from typing import Any

import pytest

from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Role
from tests.integration.api import BODY, Api
from tests.integration.site import PEOPLE
from tests.integration.stage import ANSWER, OPERATOR, OTHER_UNIT, UNIT


def test_one_ticket_goes_the_whole_way_over_the_api(api: Api) -> None:
    accepted = api.file(name="王小明", phone="13812345678")
    number = accepted["number"]
    api.route()
    shown = api.staff("zheng").get(f"/api/v1/tickets/{number}").json
    assert shown["state"] in ("dispatched", "registered")
    dispatched = next(step for step in shown["timeline"] if step["kind"] != "registered")
    assert dispatched["decision"]["candidates"]
    if shown["holder_id"] != UNIT:
        act = "dispatch" if shown["holder_kind"] == "triage" else "redispatch"
        api.done("zheng", number, act, unit=UNIT, reason="由供水主管单位办理")
    assert [row["number"] for row in api.staff("zhou").get("/api/v1/queues").json["tickets"]] == [number]
    signed = api.done("zhou", number, "sign")
    api.done("zhou", number, "reply", public=ANSWER, internal="换了阀门", contacted=True, seen_seq=signed["seq"])
    api.done("chen", number, "approve")
    assert api.done("zhou", number, "resolve")["holder_kind"] == "follow_up"
    closed = api.done("lin", number, "follow_up", result="solved", call_rating=5, matter_rating=4, note="满意")
    assert (closed["state"], closed["holder_kind"], closed["event_count"]) == ("closed", "archive", 2)
    assert api.follow(accepted).json["status"] == "closed"
    assert {job["state"] for kind in JobKind for job in api.stage.jobs(1, kind)} <= {"done", "cancelled"}


def test_a_queue_is_paged_first_due_first(api: Api) -> None:
    for n in range(5):
        number = api.file_at_console(nature="help" if n % 2 else "complaint")["number"]
        api.done("lin", number, "dispatch", unit=UNIT)
    client, seen, after = api.staff("zhou"), [], ""
    while after is not None:
        # As a careless client would: the cursor goes back as it came, without any encoding.
        page = client.get(f"/api/v1/queues?limit=2{f'&after={after}' if after else ''}").json
        assert len(page["tickets"]) <= 2
        seen += page["tickets"]
        after = page["next"]
    assert len({row["number"] for row in seen}) == len(seen) == 5
    assert [row["due_at"] for row in seen] == sorted(row["due_at"] for row in seen)


def test_tickets_without_a_due_time_are_paged_too(api: Api) -> None:
    numbers = {api.file()["number"] for _ in range(3)}
    client = api.staff("zheng")
    first = client.get("/api/v1/queues?holder_kind=router&limit=2").json
    second = client.get(
        "/api/v1/queues", query_string={"holder_kind": "router", "limit": 2, "after": first["next"]}
    ).json
    assert {row["number"] for row in first["tickets"] + second["tickets"]} == numbers
    assert second["next"] is None


NOT_UNDERSTOOD = (
    "limit=0", "limit=-1", "limit=101", "limit=1e9", "limit=ten", "limit=2.5", "page=-1", "sort=phone", "only=all",
    "only=", "filter[confidential]=1", "holder_kind=nobody", "holder_id=" + "x" * 81, "after=x",
    "after=|", "after=2026-13-01|1", "after=|1;DROP", "after=|-1", "after=|99999999999999999999999999",
    "after=|" + "9" * 70, "after=0001-01-01T00:00:00%2B23:59|1",
)  # fmt: skip
STRANGE = (
    "after=9999-12-31T23:59:59|1", "after=2026-09-07|1", "holder_id=((((a%2B)%2B)%2B)%2B)$", "holder_id=" + "%25" * 80,
    "holder_id=%27;--", "limit=1&limit=2", "only=mine",
)  # fmt: skip


def test_a_query_that_is_not_understood_is_refused_by_the_fields_name(api: Api) -> None:
    client = api.staff("zheng")
    for query in NOT_UNDERSTOOD:
        answer = client.get(f"/api/v1/queues?{query}")
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), query
        assert query.partition("=")[0] in str(answer.json["errors"]), query


def test_a_strange_but_well_formed_query_finds_nothing_and_breaks_nothing(api: Api) -> None:
    client = api.staff("zheng")
    for query in STRANGE:
        answer = client.get(f"/api/v1/queues?{query}")
        assert (answer.status_code, answer.json.get("tickets")) == (200, []), query


def test_a_ticket_shows_the_caller_masked_and_notes_who_looked(api: Api) -> None:
    number = api.file(name="王小明", phone="13812345678")["number"]
    shown = api.staff("lin").get(f"/api/v1/tickets/{number}").json
    assert (shown["caller_name"], shown["caller_phone"], shown["body"]) == ("王*", "138****5678", BODY)
    assert "event_count" not in shown
    looked = api.stage.rows("SELECT action, role, staff_id, ticket_id FROM access_log")
    assert looked == [{"action": "viewed", "role": "operator", "staff_id": api.ids["lin"], "ticket_id": 1}]


@pytest.mark.parametrize("secret", ["hidden_identity", "confidential"])
def test_on_a_hidden_ticket_the_unit_gets_no_identity_field_at_all(api: Api, secret: str) -> None:
    number = api.file_at_console(name="王小明", phone="13812345678", address="春熙路一号", **{secret: True})["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    answer = api.staff("zhou").get(f"/api/v1/tickets/{number}")
    assert answer.status_code == 200
    assert not [name for name in answer.json if name.startswith("caller")]
    assert not [word for word in ("王", "1381234", "****", "一号") if word in answer.get_data(as_text=True)]


def neutral(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    body = {name: value for name, value in answer.json.items() if name != "request_id"}
    return answer.status_code, body, {name: value for name, value in answer.headers if name != "X-Request-Id"}


def test_a_foreign_ticket_and_a_missing_one_get_the_same_404_to_the_byte(api: Api) -> None:
    foreign = api.file_at_console()["number"]
    api.done("lin", foreign, "dispatch", unit=OTHER_UNIT)
    secret = api.file_at_console(confidential=True, accused_unit=UNIT)["number"]
    missing, nonsense = "260907999994", "hello"
    client = api.staff("zhou")
    for method, tail, body in (
        ("GET", "", None),
        ("POST", "/sign", {}),
        ("POST", "/reply", {"public": "x", "internal": "y"}),
        ("POST", "/hand_over", {"staff_id": 1}),
        ("POST", "/dispatch", {"unit": UNIT}),
    ):
        paths = [f"/api/v1/tickets/{number}{tail}" for number in (foreign, secret, missing, nonsense)]
        answers = [neutral(client.open(path, method=method, json=body)) for path in paths]
        assert answers[0][0] == 404, tail
        assert all(answer == answers[0] for answer in answers), tail
    assert api.stage.events(1) == ["registered", "dispatched"]


def test_every_denial_is_noted_with_the_ticket_it_was_about(api: Api) -> None:
    number = api.file_at_console()["number"]
    api.done("lin", number, "dispatch", unit=OTHER_UNIT)
    client = api.staff("zhou")
    client.get(f"/api/v1/tickets/{number}")
    client.post(f"/api/v1/tickets/{number}/sign", json={})
    denied = api.stage.rows("SELECT action, staff_id, ticket_id FROM access_log WHERE action = 'denied'")
    assert denied == [{"action": "denied", "staff_id": api.ids["zhou"], "ticket_id": 1}] * 2


def test_a_page_that_is_out_of_date_is_a_409_that_says_how_far(api: Api) -> None:
    number = api.file_at_console()["number"]
    dispatched = api.done("lin", number, "dispatch", unit=UNIT)
    api.done("zhou", number, "sign")
    answer = api.act("chen", number, "return", basis="x", reason="y", seen_seq=dispatched["seq"])
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")
    assert answer.json["errors"] == {"seen_seq": 2, "now_seq": 3}


WRONG_FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("dispatch", {}, "unit"), ("dispatch", {"unit": "nowhere"}, "unit"), ("dispatch", {"unit": ["a"]}, "unit"),
    ("dispatch", {"unit": UNIT, "state": "closed"}, "state"), ("dispatch", {"unit": UNIT, "nature": "anger"}, "nature"),
    ("dispatch", {"unit": UNIT, "county": "atlantis"}, "county"), ("dispatch", {"unit": UNIT, "duty": "x"}, "duty"),
    ("dispatch", {"unit": UNIT, "actor": {}}, "actor"), ("dispatch", {"unit": UNIT, "ticket_id": 2}, "ticket_id"),
    ("dispatch", {"unit": UNIT, "seen_seq": 0}, "seen_seq"), ("sign", {"seen_seq": "x"}, "seen_seq"),
    ("sign", {"seen_seq": 10**30}, "seen_seq"), ("sign", {"seen_seq": 1.5}, "seen_seq"),
    ("sign", {"seen_seq": True}, "seen_seq"), ("sign", {"seen_seq": []}, "seen_seq"),
    ("dispatch", {"unit": UNIT, "reason": "x" * 2001}, "reason"), ("send_to_seat", {"skill": "astrology"}, "skill"),
    ("send_to_triage", {}, "why"), ("amend", {"reason": "x", "confidential": "perhaps"}, "confidential"),
    ("amend", {"reason": "x", "accused_unit": "nowhere"}, "accused_unit"), ("supplement", {"text": ""}, "text"),
    ("close", {"end_reason": "bored"}, "end_reason"), ("close", {}, "end_reason"),
    ("follow_up", {"result": "solved", "call_rating": 6}, "call_rating"),
    ("follow_up", {"result": "solved", "matter_rating": 0}, "matter_rating"), ("follow_up", {}, "result"),
    ("answer_directly", {"public": "x" * 10_001}, "public"), ("withdraw", {"reason": 7}, "reason"),
]  # fmt: skip


def test_every_wrong_field_of_an_act_is_a_400_that_names_it_and_changes_nothing(api: Api) -> None:
    number = api.file()["number"]
    for act, form, name in WRONG_FORMS:
        answer = api.act("lin", number, act, **form)
        assert answer.status_code == 400, (act, form, answer.json)
        assert name in str(answer.json["errors"]), (act, form)
    assert api.stage.events(1) == ["registered"]


def test_an_act_that_does_not_exist_is_not_found(api: Api) -> None:
    number = api.file()["number"]
    for act in ("register", "warn", "mark_overdue", "bury", "delete", "Sign", "sign/", "%2e%2e"):
        assert api.act("zheng", number, act).status_code in (404, 405)


def test_a_ticket_is_handed_over_to_a_colleague_of_the_unit_only(api: Api) -> None:
    number = api.file_at_console()["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    for login in ("chen", "luo"):
        api.staff(login)
    stranger = api.act("zhou", number, "hand_over", staff_id=api.ids["luo"])
    assert (stranger.status_code, list(stranger.json["errors"])) == (400, ["staff_id"])
    assert api.act("zhou", number, "hand_over", staff_id=2**62).status_code == 400
    assert api.done("zhou", number, "hand_over", staff_id=api.ids["chen"])["event_count"] == 1


def test_each_roles_own_queue_opens_first(api: Api) -> None:
    number = api.file_at_console()["number"]
    api.stage.act(c.SendToTriage, 1, OPERATOR, why="要问清楚")
    opens = {login: api.staff(login).get("/api/v1/queues") for login in PEOPLE}
    listed = {login: [row["number"] for row in answer.json.get("tickets", ())] for login, answer in opens.items()}
    assert {login for login, numbers in listed.items() if numbers == [number]} == {"lin", "he", "zheng"}
    assert opens["root"].status_code == 403


def test_an_answer_has_exactly_the_fields_it_is_described_with(api: Api) -> None:
    number = api.file_at_console(name="王小明", phone="13812345678")["number"]
    row = api.staff("zheng").get("/api/v1/queues?holder_kind=router").json["tickets"][0]
    assert set(row) == {
        "number", "seq", "title", "state", "nature", "urgency", "county", "unit", "handler", "registered_at", "due_at",
        "is_warned", "is_overdue",
    }  # fmt: skip
    shown = api.staff("zheng").get(f"/api/v1/tickets/{number}").json
    assert set(shown) == {
        "number", "state", "holder_kind", "holder_id", "seq", "due_at", "title", "body", "nature", "urgency", "unit",
        "caller_name", "caller_phone", "timeline",
    }  # fmt: skip
    assert set(shown["timeline"][0]) == {
        "seq", "kind", "at", "actor_role", "actor_name", "actor_unit", "facts", "texts", "decision", "files",
    }  # fmt: skip
    assert shown["timeline"][0]["actor_role"] == Role.OPERATOR
