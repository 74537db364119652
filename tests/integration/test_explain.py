"""`hotline explain`: the decision, the person, the days that were counted, what comes next; nobody's name or phone."""

import json
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pytest

from router.decision import ROUTER_VERSION, decide_batch
from router.handlers import command_of
from shared.command import explain as verb
from shared.domain import commands as c
from shared.domain.numbers import number_of
from shared.domain.routing import RoutingInput
from tests.integration.stage import HANDLER, OPERATOR, OTHER_UNIT, ROUTER, SUPERVISOR, Stage, rules_of

TITLE, BODY = (
    "小区停水了",
    "锦江区春熙路街道总府路社区某小区从早上开始停水，物业说不知道原因，请尽快恢复供水。我的电话是13812345678。",
)


@pytest.fixture
def routed(stage: Stage, as_settings: Callable[[Stage], None]) -> int:
    """A ticket that the real router has dispatched."""
    as_settings(stage)
    ticket_id = stage.register(title=TITLE, body=BODY)
    rules = rules_of("chengdu")
    [decision] = decide_batch([RoutingInput(ticket_id, TITLE, BODY)], rules)
    stage.ledger.execute(command_of(stage.ticket(ticket_id), decision, ROUTER))
    return ticket_id


def said(stage: Stage, ticket_id: int, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    row = stage.ticket(ticket_id)
    number = number_of(row.id, row.registered_at, rules_of("chengdu").zone)
    chosen = {"english": False, "json": False} | options
    assert verb.run(Namespace(number=[number[:4], number[4:8], number[8:]], **chosen)) == 0
    return capsys.readouterr().out


def test_the_routers_decision_is_shown_with_candidates_words_and_versions(
    stage: Stage, routed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(stage, routed, capsys)
    assert "自动分派的依据" in text
    assert "1. " in text
    assert "停水" in text
    assert rules_of("chengdu").version in text
    assert ROUTER_VERSION in text
    assert "地点: 锦江区春熙路街道 总府路社区\n" in text
    assert "place: Chunxilu Subdistrict, Jinjiang District 总府路社区" in said(stage, routed, capsys, english=True)


def test_counties_that_compete_are_named(
    stage: Stage, capsys: pytest.CaptureFixture[str], as_settings: Callable[[Stage], None]
) -> None:
    as_settings(stage)
    ticket_id = stage.register(title="路灯坏了", body="石羊那边的路灯坏了一周")
    [decision] = decide_batch([RoutingInput(ticket_id, "路灯坏了", "石羊那边的路灯坏了一周")], rules_of("chengdu"))
    stage.ledger.execute(command_of(stage.ticket(ticket_id), decision, ROUTER))
    text = said(stage, ticket_id, capsys)
    assert "地点: 可能在 高新区、都江堰市\n" in text
    assert "请问是哪个区（市）县" in text


def test_who_stands_beside_it_and_why_others_do_not_have_it_is_said(
    stage: Stage, as_settings: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    as_settings(stage)
    ticket_id = stage.register(title="锦江区物业不作为", body="下雨就积水，教育局也不管")
    asked = RoutingInput(
        ticket_id, "锦江区物业不作为", "下雨就积水，教育局也不管", excluded_units=("jinjiang.education",)
    )
    [decision] = decide_batch([asked], rules_of("chengdu"))
    stage.ledger.execute(command_of(stage.ticket(ticket_id), decision, ROUTER))
    text = said(stage, ticket_id, capsys)
    assert "按目录协办: 成都市锦江区人民政府" in text
    assert "没有直接派给它: 把握 0." in text
    assert "不能办理: 成都市锦江区教育局" in text
    assert "退回过这件工单" in text
    english = said(stage, ticket_id, capsys, english=True)
    assert "co-handling by the catalogue: " in english
    assert "cannot have it: " in english


def test_the_working_days_that_were_counted_are_named(
    stage: Stage, capsys: pytest.CaptureFixture[str], as_settings: Callable[[Stage], None]
) -> None:
    as_settings(stage)
    ticket = stage.dispatched()
    text = said(stage, ticket.id, capsys)
    assert "09-08周二 09-09周三 09-10周四 09-11周五 09-14周一 09-15周二 09-16周三" in text
    assert "不计: 09-12周六–09-13周日 周末" in text
    assert "办理答复  到期 2026-09-16 17:00 周三" in text
    assert "签收  到期 2026-09-08 17:00 周二" in text
    assert "总时长  到期 " in text
    assert "四川省12345" in text
    assert "预警" in text.split("接下来会自动发生")[1].split("全过程")[0]


def test_a_person_who_overruled_the_router_is_shown_with_the_reason(
    stage: Stage, routed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.act(c.Redispatch, routed, SUPERVISOR, unit=OTHER_UNIT, reason="职责调整，联系人电话 02812345678")
    text = said(stage, routed, capsys)
    why = text.split("为什么在这里")[1].split("什么时候到期")[0]
    assert "改派 → 成都市城市管理委员会  督办  职责调整" in why
    assert "此前自动分派的意见" in why
    assert "02812345678" not in text


def test_the_english_answer_says_the_same(stage: Stage, routed: int, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(stage, routed, capsys, english=True)
    assert "Why it is here" in text
    assert "The router's reasons" in text
    assert "Reply  due " in text
    assert "hours, from" in text or "working days, from" in text


def test_names_phones_and_the_callers_words_stay_out(
    stage: Stage, routed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.act(c.Supplement, routed, OPERATOR, text="请打 13912345678 找李四。")
    for options in ({}, {"json": True}, {"english": True}):
        text = said(stage, routed, capsys, **options)
        for secret in ("王某", "13800000000", "13812345678", "13912345678", "李四", "物业说不知道原因"):
            assert secret not in text


def test_the_json_holds_due_time_decision_and_what_is_armed(
    stage: Stage, routed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(said(stage, routed, capsys, json=True))
    row = stage.ticket(routed)
    assert row.due_at is not None
    [reply] = [due for due in found["dues"] if due["stage"] == "reply"]
    assert reply["clock"]["due_at"].startswith(f"{row.due_at:%Y-%m-%dT%H:%M}")
    assert reply["segments"][0]["start"] == reply["clock"]["started_at"]
    assert found["decision"]["candidates"][0]["holder_id"] == row.holder_id
    armed = {(one["kind"], one["part"]) for one in found["armed"]}
    assert {("warn", "reply"), ("overdue", "sign"), ("overdue", "total")} <= armed
    assert [step["kind"] for step in found["steps"]] == ["registered", "dispatched"]


def test_a_ticket_at_triage_waits_for_a_person_and_says_why(
    stage: Stage, as_settings: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    as_settings(stage)
    ticket_id = stage.register()
    stage.act(c.SendToTriage, ticket_id, ROUTER, why="没有读出具体事项，请人工选择承办单位。")
    text = said(stage, ticket_id, capsys)
    assert "转人工分拣 → 人工分拣  自动分派  没有读出具体事项，请人工选择承办单位。" in text
    assert "派单  到期 " in text
    assert "超期 派单" in text.split("接下来会自动发生")[1]


def test_an_unknown_number_gets_a_sentence_and_two(
    stage: Stage, as_settings: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    as_settings(stage)
    stage.register()
    for number in ("260907999999", "abc", "2609 0700 0014"):
        assert verb.run(Namespace(number=[number], english=False, json=False)) == 2
        assert "没有流水号为" in capsys.readouterr().err


def test_another_units_handler_would_not_be_told(stage: Stage, routed: int) -> None:
    row = stage.ticket(routed)
    number = number_of(row.id, row.registered_at, rules_of("chengdu").zone)
    with stage.engine.connect() as connection:
        assert row.unit != HANDLER.unit
        assert verb.explanation_of(number, HANDLER, connection, rules_of("chengdu")) is None
