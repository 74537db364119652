"""The staff's pages, by form and without scripts: who may open what, and how the hotline's own faces work."""

import re
from dataclasses import replace

import pytest

from router.decision import decide_batch
from router.handlers import command_of
from shared import people
from shared.domain import commands as c
from shared.domain.routing import RoutingInput
from shared.domain.terms import HolderKind, Role, State
from tests.integration.site import PASSWORD, PEOPLE, Site, Visitor
from tests.integration.stage import OPERATOR, OTHER_UNIT, ROUTER, TIME, UNIT, rules_of

WATER, MANAGEMENT = "成都市水务局", "成都市城市管理委员会"
FACES = ("/console", "/triage", "/followups", "/desk", "/seat", "/overview", "/admin")
OPEN = {
    "lin": {"/console", "/triage", "/followups"},
    "zhou": {"/desk"},
    "wu": {"/seat"},
    "zheng": {"/console", "/triage", "/followups", "/overview"},
    "root": {"/admin"},
}
ANSWER = "请带身份证到任一网点办理。"


@pytest.mark.parametrize("login", OPEN)
def test_each_role_opens_its_own_faces_and_no_others(site: Site, login: str) -> None:
    person = site.person(login)
    assert person.get("/").status == 200
    found = {face: person.get(face).status for face in FACES}
    assert found == {face: 200 if face in OPEN[login] else 403 for face in FACES}


@pytest.mark.parametrize("path", ["/", *FACES, "/tickets/260907000013"])
def test_nobody_reads_anything_without_logging_in(site: Site, path: str) -> None:
    answer = Visitor(site.staff).get(path)
    assert (answer.status, answer.location) == (303, "/login")


def test_login_says_the_same_for_an_unknown_login_and_a_wrong_password(site: Site) -> None:
    site.add("lin")
    visitor = Visitor(site.staff)
    visitor.get("/login")
    pages = [visitor.post("/login", login=login, password="not it at all") for login in ("lin", "nobody")]
    assert [page.status for page in pages] == [401, 401]
    assert pages[0].text == pages[1].text
    assert pages[0].value("login") == "lin"
    assert PASSWORD not in pages[0].html


def test_logging_out_ends_the_session_on_the_server(site: Site) -> None:
    person = site.person("lin")
    cookie = person.client.get_cookie("staff")
    assert cookie is not None
    person.post("/logout")
    person.client.set_cookie("staff", cookie.value)
    assert person.get("/console").location == "/login"


def test_a_page_that_refreshes_itself_does_not_keep_a_session_alive(site: Site) -> None:
    lin = site.person("lin")
    site.stage.as_owner("UPDATE session SET seen_at = clock_timestamp() - interval '29 min'")
    assert lin.get("/console", headers={"X-Refresh": "1"}).status == 200
    idle = "SELECT clock_timestamp() - seen_at > interval '5 min' AS is_idle FROM session"
    assert site.stage.rows(idle) == [{"is_idle": True}]
    assert lin.get("/console").status == 200
    assert site.stage.rows(idle) == [{"is_idle": False}]
    site.stage.as_owner("UPDATE session SET seen_at = clock_timestamp() - interval '31 min'")
    assert lin.get("/console").location == "/login"


def test_the_one_time_code_makes_the_first_administrator_once(site: Site) -> None:
    with site.stage.engine.begin() as connection:
        code = people.issue_admin_code(connection)
    visitor = Visitor(site.staff)
    visitor.get("/setup")
    wrong = visitor.post("/setup", code="0" * 20, login="boss", name="Boss", password=PASSWORD)
    assert (wrong.status, wrong.value("login")) == (400, "boss")
    assert visitor.post("/setup", code=code, login="boss", name="Boss", password="short").status == 400
    assert visitor.post("/setup", code=code, login="boss", name="Boss", password=PASSWORD).status == 303
    assert visitor.post("/setup", code=code, login="boss2", name="Boss", password=PASSWORD).status == 400
    assert visitor.post("/login", login="boss", password=PASSWORD).status == 303


