"""The wrong way by pages: an operator takes back, an expert answers, passes on and hands back; a city's switches."""

import re
from dataclasses import replace
from typing import Any

import pytest

import intake.acts
import intake.pages.sheet
from intake import stores
from shared.domain import commands as c
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, State
from tests.integration.site import Site
from tests.integration.stage import ANSWER, HANDLER, OPERATOR, UNIT, rules_at


def acts(html: str) -> set[str]:
    return set(re.findall(r'action="/tickets/\d+/(\w+)"', html))


@pytest.fixture
def switched(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the city's policy be another for pages and ledger."""

    def switch(**policy: Any) -> None:
        standing = rules_at(None, site.city)  # type: ignore[arg-type]
        rules = replace(standing, policy=replace(standing.policy, **policy))

        def of(*_: Any) -> Rules:
            return rules

        for module in (intake.acts, intake.pages.sheet):
            monkeypatch.setattr(module, "rules", of)
        monkeypatch.setattr(stores.ledger(), "_rules_of", of)
        monkeypatch.setattr(site.stage.ledger, "_rules_of", of)

    return switch


def test_the_operator_takes_a_wrong_dispatch_back_from_the_ticket_page(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    lin, number = site.person("lin"), site.number(ticket_id)
    assert {"recall", "redispatch", "amend"} <= acts(lin.get(f"/tickets/{number}").html)
    missing = lin.post(f"/tickets/{number}/recall", reason="")
    assert missing.status == 400
    page = lin.follow(lin.post(f"/tickets/{number}/recall", reason="应当是城管的事"))
    assert "应当是城管的事" in page.text
    assert site.stage.ticket(ticket_id).holder_kind is HolderKind.TRIAGE
    assert "自来水停了" not in site.person("zhou").get("/desk").text
    assert "承办单位派得不对" in site.caller(ticket_id).get("/ticket").text


def test_once_signed_the_operator_is_not_offered_to_take_it_back(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    site.stage.act(c.Sign, ticket_id, HANDLER)
    page = site.person("lin").get(f"/tickets/{site.number(ticket_id)}")
    assert not {"recall", "redispatch"} & acts(page.html)


def test_the_seat_shows_each_skill_with_its_age_and_answering_goes_on_to_the_next(site: Site) -> None:
    first, second = (site.stage.register(title=title) for title in ("怎么报税", "发票怎么开"))
    for ticket_id in (first, second):
        site.stage.act(c.SendToSeat, ticket_id, OPERATOR, skill="tax")
    wu = site.person("wu")
    page = wu.get("/seat?only=tax")
    assert "税务" in page.text
    assert "最早 09-07 周一 10:00" in page.text
    assert page.html.count("<li data-id=") == 2
    assert wu.get("/seat?only=nonsense").html.count("<li data-id=") == 2
    wu.post(f"/tickets/{site.number(first)}/take", back="seat", only="tax")
    assert wu.get("/seat?only=mine").html.count("<li data-id=") == 1
    page = wu.follow(wu.post(f"/tickets/{site.number(first)}/answer_directly", public="网上办。", back="seat"))
    assert "发票怎么开" in page.text
    assert "直接答复 ✓" in page.text
    assert site.stage.ticket(first).state is State.RESOLVED


def test_the_expert_passes_on_to_a_unit_or_hands_back_with_a_reason_and_has_it_no_more(site: Site) -> None:
    first, second = site.stage.register(), site.stage.register()
    for ticket_id in (first, second):
        site.stage.act(c.SendToSeat, ticket_id, OPERATOR, skill="tax")
    wu, number = site.person("wu"), site.number(first)
    assert {"dispatch", "send_to_seat", "send_to_triage"} <= acts(wu.get(f"/tickets/{number}").html)
    refused = wu.post(f"/tickets/{number}/dispatch", unit="成都市水务局", back="seat")
    assert (refused.status, "请写一句为什么转出" in refused.text) == (409, True)
    assert wu.post(f"/tickets/{number}/dispatch", unit="成都市水务局", reason="归水务", back="seat").status == 303
    assert site.stage.ticket(first).unit == UNIT
    assert wu.get(f"/tickets/{number}").status == 404
    wu.post(f"/tickets/{site.number(second)}/send_to_triage", why="听不懂", back="seat")
    assert site.stage.ticket(second).holder_kind is HolderKind.TRIAGE


def test_a_reply_says_why_there_was_no_contact_and_the_caller_does_not_read_it(site: Site, switched: Any) -> None:
    switched(contact_evidence=True)
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    zhou.post(f"/tickets/{number}/sign", back="desk")
    form = {"public": ANSWER, "internal": "内", "contacted": "true", "back": "desk"}
    refused = zhou.post(f"/tickets/{number}/reply", **form)
    assert (refused.status, "请先用“联系了诉求人”记下" in refused.text) == (409, True)
    assert refused.typed("reply-public") == ANSWER
    zhou.post(f"/tickets/{number}/reply", **form, no_contact="三次无人接听")
    zhou.post(f"/tickets/{number}/resolve", back="desk")
    assert site.stage.ticket(ticket_id).state is State.RESOLVED
    assert "三次无人接听" in zhou.get(f"/tickets/{number}").text
    assert "三次无人接听" not in site.caller(ticket_id).get("/ticket").text


def test_with_approval_the_handler_waits_and_the_leader_has_a_queue(site: Site, switched: Any) -> None:
    switched(approval_units=(UNIT,))
    ticket_id, number = site.stage.dispatched().id, ""
    site.stage.act(c.Sign, ticket_id, HANDLER)
    site.stage.act(c.Reply, ticket_id, HANDLER, public=ANSWER, internal="换管", contacted=True)
    number = site.number(ticket_id)
    page = site.person("zhou").get(f"/tickets/{number}")
    assert "答复在等本单位领导审核" in page.text
    assert "resolve" not in acts(page.html)
    chen = site.person("chen")
    assert chen.get("/desk?only=to_approve").html.count("<li data-id=") == 1
    chen.post(f"/tickets/{number}/approve", back="desk", only="to_approve")
    assert chen.get("/desk?only=to_approve").html.count("<li data-id=") == 0
    site.person("zhou").post(f"/tickets/{number}/resolve", back="desk")
    assert site.stage.ticket(ticket_id).state is State.RESOLVED
