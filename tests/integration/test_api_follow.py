"""Following over the API: number and pick-up code, limits on guessing, what a caller is told (SECURITY 2.2)."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain import commands as c
from shared.domain.numbers import number_of
from tests.integration.api import Api
from tests.integration.stage import ANSWER, HANDLER, MONDAY, OPERATOR, UNIT, Stage, rules_of

WRONG = "0000000000"


def replied(api: Api) -> dict[str, Any]:
    accepted = api.file(name="王小明", phone="13812345678")
    number = accepted["number"]
    api.done("lin", number, "dispatch", unit=UNIT, reason="内部说明：领导关注")
    api.done("zhou", number, "sign")
    api.done("zhou", number, "reply", public=ANSWER, internal="内部经过：换了阀门", contacted=True)
    return accepted


def test_number_and_code_show_the_status_the_holder_and_every_public_step(api: Api) -> None:
    accepted = replied(api)
    api.done("zhou", accepted["number"], "resolve")
    seen = api.follow(accepted).json
    assert set(seen) == {"number", "status", "status_text", "holder", "promised_at", "timeline"}
    assert (seen["status"], seen["status_text"], seen["holder"]) == ("resolved", "已答复", "12345 热线")
    assert [step["kind"] for step in seen["timeline"]] == ["resolved", "signed", "dispatched", "registered"]
    assert all(set(step) == {"seq", "kind", "at", "text", "text_en", "answer", "files"} for step in seen["timeline"])
    assert seen["timeline"][0]["answer"] == ANSWER


def test_a_caller_never_reads_what_is_written_for_colleagues(api: Api) -> None:
    accepted = replied(api)
    before = api.follow(accepted).get_data(as_text=True)
    api.done("zhou", accepted["number"], "resolve")
    after = api.follow(accepted).get_data(as_text=True)
    for word in ("内部", "Zhou Min", "Lin Xiao", "王小明", "13812345678", "water_affairs"):
        assert word not in before + after


def test_an_answer_under_review_is_not_shown_yet(api: Api) -> None:
    accepted = replied(api)
    assert ANSWER not in api.follow(accepted).get_data(as_text=True)


def test_case_blanks_hyphens_and_look_alikes_in_code_and_number_are_forgiven(api: Api) -> None:
    accepted = api.file()
    code, number = accepted["pick_up_code"], accepted["number"]
    spoken = f" {code[:5].lower()} - {code[5:].replace('0', 'O').replace('1', 'l').replace('V', 'u')} "
    for typed in (number, f"{number[:4]} {number[4:8]}-{number[8:]}", number[6:].lstrip("0")):
        assert api.follow({**accepted, "number": typed}, code=spoken).status_code == 200


def test_the_answer_never_says_which_part_was_wrong(api: Api) -> None:
    accepted, other = api.file(), api.file()
    missing = number_of(10**6, MONDAY, rules_of("chengdu").zone)
    answers = [
        api.follow(accepted, code=WRONG),
        api.follow(accepted, code=other["pick_up_code"]),
        api.follow({**accepted, "number": missing}),
        api.follow({**accepted, "number": "hello"}),
        api.follow({**accepted, "number": "250907" + accepted["number"][6:]}),
        api.public().post(f"/api/v1/tickets/{other['number']}/urge", json={}, headers={"Pick-Up-Code": WRONG}),
    ]
    bodies, headers = [], []
    for answer in answers:
        assert answer.status_code == 404
        bodies.append({name: value for name, value in answer.json.items() if name != "request_id"})
        headers.append({name: value for name, value in answer.headers if name != "X-Request-Id"})
    assert all(body == bodies[0] for body in bodies)
    assert all(one == headers[0] for one in headers)


def test_without_a_code_nothing_is_shown(api: Api) -> None:
    accepted = api.file()
    answer = api.public().get(f"/api/v1/tickets/{accepted['number']}")
    assert answer.status_code == 401
    assert "Pick-Up-Code" in answer.json["detail"]


def test_the_sixth_wrong_code_of_an_hour_finds_the_number_locked_from_wherever_it_comes(api: Api) -> None:
    accepted = api.file()
    for _ in range(5):
        assert api.follow(accepted, code=WRONG).status_code == 404
    locked = api.follow(accepted, code=WRONG)
    assert (locked.status_code, locked.json["code"]) == (429, "too_many_tries")
    assert 3500 < int(locked.headers["Retry-After"]) <= 3600
    assert api.follow(accepted).status_code == 429
    assert api.follow({**accepted, "number": accepted["number"][6:]}).status_code == 429


def test_the_owner_with_the_link_still_gets_in_while_the_number_is_locked(api: Api) -> None:
    accepted = api.file()
    for _ in range(6):
        api.follow(accepted, code=WRONG)
    client = api.public()
    opened = client.get("/f/" + accepted["link"].rsplit("/", 1)[1])
    assert (opened.status_code, opened.headers["Location"]) == (303, "/ticket")
    assert client.get("/ticket").status_code == 200


def test_an_hour_later_the_number_is_open_again(api: Api) -> None:
    accepted = api.file()
    for _ in range(6):
        api.follow(accepted, code=WRONG)
    api.stage.as_owner("UPDATE attempt SET since = since - interval '1 hour'")
    assert api.follow(accepted).status_code == 200


def test_a_locked_number_locks_no_other(api: Api) -> None:
    accepted, other = api.file(), api.file()
    for _ in range(6):
        api.follow(accepted, code=WRONG)
    assert api.follow(other).status_code == 200


def test_what_is_no_number_at_all_locks_nobody_out(api: Api) -> None:
    for _ in range(6):
        api.follow({"number": "hello", "pick_up_code": WRONG})
    assert api.follow({"number": "world", "pick_up_code": WRONG}).status_code == 404


def test_one_address_may_guess_at_twenty_numbers_an_hour_and_no_more(api: Api) -> None:
    accepted = api.file()
    zone = rules_of("chengdu").zone
    for n in range(20):
        guess = {"number": number_of(10**6 + n, MONDAY, zone), "pick_up_code": WRONG}
        assert api.follow(guess, address="2001:db8:1:2::1").status_code == 404
    assert api.follow(accepted, address="2001:db8:1:2:ffff::9").status_code == 429  # the same /64
    assert api.follow(accepted, address="2001:db8:1:3::1").status_code == 200


def test_a_forwarded_address_does_not_dodge_the_limit(api: Api) -> None:
    accepted = api.file()
    client = api.public("203.0.113.7")
    zone = rules_of("chengdu").zone
    for n in range(21):
        path = f"/api/v1/tickets/{number_of(10**6 + n, MONDAY, zone)}"
        last = client.get(path, headers={"Pick-Up-Code": WRONG, "X-Forwarded-For": f"10.0.0.{n}"})
    assert last.status_code == 429
    assert api.follow(accepted, address="203.0.113.7").status_code == 429


def test_a_new_version_of_the_code_revokes_code_link_and_cookie(api: Api) -> None:
    accepted = api.file()
    client = api.public()
    client.get("/f/" + accepted["link"].rsplit("/", 1)[1])
    assert client.get("/ticket").status_code == 200
    told = api.done("lin", accepted["number"], "renew_code", reason="报对了姓名和地址")
    assert api.follow(accepted).status_code == 404
    assert client.get("/ticket").status_code != 200
    assert client.get("/f/" + accepted["link"].rsplit("/", 1)[1]).status_code == 404
    assert api.follow(accepted | {"pick_up_code": told["pick_up_code"]}).status_code == 200
    assert "pick_up_code" not in api.done("lin", accepted["number"], "urge")


def test_the_cookie_dies_ninety_days_after_the_end(api: Api) -> None:
    accepted = api.file()
    client = api.public()
    client.get("/f/" + accepted["link"].rsplit("/", 1)[1])
    api.done("lin", accepted["number"], "answer_directly", public="当场答复。")
    api.stage.set_clock(MONDAY + timedelta(days=89))
    assert client.get("/ticket").status_code == 200
    api.stage.set_clock(MONDAY + timedelta(days=90, minutes=1))
    assert client.get("/ticket").status_code != 200


@pytest.mark.parametrize("token", ["x", "a" * 22, "_" * 34, "A" * 10_000, "..%2f..", "%00", "提取码"])
def test_a_link_that_was_never_given_out_opens_nothing(api: Api, token: str) -> None:
    client = api.public()
    assert client.get(f"/f/{token}").status_code in (303, 404)
    assert client.get("/ticket").status_code != 200


def test_a_caller_adds_urges_and_withdraws_and_nothing_else(api: Api) -> None:
    accepted = api.file()
    code, path = {"Pick-Up-Code": accepted["pick_up_code"]}, f"/api/v1/tickets/{accepted['number']}"
    client = api.public()
    assert client.post(f"{path}/supplement", json={"text": "是三号楼。"}, headers=code).json["seq"] == 2
    assert client.post(f"{path}/urge", json={}, headers=code).json["event_count"] == 1
    assert client.post(f"{path}/urge", json={}, headers=code).json["event_count"] == 0
    for act in ("sign", "dispatch", "close", "reply", "redispatch", "follow_up"):
        assert client.post(f"{path}/{act}", json={}, headers=code).status_code == 404
    assert client.post(f"{path}/withdraw", json={"reason": "来水了"}, headers=code).json["state"] == "withdrawn"
    refused = client.post(f"{path}/supplement", json={"text": "又停了"}, headers=code)
    assert (refused.status_code, refused.json["code"]) == (409, "not_now")


def test_a_caller_who_saw_an_older_state_is_told_of_the_change(api: Api) -> None:
    accepted = api.file()
    ticket_id = newest(api.stage)
    api.stage.act(c.Dispatch, ticket_id, OPERATOR, unit=UNIT)
    api.stage.act(c.Sign, ticket_id, HANDLER)
    path = f"/api/v1/tickets/{accepted['number']}/withdraw"
    answer = api.public().post(path, json={"seen_seq": 1}, headers={"Pick-Up-Code": accepted["pick_up_code"]})
    assert (answer.status_code, answer.json["code"]) == (409, "changed_meanwhile")
    assert answer.json["errors"] == {"seen_seq": 1, "now_seq": 3}


def newest(stage: Stage) -> int:
    return int(stage.rows("SELECT max(id) AS id FROM ticket")[0]["id"])
