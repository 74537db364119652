"""Drafts at the console: kept as one types, resumed after a crash, two windows, registered in the same step, let go."""

from typing import Any

import pytest

from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from tests.integration.site import Page, Site, Visitor
from tests.integration.stage import OPERATOR, rules_of
from tests.integration.telephony import Adapter, answered
from tests.integration.test_calls_pages import seated
from worker.tidying import Tidying

BODY = "春熙路的路灯坏了三天。"
SCRIPT = {"Accept": "application/json"}


def opened(lin: Visitor, path: str = "/console") -> dict[str, str]:
    """Open a form and return what it sends beside the typing."""
    page = lin.get(path)
    return {name: page.value(name) for name in ("key", "version", "writer", "call") if page.value(name)}


def typed(lin: Visitor, form: dict[str, str], **fields: str) -> dict[str, Any]:
    """Save as the page's script does; the form takes on what the answer says."""
    data = {"csrf_token": lin.token, **form, **fields}
    answer = lin.client.post("/console/draft", data=data, headers=SCRIPT)
    said = dict(answer.json or {})
    form |= {"key": said["key"], "version": str(said["version"])}
    return said | {"status": answer.status_code}


def standing(page: Page) -> str:
    return page.typed("console-body")


def rows(site: Site) -> list[Any]:
    return site.stage.rows("SELECT key, version, fields FROM draft ORDER BY updated_at")


