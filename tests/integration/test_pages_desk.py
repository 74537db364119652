"""The department's desk and the ticket page: the unit's way to an answer, conflicts, secrets."""

import re

import pytest

from shared.domain import commands as c
from shared.domain.terms import Stage as Stages
from shared.domain.terms import State
from tests.integration.site import Site
from tests.integration.stage import ANSWER, HANDLER, OPERATOR, OTHER_UNIT, SUPERVISOR, TIME, UNIT

_THREE = (("late one", "consultation"), ("soon one", "help"), ("calm one", "complaint"))


def test_the_unit_signs_replies_and_resolves_by_forms(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    desk = zhou.get("/desk")
    assert "自来水停了" in desk.text
    assert "待签收" in desk.text
    page = zhou.follow(zhou.post(f"/tickets/{number}/sign", back="desk"))
    assert f"签收 ✓ {number[:4]}" in page.text
    assert "Zhou Min" in page.text
    refused = zhou.post(f"/tickets/{number}/reply", public=ANSWER, internal="换管", back="desk")
    assert refused.status == 409
    assert "请先联系诉求人" in refused.text
    assert refused.typed("reply-public") == ANSWER
    assert refused.typed("reply-internal") == "换管"
    zhou.post(f"/tickets/{number}/reply", public=ANSWER, internal="换管", contacted="true", back="desk")
    zhou.post(f"/tickets/{number}/resolve", back="desk")
    assert site.stage.ticket(ticket_id).state is State.RESOLVED


def test_the_desk_shows_what_runs_out_first_with_cards_and_words(site: Site) -> None:
    late, soon, _ = (site.stage.dispatched(title=title, nature=nature) for title, nature in _THREE)
    site.stage.set_clock(site.stage.warn_at(soon.id))
    site.stage.act(c.MarkOverdue, late.id, TIME)
    site.stage.act(c.Warn, soon.id, TIME)
    page = site.person("zhou").get("/desk")
    assert page.text.index("late one") < page.text.index("soon one") < page.text.index("calm one")
    assert "已超期" in page.text
    assert "黄牌：时限将到" in page.text
    assert "超 3 工作日" in page.text
    assert "剩 1 工作日" in page.text
    assert "剩 9 工作日" in page.text


@pytest.mark.parametrize(
    ("only", "shown"), [("", "ab"), ("mine", "b"), ("unsigned", "a"), ("overdue", ""), ("nonsense", "ab")]
)
def test_the_filters_of_the_desk(site: Site, only: str, shown: str) -> None:
    zhou = site.person("zhou")
    site.stage.dispatched(title="件甲")
    signed = site.stage.dispatched(title="件乙").id
    zhou.post(f"/tickets/{site.number(signed)}/sign")
    rows = zhou.get(f"/desk?only={only}").html.split("<ol data-list>")[1].split("</ol>")[0]
    assert ("件甲" in rows, "件乙" in rows) == ("a" in shown, "b" in shown)


def test_a_colleague_who_was_first_is_named_and_the_text_stays(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    site.add("chen")
    zhou, chen, number = site.person("zhou"), site.person("chen"), site.number(ticket_id)
    zhou.post(f"/tickets/{number}/sign")
    seen = zhou.get(f"/desk?t={number}").value("seen_seq")
    chen.get("/desk")
    chen.post(f"/tickets/{number}/hand_over", staff_id=str(site.id_of("chen")))
    page = zhou.post(
        f"/tickets/{number}/reply", public="我写的答复", internal="内", contacted="true", seen_seq=seen, back="desk"
    )
    assert page.status == 409
    assert "Chen Ke · 成都市水务局 在" in page.text
    assert page.typed("reply-public") == "我写的答复"
    again = page.value("seen_seq")
    assert int(again) > int(seen)
    sent = zhou.post(f"/tickets/{number}/reply", public="我写的答复", internal="内", contacted="true", seen_seq=again)
    assert sent.status == 303


def test_what_was_written_survives_even_a_ticket_that_has_left(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    zhou.post(f"/tickets/{number}/sign")
    zhou.get(f"/desk?t={number}")
    site.stage.act(c.Redispatch, ticket_id, SUPERVISOR, unit=OTHER_UNIT, reason="职责")
    for back in ("desk", "ticket"):
        page = zhou.post(f"/tickets/{number}/reply", public="一小时的心血", internal="内", contacted="true", back=back)
        assert page.status == 404
        assert "一小时的心血" in page.text
        assert "城市管理" not in page.text


def test_returning_names_the_basis_and_a_proposed_unit(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    zhou.get("/desk")
    missing = zhou.post(f"/tickets/{number}/return", reason="不归我们", back="desk")
    assert missing.status == 400
    assert missing.typed("return-reason") == "不归我们"
    form = {"basis": "三定方案", "reason": "不归我们", "proposed_unit": "城市管理委员会"}
    page = zhou.follow(zhou.post(f"/tickets/{number}/return", **form, back="desk"))
    assert "已不在这个队列" in page.text
    assert site.stage.ticket(ticket_id).proposed_unit == OTHER_UNIT


def test_another_units_ticket_does_not_exist(site: Site) -> None:
    number = site.number(site.stage.dispatched().id)
    luo = site.person("luo")
    foreign, missing = luo.get(f"/tickets/{number}"), luo.get("/tickets/260907999990")
    assert foreign.status == missing.status == 404
    assert _without_id(foreign.text) == _without_id(missing.text)
    assert luo.post(f"/tickets/{number}/sign").status == 404
    assert "自来水停了" not in luo.get("/desk").text
    assert site.stage.rows("SELECT action FROM access_log WHERE action = 'denied'")


def test_the_phone_is_masked_and_shown_for_a_written_reason_only(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    page = zhou.get(f"/desk?t={number}")
    assert "138****0000" in page.text
    assert "13800000000" not in page.html
    short = zhou.post(f"/tickets/{number}/reveal", reason="看", back="desk")
    assert short.status == 400
    assert "至少写 5 个字" in short.text
    shown = zhou.post(f"/tickets/{number}/reveal", reason="要约时间上门", back="desk")
    assert "13800000000" in shown.text.replace(" ", "")
    assert "13800000000" not in zhou.get(f"/desk?t={number}").html
    noted = site.stage.rows("SELECT reason, fields FROM access_log WHERE action = 'revealed'")
    assert noted == [{"reason": "要约时间上门", "fields": ["phone"]}]


def test_a_hidden_caller_has_neither_name_nor_phone_nor_button(site: Site) -> None:
    ticket_id = site.stage.dispatched(hidden_identity=True).id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    page = zhou.get(f"/desk?t={number}")
    assert "来电人不愿透露身份" in page.text
    assert "0000" not in page.text.replace(" ", "").replace(number, "")
    assert "/reveal" not in page.html
    assert "8613800000000" not in zhou.post(f"/tickets/{number}/reveal", reason="要约时间上门").html


def test_every_look_at_a_ticket_is_written_down(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou = site.person("zhou")
    zhou.get(f"/tickets/{site.number(ticket_id)}")
    noted = site.stage.rows("SELECT staff_id FROM access_log WHERE action = 'viewed' AND ticket_id = :id", id=ticket_id)
    assert [row["staff_id"] for row in noted] == [site.id_of("zhou")]


def test_a_page_that_refreshes_itself_is_one_look(site: Site) -> None:
    first, second = site.stage.dispatched().id, site.stage.dispatched().id
    zhou = site.person("zhou")
    refreshing = {"X-Refresh": "1"}
    zhou.get(f"/tickets/{site.number(first)}")
    for _ in range(3):
        zhou.get(f"/tickets/{site.number(first)}", headers=refreshing)
    zhou.get(f"/tickets/{site.number(second)}", headers=refreshing)  # never looked at before, whatever the header says
    noted = site.stage.rows("SELECT ticket_id FROM access_log WHERE action = 'viewed' ORDER BY id")
    assert [row["ticket_id"] for row in noted] == [first, second]


def test_only_acts_that_are_legal_now_are_offered(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number = site.number(ticket_id)
    offered = set(_acts(site.person("zhou").get(f"/tickets/{number}").html))
    assert {"sign", "return", "hand_over"} <= offered
    assert not {"reply", "approve", "resolve", "redispatch", "dispatch"} & offered
    assert "redispatch" in _acts(site.person("zheng").get(f"/tickets/{number}").html)


def test_the_leader_approves_and_a_handler_cannot(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    site.stage.act(c.Sign, ticket_id, HANDLER)
    site.stage.act(c.Reply, ticket_id, HANDLER, public=ANSWER, internal="换管", contacted=True)
    number = site.number(ticket_id)
    assert not {"approve", "send_back"} & set(_acts(site.person("zhou").get(f"/tickets/{number}").html))
    chen = site.person("chen")
    assert {"approve", "send_back"} <= set(_acts(chen.get(f"/tickets/{number}").html))
    chen.post(f"/tickets/{number}/send_back", reason="没有写清楚")
    assert site.stage.ticket(ticket_id).state is State.SIGNED


def test_the_page_explains_the_date_and_the_way_here(site: Site) -> None:
    ticket_id = site.stage.register()
    site.stage.act(c.Dispatch, ticket_id, OPERATOR, unit=UNIT, nature="help", reason="供水归水务")
    page = site.person("zhou").get(f"/tickets/{site.number(ticket_id)}")
    assert "求助 7 个工作日，从 09-08 周二 起算，共 49 小时" in page.text
    assert "四川省12345" in page.text
    assert "到期 09-16 周三 17:00" in page.text
    assert "供水归水务" in page.text


def test_a_queue_longer_than_a_page_is_read_page_by_page(site: Site) -> None:
    for _ in range(52):
        site.stage.dispatched()
    zhou = site.person("zhou")
    first = zhou.get("/desk")
    assert first.html.count("<li data-id=") == 50
    following = [attrs["href"] for tag, attrs in first.tags if tag == "a" and "after=" in (attrs.get("href") or "")]
    assert zhou.get(str(following[0])).html.count("<li data-id=") == 2
    assert zhou.get("/desk?after=rubbish|x").status == 200
    assert len(first.html.encode()) < 150_000


def _acts(html: str) -> list[str]:
    return re.findall(r'action="/tickets/\d+/(\w+)"', html)


def _without_id(text: str) -> str:
    return text.split("请求编号", maxsplit=1)[0]


def test_the_handler_notes_the_talk_and_the_caller_reads_how_far_it_is(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, number = site.person("zhou"), site.number(ticket_id)
    zhou.post(f"/tickets/{number}/sign")
    assert "首次联系" in zhou.get(f"/tickets/{number}").text
    page = zhou.follow(zhou.post(f"/tickets/{number}/contact", note="约在明天上午"))
    assert "约在明天上午" in page.text
    assert Stages.FIRST_CONTACT not in site.stage.ticket(ticket_id).clocks
    zhou.post(f"/tickets/{number}/report", public="管子已经挖开，正在换。")
    told = site.caller(ticket_id).get("/ticket").text
    assert "管子已经挖开，正在换。" in told
    assert "约在明天上午" not in told
