"""The pages in a real browser: one ticket by three people, live; keys alone; no JavaScript; nothing lost or moved."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.stack import Stack, wait
from tests.system.browsing import Person, chromium, person

HOUSING = "申请公租房租房补贴已经三个月了，一直没有人答复，请查一下。"  # goes to the desk of the demo's handler
ANSWER = "王女士，您好。补贴已于今天发放到您的银行卡。有事请打 028-0000 0145。"
HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} </script><script>alert(2)</script> 金牛区茶店子路灯不亮"
CITIZEN = ("/", "/new", "/new/done", "/ticket", "/ticket/withdraw", "/nowhere", "/?size=large", "/ticket?lang=en")
FACES = {
    "operator": ("/", "/console", "/triage", "/followups", "/search"),
    "handler": ("/", "/desk", "/desk/team"),
    "expert": ("/", "/seat"),
    "supervisor": ("/", "/overview"),
    "admin": ("/", "/admin"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with chromium() as started:
        yield started


def test_one_ticket_by_three_people_who_see_each_step_live(stack: Stack, browser: Any) -> None:
    with (
        person(browser, stack) as operator,
        person(browser, stack) as handler,
        person(browser, stack, viewport={"width": 390, "height": 844}) as caller,
    ):
        number, code = _register_by_keys_alone(operator.log_in("operator"))
        handler.log_in("handler").open(f"/desk?t={number}")
        caller.follow(number, code)
        for someone in (caller, operator):
            someone.page.evaluate("window.sameAsBefore = true")  # gone if the page is loaded anew

        handler.page.keyboard.press("s")
        handler.page.wait_for_url("**said=sign**")
        caller.sees("h1:has-text('正在办理')")
        handler.page.keyboard.press("r")
        handler.page.keyboard.type(ANSWER)
        handler.page.fill("#reply-internal", "已核对发放记录。")
        handler.page.check("#reply-contacted")
        handler.page.keyboard.press("Control+Enter")
        handler.page.wait_for_url("**said=reply**")
        assert caller.page.locator("h1").inner_text() == "正在办理"  # nothing of a reply still under review
        handler.page.click("button:has-text('办结')")
        caller.sees("h1:has-text('已答复')")
        caller.sees(f"text={ANSWER}")

        assert caller.page.evaluate("window.sameAsBefore") is True
        operator.open(f"/followups?t={number}")
        operator.page.check("input[name=result][value=solved]")
        operator.page.check("input[name=matter_rating][value='5']")
        operator.page.click("#form-follow_up button")
        operator.page.wait_for_url("**said=follow_up**")
        caller.sees("text=这件事已经结束")
        assert [*operator.alarms, *handler.alarms, *caller.alarms] == []


def test_a_page_that_a_form_has_opened_still_hears_what_happens(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator, person(browser, stack) as caller:
        operator.log_in("operator").open("/console")
        with operator.page.expect_response("**/stream/queue"):
            operator.page.evaluate("let f = document.getElementById('call-act'); f.action = '/calls/next'; f.submit()")
        with operator.page.expect_response(lambda answer: "x-refresh" in answer.request.headers) as again:
            caller.file("路灯坏了三天，晚上很黑。")
        assert (again.value.status, again.value.url) == (200, f"{stack.staff_url}/console")


def test_the_router_decision_appears_on_the_console_by_itself(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator:
        _register_by_keys_alone(operator.log_in("operator"))
        operator.sees(".promise:has-text('成都市住房和城乡建设局办理')")
        operator.sees(".said mark")
        operator.page.keyboard.press("?")
        operator.sees("dialog[open] >> text=全部按键")
        operator.page.keyboard.press("Escape")
        operator.page.wait_for_selector("dialog#help", state="hidden")
        operator.page.keyboard.press("/")
        operator.sees("#search:focus")
        assert operator.alarms == []


def test_every_task_works_without_javascript(stack: Stack, browser: Any) -> None:
    with (
        person(browser, stack, java_script_enabled=False) as caller,
        person(browser, stack, java_script_enabled=False) as handler,
    ):
        number, _ = caller.file(HOUSING)
        caller.open("/ticket", public=True)
        caller.page.click("summary:has-text('补充情况')")
        caller.page.fill("#supplement-text", "身份证尾号 0001")
        caller.page.click("button:has-text('补充')")
        caller.sees("text=补充的内容已经记下")
        handler.log_in("handler")
        wait(lambda: _is_at_the_desk(handler, number), "the ticket at the desk", 20, every=0.5)
        handler.page.click("button:has-text('签收')")
        handler.page.fill("#reply-public", ANSWER)
        handler.page.fill("#reply-internal", "已核对。")
        handler.page.check("#reply-contacted")
        handler.page.click("#form-reply button")
        handler.page.click("button:has-text('办结')")
        caller.open("/ticket", public=True)
        caller.sees(f"text={ANSWER}")
        caller.open("/", public=True)
        caller.sees("text=这台设备正在跟踪一件诉求")


def test_hostile_text_opens_no_dialog_and_breaks_no_policy(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as caller, person(browser, stack) as handler, person(browser, stack) as supervisor:
        number, _ = caller.file(HOSTILE)
        caller.open("/ticket", public=True)
        caller.page.click("summary:has-text('补充情况')")
        caller.page.fill("#supplement-text", HOSTILE)
        caller.page.click("button:has-text('补充')")
        caller.sees("text={{7*7}}")
        supervisor.log_in("supervisor").open(f"/tickets/{number}")
        supervisor.page.click("#do-redispatch > summary")
        supervisor.page.fill("#redispatch-unit", "成都市住房和城乡建设局")
        supervisor.page.fill("#redispatch-reason", HOSTILE)
        supervisor.page.click("#do-redispatch button.button")
        supervisor.page.wait_for_url("**said=**")
        handler.log_in("handler").open(f"/desk?t={number}")
        handler.page.keyboard.press("s")
        handler.page.wait_for_url("**said=sign**")
        handler.page.fill("#reply-public", HOSTILE)
        handler.page.fill("#reply-internal", HOSTILE)
        handler.page.check("#reply-contacted")
        handler.page.click("#form-reply button")
        handler.page.click("button:has-text('办结')")
        caller.sees("h1:has-text('已答复')")
        for someone in (caller, handler, supervisor):
            assert "<img src=x onerror=alert(1)>" in someone.page.inner_text("body")
            assert someone.page.locator("img").count() == 0
            assert someone.alarms == []


def test_what_is_being_typed_stays_while_the_ticket_changes(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as caller, person(browser, stack) as handler:
        number, code = caller.file(HOUSING)
        handler.log_in("handler")
        wait(lambda: _is_at_the_desk(handler, number), "the ticket at the desk", 20, every=0.5)
        handler.page.keyboard.press("s")
        handler.page.wait_for_url("**said=sign**")
        handler.page.keyboard.press("r")
        handler.page.keyboard.type("写到一半")
        caller.follow(number, code)
        caller.page.click("summary:has-text('补充情况')")
        caller.page.fill("#supplement-text", "家里还有老人")
        caller.page.click("button:has-text('补充')")
        handler.sees(".line >> text=家里还有老人")
        assert handler.page.input_value("#reply-public") == "写到一半"
        assert handler.page.evaluate("document.activeElement.id") == "reply-public"
        handler.page.fill("#reply-internal", "内")
        handler.page.check("#reply-contacted")
        handler.page.click("#reply-public")
        handler.page.keyboard.press("Control+Enter")
        handler.sees("text=先做了：补充")
        assert handler.page.input_value("#reply-public") == "写到一半"
        assert handler.alarms == []


def test_new_work_waits_behind_one_line_and_moves_no_row(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as caller, person(browser, stack) as handler:
        caller.file(HOUSING)
        handler.log_in("handler")
        wait(lambda: _rows(handler) > 0, "a row", 20, every=0.5)
        handler.page.wait_for_timeout(1500)  # until whatever came before has been shown
        handler.page.reload()
        handler.page.keyboard.press("j")
        before, count = handler.page.evaluate("document.activeElement.getBoundingClientRect().top"), _rows(handler)
        caller.file(HOUSING)
        handler.sees("[data-news]:not([hidden])")
        assert handler.page.evaluate("document.activeElement.getBoundingClientRect().top") == before
        assert _rows(handler) == count
        handler.page.keyboard.press(".")
        assert _rows(handler) > count
        assert handler.alarms == []


def test_a_lost_connection_is_said_after_five_seconds_and_heals(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as caller:
        number, code = caller.file(HOUSING)
        caller.follow(number, code)
        stack.stop("stream")
        try:
            caller.sees(".lost:has-text('连接断了，正在重连')", 20)
        finally:
            stack.start("stream")
        caller.page.wait_for_selector(".lost", state="detached", timeout=40_000)


@pytest.mark.parametrize("width", [360, 768, 1024, 1440, 2560])
def test_no_page_scrolls_sideways(stack: Stack, browser: Any, width: int) -> None:
    wide = []
    with person(browser, stack, viewport={"width": width, "height": 800}) as citizen:
        citizen.file(HOUSING)
        for path in CITIZEN:
            citizen.open(path, public=True)
            wide += [path] if _is_too_wide(citizen) else []
    for login, paths in FACES.items():
        with person(browser, stack, viewport={"width": width, "height": 800}) as someone:
            someone.log_in(login)
            for path in (*paths, "/?lang=en", *paths):
                someone.open(path)
                wide += [path] if _is_too_wide(someone) else []
    assert wide == []


def _register_by_keys_alone(operator: Person) -> tuple[str, str]:
    operator.open("/console")
    keyboard = operator.page.keyboard
    keyboard.type(HOUSING)  # the page has put the cursor there
    keyboard.press("Control+Enter")
    operator.page.wait_for_url("**read=**")
    digits, code = operator.page.locator(".dock .digits").all_inner_texts()
    return re.sub(r"\D", "", digits), code.replace(" ", "")


def _is_at_the_desk(handler: Person, number: str) -> bool:
    handler.open(f"/desk?t={number}")
    return bool(handler.page.locator(f"a[href='/tickets/{number}']").count())


def _rows(handler: Person) -> int:
    if "/desk" not in handler.page.url:
        handler.open("/desk")
    return int(handler.page.locator("[data-list] [data-id]").count())


def _is_too_wide(someone: Person) -> bool:
    return bool(someone.page.evaluate("document.documentElement.scrollWidth > innerWidth"))
