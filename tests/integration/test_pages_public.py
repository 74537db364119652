"""The citizens' pages, by form and without scripts."""

import re
from pathlib import Path

import pytest

from intake import stores
from shared.cities.load import load_city
from shared.domain import commands as c
from shared.domain.terms import State
from shared.settings import settings
from tests.integration.site import Page, Site
from tests.integration.stage import ANSWER, CITY, HANDLER, OPERATOR, TIME, UNIT

STATIC = Path(__file__).parents[2] / "intake/static"
BODY = "天府三街云华苑昨晚十点停水，整栋楼都没有水。\n第二段。"


def test_the_landing_page_says_what_the_line_is_and_keeps_the_language(site: Site) -> None:
    visitor = site.visitor()
    assert "说一次，有人管" in visitor.get("/").text
    assert "Say it once" in visitor.get("/?lang=en").text
    assert "Say it once" in visitor.get("/").text


def test_a_request_from_the_web_gets_number_code_link_and_what_comes_next(site: Site) -> None:
    visitor = site.visitor()
    form = visitor.get("/new")
    sent = visitor.post("/new", key=form.value("key"), body=BODY, name="王女士", phone="136 1234 6217")
    done = visitor.follow(sent)
    assert re.search(r"\d{4} \d{4} \d{4}", done.text)
    assert re.search(r"[0-9A-Z]{5} [0-9A-Z]{5}", done.text)
    assert "/f/" in done.text
    assert "正在确定由哪个单位办理" in done.text
    tracking = visitor.get("/ticket")
    assert "已受理" in tracking.text
    assert BODY.replace("\n", " ") in tracking.text


def test_pressing_send_twice_makes_one_ticket(site: Site) -> None:
    visitor = site.visitor()
    key = visitor.get("/new").value("key")
    for _ in range(2):
        assert visitor.post("/new", key=key, body=BODY).status == 303
    assert site.stage.rows("SELECT count(*) FROM ticket")[0]["count"] == 1


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"body": "  "}, "请填写"),
        ({"body": BODY, "phone": "12"}, "电话号码不对"),
        ({"body": BODY, "email": "nowhere"}, "邮箱地址不对"),
        ({"body": BODY, "county": "atlantis"}, "没有这个区"),
    ],
)
def test_a_mistake_is_explained_and_nothing_typed_is_lost(site: Site, form: dict[str, str], says: str) -> None:
    visitor = site.visitor()
    visitor.get("/new")
    page = visitor.post("/new", **form, name="王女士")
    assert page.status == 400
    assert says in page.text
    assert page.value("name") == "王女士"
    assert page.typed("new-body") == form["body"].strip()


def test_number_and_code_open_the_ticket_however_they_are_typed(site: Site) -> None:
    ticket_id = site.stage.register()
    number, code = site.number(ticket_id), site.stage.keys.pick_up_code(ticket_id, 1)
    visitor = site.visitor()
    visitor.get("/")
    typed = f" {number[:4]} {number[4:8]}-{number[8:]}"
    page = visitor.follow(visitor.post("/follow", number=typed, code=f"{code[:5]} {code[5:]}".lower()))
    assert "已受理" in page.text


def test_a_wrong_code_is_answered_neutrally_and_the_sixth_try_waits(site: Site) -> None:
    number = site.number(site.stage.register())
    visitor = site.visitor()
    visitor.get("/")
    for _ in range(5):
        page = visitor.post("/follow", number=number, code="0000000000")
        assert (page.status, page.value("number")) == (404, number)
        assert "流水号或提取码不对" in page.text
    page = visitor.post("/follow", number=number, code="0000000000")
    assert page.status == 429
    assert int(page.response.headers["Retry-After"]) > 0
    assert page.value("number") == number


def test_a_follow_link_becomes_a_cookie_and_stays_in_no_page(site: Site) -> None:
    ticket_id = site.stage.register()
    token = site.stage.keys.link_token(ticket_id, 1)
    visitor = site.visitor()
    answer = visitor.get(f"/f/{token}")
    assert (answer.status, answer.location) == (303, "/ticket")
    page = visitor.get("/ticket")
    assert token not in page.html
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert site.visitor().get("/f/" + "A" * len(token)).status == 404


def test_without_a_cookie_the_tracking_page_leads_to_the_entrance(site: Site) -> None:
    answer = site.visitor().get("/ticket")
    assert (answer.status, answer.location) == (303, "/")


def test_the_caller_reads_every_step_in_plain_words_and_no_internal_ones(site: Site) -> None:
    ticket_id = site.stage.resolved().id
    page = site.caller(ticket_id).get("/ticket")
    assert "已答复" in page.text
    assert ANSWER in page.text
    assert "成都市水务局已经开始办理" in page.text
    assert "换管" not in page.text
    assert page.text.index("已经答复您") < page.text.index("已经开始办理") < page.text.index("已经登记")


