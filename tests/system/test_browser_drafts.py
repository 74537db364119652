"""Drafts in a real browser: kept while one types, there again after a crash, not written over by a second window."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.stack import Stack
from tests.system.browsing import chromium, person

BODY = "申请公租房租房补贴已经三个月了，一直没有人答复。"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with chromium() as started:
        yield started


def test_what_was_typed_is_there_again_after_the_browser_died(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator:
        operator.log_in("operator").open("/console")
        operator.page.keyboard.type(BODY)
        operator.sees("[data-draft-state]:has-text('草稿已存')")
        kept = operator.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        assert "公租房" not in kept
        assert operator.alarms == []
    with person(browser, stack) as again:
        again.log_in("operator").open("/console")
        again.page.click(f"a:has-text('{BODY[:10]}')")
        again.page.wait_for_url("**draft=**")
        assert again.page.input_value("#console-body") == BODY
        again.page.click("#console-body")
        again.page.keyboard.press("Control+Enter")
        again.page.wait_for_url("**read=**")
        again.open("/console")
        assert not again.page.locator(f"a:has-text('{BODY[:10]}')").count()


def test_the_second_window_is_told_and_both_texts_stay(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator:
        operator.log_in("operator").open("/console")
        operator.page.keyboard.type("第一个窗口")
        operator.sees("[data-draft-state]:has-text('草稿已存')")
        key = operator.page.input_value("input[name=key]")
        other = operator.page.context.new_page()
        other.goto(f"{stack.staff_url}/console?draft={key}")
        other.fill("#console-body", "第二个窗口")
        other.wait_for_selector("[data-draft-state]:has-text('草稿已存')")
        other.wait_for_selector("input[name=version][value='2']", state="attached")
        operator.page.fill("#console-body", "第一个窗口又写")
        operator.sees("[data-draft-note]:has-text('两份都在')")
        assert operator.page.input_value("#console-body") == "第一个窗口又写"
        assert operator.page.input_value("input[name=key]") != key
        other.reload()
        assert other.input_value("#console-body") == "第二个窗口"
        other.close()


def test_a_long_text_is_kept_too(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator:
        operator.log_in("operator").open("/console")
        operator.page.fill("#console-body", "申" * 9_000)  # 81 kB as a form sends it
        operator.sees("[data-draft-state]:has-text('草稿已存')")


def test_the_last_words_are_kept_though_a_save_is_under_way_when_the_page_goes(stack: Stack, browser: Any) -> None:
    with person(browser, stack) as operator:
        operator.log_in("operator").open("/console")
        saves: list[Any] = []

        def hold_the_first(route: Any) -> None:
            saves.append(route)
            if len(saves) > 1:
                route.continue_()

        operator.page.route("**/console/draft", hold_the_first)
        with operator.page.expect_request("**/console/draft"):
            operator.page.fill("#console-body", "先写的")
        operator.page.fill("#console-body", "后来又写的几个字")
        operator.open("/console")
        operator.page.unroute("**/console/draft")
        operator.page.reload()
        operator.sees("a:has-text('后来又写的几个字')")
        assert not operator.page.locator("a:has-text('先写的')").count()