def test_the_operator_registers_and_reads_number_and_code_out(site: Site) -> None:
    lin = site.person("lin")
    form = lin.get("/console")
    caller = {"name": "王女士", "phone": "13612346217", "channel": "phone"}
    sent = lin.post("/console", key=form.value("key"), body="停水了", **caller)
    page = lin.follow(sent)
    number = sent.location.split("=")[1]
    spoken = page.text
    assert f"{number[:4]} {number[4:8]} {number[8:]}" in spoken
    assert "二六零九" in spoken
    assert re.search(r"提取码[0-9A-Z]{5} [0-9A-Z]{5}", spoken.replace(" 提取码 ", "提取码"))
    assert "已经登记，正在确定由哪个单位办理" in spoken
    assert "13612346217" not in page.html


def test_the_promise_to_say_names_who_and_when_once_it_is_known(site: Site) -> None:
    lin = site.person("lin")
    lin.get("/console")
    sent = lin.post("/console", body="停水了", channel="phone")
    site.stage.act(c.Dispatch, 1, OPERATOR, unit=UNIT, nature="help")
    assert f"这件事由{WATER}办理，9 月 16 日（星期三）下午 5:00 前给您答复" in lin.follow(sent).text


def test_another_operator_is_not_shown_the_pick_up_code(site: Site) -> None:
    lin, he = site.person("lin"), site.person("he")
    lin.get("/console")
    location = lin.post("/console", body="停水了", channel="phone").location
    code = site.stage.keys.pick_up_code(1, 1)
    page = he.follow(he.get(location))
    assert page.status == 200
    assert code[:5] not in page.text
    assert [row["action"] for row in site.stage.rows("SELECT action FROM access_log WHERE action = 'code_read'")] == []


def test_a_direct_answer_registers_and_closes_in_one_step(site: Site) -> None:
    lin = site.person("lin")
    form = lin.get("/console")
    missing = lin.post("/console", key=form.value("key"), body="老年卡怎么年审", channel="phone", then="answer")
    assert (missing.status, missing.typed("console-body")) == (400, "老年卡怎么年审")
    sent = lin.post(
        "/console", key=form.value("key"), body="老年卡怎么年审", channel="phone", then="answer", answer=ANSWER
    )
    page = lin.follow(sent)
    assert ANSWER in page.text
    assert site.stage.ticket(1).state is State.CLOSED
    assert ANSWER in site.caller(1).get("/ticket").text


def test_triage_accepts_a_unit_by_its_name_and_goes_on_to_the_next(site: Site) -> None:
    first, second = _triaged(site), _triaged(site)
    lin = site.person("lin")
    assert lin.get("/triage").text.count("自来水停了") >= 2
    number = site.number(first)
    wrong = lin.post(f"/tickets/{number}/dispatch", unit="没有这个局", reason="我写的理由", back="triage", seen_seq="2")
    assert wrong.status == 400
    assert "没有这个单位" in wrong.text
    assert wrong.value("unit") == "没有这个局"
    assert wrong.typed("dispatch-reason") == "我写的理由"
    page = lin.follow(lin.post(f"/tickets/{number}/dispatch", unit=WATER, back="triage", seen_seq="2"))
    assert site.stage.ticket(first).holder_id == UNIT
    assert site.number(second)[:8] in page.html.replace(" ", "")
    assert site.stage.ticket(second).holder_kind is HolderKind.TRIAGE


def test_triage_shows_who_could_and_who_cannot_have_it_and_accepts_the_best_with_one_key(site: Site) -> None:
    title, rules = "公园里占道经营，街道和教育局都不管，锦江区物业不作为", rules_of("chengdu")
    ticket_id = site.stage.register(title=title, body="")
    sure = replace(rules, policy=replace(rules.policy, threshold=1.0))
    [decision] = decide_batch([RoutingInput(ticket_id, title, "", excluded_units=("jinjiang.management",))], sure)
    site.stage.ledger.execute(command_of(site.stage.ticket(ticket_id), decision, ROUTER))
    lin = site.person("lin")
    page = lin.get("/triage")
    assert [f'data-key="{key}"' in page.html for key in (1, 2, 3)] == [True] * 3
    assert "不到 1.00，不自动派" in page.text
    assert "退回过这件工单" in page.text
    best = decision.candidates[0]
    number = site.number(ticket_id)
    lin.follow(lin.post(f"/tickets/{number}/dispatch", unit=best.holder_id, back="triage", seen_seq="2"))
    assert site.stage.ticket(ticket_id).holder_id == best.holder_id
    assert "比首选少" in lin.get(f"/tickets/{number}").text