def test_what_was_typed_survives_a_crash_and_only_its_writer_sees_it(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    assert typed(lin, form, body=BODY, phone="13912340000")["version"] == 1
    assert typed(lin, form, body=BODY + "很黑。", phone="13912340000")["version"] == 2
    assert "路灯" in lin.get("/console").text  # the list of my drafts
    page = lin.get(f"/console?draft={form['key']}")
    assert standing(page) == BODY + "很黑。"
    assert page.value("phone") == "13912340000"
    he = site.person("he")
    assert "路灯" not in he.get("/console").text
    assert "路灯" not in he.get(f"/console?draft={form['key']}").text
    (row,) = rows(site)
    assert "路灯".encode() not in bytes(row["fields"])
    assert b"1391234" not in bytes(row["fields"])


def test_the_button_saves_without_a_script_and_the_draft_can_be_thrown_away(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    page = lin.follow(lin.post("/console/draft", **form, body=BODY, then="draft"))
    assert standing(page) == BODY
    assert "草稿已存" in page.text
    lin.post("/console/draft/discard", key=form["key"])
    assert rows(site) == []
    assert "已经登记、扔掉或过期" in lin.get(f"/console?draft={form['key']}").text


def test_registering_removes_the_draft_in_the_same_step_and_it_leads_to_its_ticket(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    typed(lin, form, body=BODY)
    refused = lin.post("/console", **form, body=BODY, phone="123")
    assert refused.status == 400
    assert len(rows(site)) == 1
    number = lin.post("/console", **form, body=BODY).location.partition("read=")[2]
    assert rows(site) == []
    assert lin.get(f"/console?draft={form['key']}").location.endswith(f"read={number}")


def test_a_save_that_comes_after_the_registration_is_kept_only_if_it_says_something_else(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    typed(lin, form, body=BODY)
    number = lin.post("/console", **form, body=BODY).location.partition("read=")[2]
    same = typed(lin, form, body=BODY)
    assert (same["status"], rows(site)) == (200, [])
    late = typed(lin, form, body=BODY + "还有")
    assert (late["status"], late["other"]) == (409, f"/tickets/{number}")
    (copy,) = rows(site)
    assert copy["key"] == late["key"]


def test_the_button_pressed_late_leads_to_the_ticket_and_keeps_nothing_twice(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    number = lin.post("/console", **form, body=BODY, accused_unit="成都市水务局").location.partition("read=")[2]
    page = lin.follow(lin.post("/console/draft", **form, body=BODY, accused_unit="成都市水务局", then="draft"))
    assert page.location.endswith(f"read={number}")
    assert rows(site) == []


@pytest.mark.parametrize("by_script", [True, False])
def test_of_two_windows_the_older_is_told_and_both_texts_are_kept(site: Site, by_script: bool) -> None:
    lin = site.person("lin")
    first = opened(lin)
    typed(lin, first, body=BODY)
    second = opened(lin, f"/console?draft={first['key']}")
    key = first["key"]
    assert typed(lin, second, body="第二个窗口写的")["status"] == 200
    if by_script:
        late = typed(lin, first, body="第一个窗口写的")
        assert (late["status"], late["other"]) == (409, f"/console?draft={key}")
        copy = late["key"]
    else:
        page = lin.post("/console/draft", **(first | {"writer": "another"}), body="第一个窗口写的", then="draft")
        assert page.status == 409
        assert "另一个窗口改过这份草稿" in page.text
        read = next(attrs for tag, attrs in page.tags if tag == "body")["data-read"]
        assert read == f"/console?draft={page.value('key')}"
        assert standing(page) == "第一个窗口写的"
        copy = page.value("key")
    assert standing(lin.get(f"/console?draft={key}")) == "第二个窗口写的"
    assert standing(lin.get(f"/console?draft={copy}")) == "第一个窗口写的"


def test_a_window_that_lost_an_answer_does_not_quarrel_with_itself(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    unheard = dict(form)
    typed(lin, form, body=BODY)
    assert typed(lin, unheard, body=BODY + "再")["status"] == 200


def test_the_older_window_cannot_register_over_the_newer_ones_words(site: Site) -> None:
    lin = site.person("lin")
    first = opened(lin)
    typed(lin, first, body=BODY)
    second = opened(lin, f"/console?draft={first['key']}")
    typed(lin, second, body="第二个窗口写的")
    page = lin.post("/console", **(first | {"writer": "another"}), body=BODY)
    assert (page.status, standing(page)) == (409, BODY)
    assert site.stage.rows("SELECT 1 FROM ticket") == []
    assert lin.post("/console", key=page.value("key"), version=page.value("version"), body=BODY).status == 303
    assert standing(lin.get(f"/console?draft={first['key']}")) == "第二个窗口写的"


def test_drafts_die_after_a_day_at_once_for_readers_and_in_the_night_for_good(site: Site) -> None:
    lin, form = site.person("lin"), opened(site.person("lin"))
    typed(lin, form, body=BODY)
    fresh = opened(lin)
    typed(lin, fresh, body="新的")
    old = "UPDATE draft SET updated_at = clock_timestamp() - interval '25 hours' WHERE key = :key"
    site.stage.as_owner(old, key=form["key"])
    assert "路灯" not in lin.get("/console").text
    tidying = Tidying(site.stage.engine, rules_of(site.city).zone, 600.0)
    tidying.arm()
    site.stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind = 'tidy'")
    site.stage.work({JobKind.TIDY: tidying.handle}, JobKind.TIDY)
    assert [row["key"] for row in rows(site)] == [fresh["key"]]


def test_an_answered_call_opens_one_form_however_many_windows_ask(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*answered())
    call_id = stage.rows("SELECT id FROM call")[0]["id"]
    form, again = opened(lin, f"/console?call={call_id}"), opened(lin, f"/console?call={call_id}")
    assert form["key"] == again["key"]
    typed(lin, form, body=BODY)
    page = lin.get(f"/console?call={call_id}")
    assert standing(page) == BODY
    number = lin.post("/console", **form, body=BODY).location.partition("read=")[2]
    assert stage.rows("SELECT ticket_id FROM call")[0]["ticket_id"]
    assert lin.get(f"/console?call={call_id}").location.endswith(number)


def test_earlier_tickets_of_a_typed_phone_open_ones_first_without_what_is_secret_or_old(site: Site) -> None:
    lin, stage = site.person("lin"), site.stage
    phone = "13800000000"
    done = stage.register(title="早的已办完")
    stage.act(c.AnswerDirectly, done, OPERATOR, public="好")
    stage.register(title="还在办的")
    stage.register(title="保密的", confidential=True)
    old = stage.register(title="三年前的")
    stage.as_owner("UPDATE ticket SET registered_at = registered_at - interval '3 years' WHERE id = :id", id=old)
    form = opened(lin)
    sent = lin.post("/console/draft", **form, phone=phone, body=BODY, then="history")
    assert phone not in sent.location
    text = lin.follow(sent).text
    assert text.index("还在办的") < text.index("早的已办完")
    assert "保密的" not in text
    assert "三年前的" not in text
    looked = stage.rows("SELECT fields, reason FROM access_log WHERE action = 'searched'")
    assert looked == [{"fields": ["phone"], "reason": None}]