def test_the_state_is_explained_in_the_citys_words_and_the_readers_language(site: Site) -> None:
    caller = site.caller(site.stage.resolved().id)
    chinese, english = load_city(CITY).states[State.RESOLVED]
    assert chinese in caller.get("/ticket").text
    assert english in caller.get("/ticket?lang=en").text


def test_the_next_step_names_the_promised_time_and_why(site: Site) -> None:
    ticket_id = site.stage.dispatched(nature="help").id
    page = site.caller(ticket_id).get("/ticket")
    assert "9 月 16 日（星期三）下午 5:00 前答复您" in page.text
    assert "7 个工作日" in page.text
    assert "成都市水务局" in page.text


def test_a_missed_promise_is_said_openly(site: Site) -> None:
    ticket = site.stage.dispatched()
    site.stage.set_clock(site.stage.clock(ticket.id).overdue_at)
    site.stage.act(c.MarkOverdue, ticket.id, TIME)
    assert "没有做到" in site.caller(ticket.id).get("/ticket").text


def test_the_caller_can_add_urge_and_withdraw(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    assert "已经记下" in caller.follow(caller.post("/ticket/supplement", text="家里有老人")).text
    assert "家里有老人" in caller.get("/ticket").text
    assert "催办已经记下" in caller.follow(caller.post("/ticket/urge")).text
    assert "您刚刚催过" in caller.follow(caller.post("/ticket/urge")).text
    assert "不再办理" in caller.get("/ticket/withdraw").text
    assert "已撤回" in caller.follow(caller.post("/ticket/withdraw", reason="修好了")).text
    assert site.stage.events(ticket_id)[-4:] == ["dispatched", "supplemented", "urged", "withdrawn"]


def test_an_act_that_came_too_late_keeps_what_was_written(site: Site) -> None:
    ticket_id = site.stage.register()
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    site.stage.act(c.AnswerDirectly, ticket_id, OPERATOR, public=ANSWER)
    page = caller.post("/ticket/supplement", text="还有一件事")
    assert page.status == 409
    assert "刚刚变了" in page.text
    assert "还有一件事" in page.text


def test_this_device_can_be_forgotten(site: Site) -> None:
    caller = site.caller(site.stage.register())
    caller.get("/ticket")
    caller.follow(caller.post("/leave"))
    assert caller.get("/ticket").status == 303


def test_the_tracking_page_weighs_at_most_20_kb_with_style_and_script(site: Site) -> None:
    ticket_id = site.stage.dispatched(unit=UNIT).id
    site.stage.act(c.Sign, ticket_id, HANDLER)
    site.stage.act(c.Reply, ticket_id, HANDLER, public=ANSWER * 3, internal="换管", contacted=True)
    site.stage.act(c.Resolve, ticket_id, HANDLER)
    caller = site.caller(ticket_id)
    page = caller.get("/ticket")
    wanted = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js)[^"]*)"', page.html)
    assert len(wanted) >= 3
    sizes = [_size(caller.get(address, headers={"Accept-Encoding": "gzip"})) for address in wanted]
    assert len(page.html.encode()) + sum(sizes) <= 20_000, (len(page.html.encode()), sizes)


def test_large_text_is_a_saved_choice_without_script(site: Site) -> None:
    visitor = site.visitor()
    assert 'data-size="large"' in visitor.get("/?size=large").html
    assert 'data-size="large"' in visitor.get("/new").html
    assert 'data-size="large"' not in visitor.get("/?size=normal").html


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/follow", 405), ("/f/x", 404)])
def test_every_error_is_a_page_with_a_sentence(site: Site, path: str, status: int) -> None:
    for language, word in (("zh", "首页"), ("en", "start page")):
        page = site.visitor().get(f"{path}?lang={language}")
        assert page.status == status
        assert word in page.text


def test_without_the_database_a_page_says_so_in_the_readers_language(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = site.caller(site.stage.register())
    caller.get("/?lang=en")
    site.stage.engine.dispose()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nowhere")
    settings.cache_clear()
    stores.engine().dispose()
    stores.engine.cache_clear()
    page = caller.get("/ticket")
    assert page.status == 503
    assert int(page.response.headers["Retry-After"]) > 0
    assert "Busy for a moment" in page.text


def test_a_form_without_its_token_is_refused_with_a_page(site: Site) -> None:
    page = site.visitor().post("/new", body=BODY)
    assert page.status == 403
    assert "这个表单已经失效" in page.text


def _size(page: Page) -> int:
    assert page.status == 200
    return len(page.response.get_data())
