"""The caller's word on the tracking page and over the API, and what the hotline sees of it."""

import pytest

from shared.domain import commands as c
from shared.domain.terms import Channel, EndReason, State
from tests.integration.api import Api
from tests.integration.site import Site
from tests.integration.stage import HANDLER, OPERATOR, Stage

ASKS = "问题解决了吗"


def done_again(stage: Stage, ticket_id: int) -> None:
    stage.act(c.Sign, ticket_id, HANDLER)
    stage.act(c.Reply, ticket_id, HANDLER, public="又修了一次。", internal="换泵", contacted=True)
    stage.act(c.Resolve, ticket_id, HANDLER)


def test_the_caller_says_solved_and_the_follow_up_queue_loses_the_ticket(site: Site) -> None:
    ticket_id = site.stage.resolved().id
    operator, caller = site.person("lin"), site.caller(ticket_id)
    assert "自来水停了" in operator.get("/followups").text
    assert ASKS in caller.get("/ticket").text
    page = caller.follow(caller.post("/ticket/confirm", solved="true", call_rating="5", matter_rating="4"))
    assert "这件事记为已经解决" in page.text
    assert site.stage.ticket(ticket_id).end_reason is EndReason.SOLVED
    assert "自来水停了" not in operator.get("/followups").text
    seen = operator.get(f"/tickets/{site.number(ticket_id)}").text
    assert "诉求人确认：已解决" in seen
    assert "一次一评 很满意，一事一评 满意" in seen


def test_the_caller_says_not_solved_and_the_unit_reads_why(site: Site) -> None:
    ticket_id = site.stage.resolved().id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    page = caller.follow(caller.post("/ticket/confirm", solved="false", reason="晚上又停了"))
    assert "重新办理" in page.text
    assert "晚上又停了" in page.text
    assert ASKS not in page.text
    assert "晚上又停了" in site.person("zhou").get(f"/desk?t={site.number(ticket_id)}").text


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"reason": "晚上又停了"}, "请填写"),
        ({"solved": "false", "matter_rating": "1"}, "哪里还没有解决"),
        ({"solved": "true", "reason": "晚上又停了", "matter_rating": "9"}, "请从列表里选"),
        ({"solved": "false", "reason": "停" * 2001}, "2000"),
    ],
)
def test_a_word_that_cannot_be_taken_keeps_what_was_typed(site: Site, form: dict[str, str], says: str) -> None:
    caller = site.caller(site.stage.resolved().id)
    caller.get("/ticket")
    page = caller.post("/ticket/confirm", **form)
    assert page.status == 400
    assert says in page.text
    assert page.typed("confirm-reason") == form.get("reason", "")
    radios = [attrs for tag, attrs in page.tags if tag == "input" and attrs.get("name") == "solved"]
    assert [attrs["value"] for attrs in radios if "checked" in attrs] == [
        said for name, said in form.items() if name == "solved"
    ]


def test_only_who_called_is_asked_about_the_call(site: Site) -> None:
    for channel, asked in ((Channel.PHONE, True), (Channel.WEB, False)):
        page = site.caller(site.stage.resolved(channel=channel).id).get("/ticket")
        assert ("confirm-call_rating" in page.html) is asked
        assert "confirm-matter_rating" in page.html


def test_after_the_last_redo_the_caller_is_told_that_a_person_decides(site: Site) -> None:
    ticket_id = site.stage.resolved().id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    for _ in range(2):
        caller.post("/ticket/confirm", solved="false", reason="还是停水")
        done_again(site.stage, ticket_id)
    assert "由工作人员决定怎么办" in caller.get("/ticket").text
    page = caller.follow(caller.post("/ticket/confirm", solved="false", reason="还是停水"))
    assert "这次由工作人员决定" in page.text
    assert "工作人员正在决定怎么办" in page.text
    again = caller.post("/ticket/confirm", solved="false", reason="真的还在停")
    assert (again.status, again.typed("confirm-reason")) == (409, "真的还在停")
    assert "请决定怎么办" in site.person("lin").get(f"/followups?t={site.number(ticket_id)}").text


def test_an_unfinished_request_asks_for_no_confirmation(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    caller = site.caller(ticket_id)
    assert ASKS not in caller.get("/ticket").text
    page = caller.post("/ticket/confirm", solved="false", reason="太慢")
    assert page.status == 409
    assert "太慢" in page.text


def test_an_answered_call_can_be_sent_back_from_the_archive_and_goes_to_triage(site: Site) -> None:
    ticket_id = site.stage.register()
    site.stage.act(c.AnswerDirectly, ticket_id, OPERATOR, public="请带身份证办理。")
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    caller.follow(caller.post("/ticket/confirm", solved="false", reason="窗口说办不了"))
    assert site.stage.ticket(ticket_id).state is State.REOPENED
    assert "自来水停了" in site.person("lin").get("/triage").text


def test_the_api_takes_the_callers_word(api: Api) -> None:
    accepted = api.file()
    number = accepted["number"]
    api.done("lin", number, "answer_directly", public="当场答复。")
    code, path = {"Pick-Up-Code": accepted["pick_up_code"]}, f"/api/v1/tickets/{number}/confirm"
    client = api.public()
    refused = client.post(path, json={"solved": False}, headers=code)
    assert (refused.status_code, refused.json["code"]) == (400, "reason_missing")
    assert client.post(path, json={"solved": True, "call_rating": 5}, headers=code).status_code == 400
    rated = client.post(path, json={"solved": True, "matter_rating": 2}, headers=code)
    assert (rated.status_code, rated.json["state"], rated.json["event_count"]) == (200, "closed", 1)
    again = client.post(path, json={"solved": True, "matter_rating": 5}, headers=code)
    assert (again.status_code, again.json["code"]) == (400, "not_to_rate")
    reopened = client.post(path, json={"solved": False, "reason": "没有用"}, headers=code)
    assert (reopened.json["state"], reopened.json["event_count"]) == ("reopened", 2)
    steps = api.follow(accepted).json["timeline"]
    assert [step["kind"] for step in steps[:2]] == ["reopened", "confirmed"]


def test_nobody_in_the_house_speaks_for_the_caller(api: Api) -> None:
    accepted = api.file()
    api.done("lin", accepted["number"], "answer_directly", public="当场答复。")
    for login in ("lin", "zheng"):
        assert api.act(login, accepted["number"], "confirm", solved=True).status_code == 404