def test_not_accepting_tells_the_caller_where_to_go(site: Site) -> None:
    ticket_id = _triaged(site)
    lin = site.person("lin")
    lin.get("/triage")
    lin.post(f"/tickets/{site.number(ticket_id)}/not_accept", public="请向法院起诉。", back="triage")
    assert "请向法院起诉。" in site.caller(ticket_id).get("/ticket").text


def test_the_follow_up_closes_a_solved_ticket_and_sends_an_unsolved_one_back(site: Site) -> None:
    solved, unsolved = site.stage.resolved().id, site.stage.resolved().id
    lin = site.person("lin")
    lin.get("/followups")
    missing = lin.post(f"/tickets/{site.number(solved)}/follow_up", back="followups", note="她说好了")
    assert missing.status == 400
    assert missing.typed("follow_up-note") == "她说好了"
    lin.post(f"/tickets/{site.number(solved)}/follow_up", result="solved", call_rating="5", matter_rating="4")
    lin.post(f"/tickets/{site.number(unsolved)}/follow_up", result="not_solved")
    assert site.stage.ticket(solved).state is State.CLOSED
    assert site.stage.ticket(unsolved).state is State.REOPENED
    assert "一次一评 很满意，一事一评 满意" in lin.get(f"/tickets/{site.number(solved)}").text


def test_the_expert_takes_a_question_and_answers_it(site: Site) -> None:
    ticket_id = site.stage.register(title="个税怎么退", body="个税怎么退")
    site.stage.act(c.SendToSeat, ticket_id, OPERATOR, skill="tax")
    wu = site.person("wu")
    assert "个税怎么退" in wu.get("/seat").text
    number = site.number(ticket_id)
    wu.post(f"/tickets/{number}/take", back="seat")
    wu.post(f"/tickets/{number}/answer_directly", public=ANSWER, back="seat")
    assert ANSWER in site.caller(ticket_id).get("/ticket").text
    assert "个税怎么退" in site.person("lin").get("/followups").text


def test_the_supervisor_sees_what_is_late_and_moves_it(site: Site) -> None:
    ticket = site.stage.dispatched()
    site.stage.set_clock(site.stage.clock(ticket.id).overdue_at)
    site.stage.act(c.MarkOverdue, ticket.id, TIME)
    zheng = site.person("zheng")
    page = zheng.get("/overview")
    assert "自来水停了" in page.text
    assert WATER in page.text
    number = site.number(ticket.id)
    zheng.get(f"/tickets/{number}")
    page = zheng.follow(zheng.post(f"/tickets/{number}/redispatch", unit=MANAGEMENT, reason="职责在城管"))
    assert f"改派 → {MANAGEMENT}" in page.text
    assert site.stage.ticket(ticket.id).holder_id == OTHER_UNIT


def test_what_was_typed_of_a_new_account_is_kept_when_it_is_wrong(site: Site) -> None:
    root = site.person("root")
    root.get("/admin")
    bad = root.post("/admin/people", login="new", name="", role="handler", unit="nowhere")
    assert (bad.status, bad.value("login")) == (400, "new")


def test_an_operator_cannot_make_accounts(site: Site) -> None:
    lin = site.person("lin")
    lin.get("/console")
    assert lin.post("/admin/people", login="x", name="x", role="admin", password=PASSWORD).status == 403
    assert site.stage.rows("SELECT count(*) FROM staff WHERE login = 'x'")[0]["count"] == 0


def test_the_search_box_opens_a_ticket_by_its_number(site: Site) -> None:
    ticket_id = site.stage.register()
    number = site.number(ticket_id)
    lin = site.person("lin")
    page = lin.follow(lin.post("/search", q=f"{number[:4]} {number[4:8]} {number[8:]}"))
    assert "自来水停了" in page.text
    assert "没有找到" in lin.post("/search", q="99999").text


def test_every_role_of_the_house_is_tried_here() -> None:
    roles = {person["role"] for person in PEOPLE.values()}
    assert roles == {Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN}


def _triaged(site: Site) -> int:
    ticket_id = site.stage.register()
    site.stage.act(c.SendToTriage, ticket_id, ROUTER, why="没有写明地点。")
    return ticket_id
