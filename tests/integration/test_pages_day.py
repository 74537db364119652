"""A whole day by pages alone: a call, a draft and a crash, triage, the unit with approval, follow-up, archive."""

import re
from typing import Any

from shared.domain.terms import HolderKind, State
from tests.integration.site import Page, Visitor
from tests.integration.telephony import Adapter, answered
from tests.integration.test_calls_pages import seated
from tests.integration.test_pages_passing import switched  # noqa: F401

BODY = "家里停水三天了，物业说不归他们管，请派人来看看。"


def form(page: Page, act: str) -> dict[str, str]:
    """Return what a form of the page carries beside the typing; the form must be there."""
    found = re.search(rf'action="(/tickets/\d+/{act})"(.*?)</form>', page.html, re.DOTALL)
    assert found, f"no form to {act}"
    hidden = dict(re.findall(r'<input type="hidden" name="(seen_seq|back|only)" value="([^"]*)"', found[2]))
    return {"path": found[1], **hidden}


def press(person: Visitor, page: Page, act: str, **typed: str) -> Page:
    """Send a form of the page as it stands there and go where it leads."""
    sent = form(page, act)
    return person.follow(person.post(sent.pop("path"), **sent, **typed))


def test_a_day_from_the_call_to_the_archive_by_pages_alone(adapter: Adapter, switched: Any) -> None:  # noqa: F811
    site, lin = adapter.api.site, seated(adapter)
    switched(approval_required=True, contact_evidence=True)
    stage = site.stage

    # The operator answers, types, and the machine crashes; in a new window the words are there again.
    adapter.hear(*answered())
    link = re.search(r'href="(/console\?call=\d+)"', lin.get("/console").html)
    assert link
    page = lin.get(link[1])
    hidden = {name: page.value(name) for name in ("key", "version", "writer", "call")}
    lin.post("/console/draft", **hidden, body=BODY, then="draft")
    page = lin.get(link[1])
    assert page.typed("console-body") == BODY
    hidden = {name: page.value(name) for name in ("key", "version", "writer", "call")}
    read_out = lin.follow(lin.post("/console", **hidden, body=BODY + "五楼。", channel="phone"))
    number = re.sub(r"\D", "", read_out.html.partition('class="digits">')[2].partition("</span>")[0])
    ticket_id = stage.rows("SELECT id FROM ticket")[0]["id"]
    assert site.number(ticket_id) == number
    assert "我的草稿" not in lin.get("/console").text

    # The router is asked nothing here: the operator takes it to triage, dispatches, sees the mistake, takes it back.
    page = press(lin, lin.get(f"/tickets/{number}"), "send_to_triage", why="要问清楚归谁管")
    press(lin, lin.get(f"/triage?t={number}"), "dispatch", unit="成都市城市管理委员会", reason="物业")
    press(lin, lin.get(f"/tickets/{number}"), "recall", reason="停水归水务，派错了")
    press(lin, lin.get(f"/triage?t={number}"), "dispatch", unit="成都市水务局", nature="help")

    # The handler finds it, signs, speaks with the caller, replies; the leader approves; the handler resolves.
    zhou, chen = site.person("zhou"), site.person("chen")
    assert "停水三天" in zhou.get("/desk?only=unassigned").text
    page = press(zhou, zhou.get(f"/desk?t={number}"), "sign")
    assert "138****5678" in page.text
    page = press(zhou, page, "contact", note="约好下午上门")
    page = press(zhou, page, "reply", public="管道已换，今晚恢复供水。", internal="换 DN20", contacted="true")
    assert "等本单位领导审核" in page.text
    page = press(chen, chen.get("/desk?only=to_approve"), "approve")
    press(zhou, zhou.get(f"/desk?t={number}"), "resolve")
    assert stage.ticket(ticket_id).holder_kind is HolderKind.FOLLOW_UP

    # The operator takes the next one: nobody answers; at another time of day somebody does.
    lin.get("/followups")
    page = lin.follow(lin.post("/followups/next"))
    assert "管道已换" in page.text
    press(lin, page, "follow_up", result="unreachable")
    stage.as_owner("UPDATE errand SET not_before = business_now()")
    lin.get("/followups")
    page = lin.follow(lin.post("/followups/next"))
    assert "已试 1 次" in page.text
    page = press(lin, page, "follow_up", result="solved", call_rating="5", matter_rating="5")
    assert "现在没有要您打的" in page.text
    assert stage.ticket(ticket_id).state is State.CLOSED
    assert "管道已换" in site.caller(ticket_id).get("/ticket").text
    earlier = lin.follow(lin.post("/search", q=number))
    assert "归档" in earlier.text
