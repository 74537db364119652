"""The next follow-up and the next call-back: one person at a time, at another hour, skipped for a reason only."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from shared import errands
from shared.domain.terms import Role, State
from shared.domain.viewer import Viewer
from shared.errands import Errands
from tests.integration.site import Page, Site
from tests.integration.stage import CITY, MONDAY
from tests.integration.telephony import Adapter, missed
from tests.integration.test_calls_pages import E164, seated


def take(site: Site, login: str) -> Page:
    """Press "next" and return the page it leads to."""
    person = site.person(login)
    person.get("/followups")
    return person.follow(person.post("/followups/next"))


def shown(page: Page) -> str:
    """Return the number of the ticket that stands open."""
    found = re.search(r'action="/followups/(\d+)/skip"', page.html)
    return found[1] if found else ""


def test_two_operators_never_get_the_same_and_see_who_has_what(site: Site) -> None:
    first, second = (site.number(site.stage.resolved().id) for _ in range(2))
    page = take(site, "lin")
    assert (shown(page), "您在打" in page.text) == (first, True)
    other = take(site, "he")
    assert shown(other) == second
    assert "Lin Xiao" in other.text
    assert shown(take(site, "lin")) == first  # still mine
    assert "Lin Xiao在打" in site.person("he").get(f"/followups?t={first}").text
    assert "现在没有要您打的" in take(site, "zheng").text


def test_however_many_ask_at_once_each_item_goes_to_one(site: Site) -> None:
    wanted = {site.stage.resolved().id for _ in range(4)}
    for login in ("lin", "he", "zheng"):
        site.add(login)
    with site.stage.owner.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO staff (city, login, name, password, role, skills, leads_unit, is_active, created_at)"
            " SELECT 'chengdu', 'op' || n, 'op' || n, '!', 'operator', '{}', false, true, now()"
            " FROM generate_series(1, 6) n"
        )
    ids = [row["id"] for row in site.stage.rows("SELECT id FROM staff WHERE login LIKE 'op%'")]

    def ask(staff_id: int) -> Any:
        with site.stage.engine.begin() as connection:
            return errands.take_next(connection, Viewer(Role.OPERATOR, CITY, staff_id), Errands.FOLLOW_UP)

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(ask, ids))
    assert sorted(one for one in got if one is not None) == sorted(wanted)


def test_what_is_taken_comes_free_by_itself(site: Site) -> None:
    number = site.number(site.stage.resolved().id)
    take(site, "lin")
    assert shown(take(site, "he")) == ""
    site.stage.as_owner("UPDATE errand SET held_until = clock_timestamp()")
    assert shown(take(site, "he")) == number


def test_unreachable_is_tried_at_another_time_of_day_and_the_next_one_follows_at_once(site: Site) -> None:
    first, second = (site.stage.resolved().id for _ in range(2))
    lin = site.person("lin")
    take(site, "lin")
    page = lin.follow(lin.post(f"/tickets/{site.number(first)}/follow_up", result="unreachable", back="followups"))
    assert shown(page) == site.number(second)
    assert "已试 1 次" in page.text
    lin.post(f"/tickets/{site.number(second)}/follow_up", result="solved", matter_rating="5", back="followups")
    assert site.stage.ticket(second).state is State.CLOSED
    assert "现在没有要您打的" in take(site, "lin").text
    site.stage.set_clock(MONDAY + timedelta(hours=4, minutes=1))  # two in the afternoon
    assert shown(take(site, "lin")) == site.number(first)


def test_skipping_needs_a_reason_that_is_written_down(site: Site) -> None:
    first, second = (site.number(site.stage.resolved().id) for _ in range(2))
    lin = site.person("lin")
    take(site, "lin")
    assert lin.post(f"/followups/{first}/skip", reason="x").status == 400
    long = lin.post(f"/followups/{first}/skip", reason="长" * 201)
    assert (long.status, long.value("reason"), "最多写 200 个字" in long.text) == (400, "长" * 201, True)
    page = lin.follow(lin.post(f"/followups/{first}/skip", reason="来电人要求下午再打"))
    assert shown(page) == second
    noted = site.stage.rows("SELECT reason FROM access_log WHERE action = 'skipped'")
    assert noted == [{"reason": "来电人要求下午再打"}]
    assert shown(take(site, "he")) == ""


def test_the_reason_for_skipping_a_call_is_a_form_of_its_own_and_comes_back_if_it_will_not_do(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*missed())
    lin.get("/console")
    page = lin.post("/calls/next")
    reason = next(attrs for tag, attrs in page.tags if tag == "input" and attrs.get("name") == "reason")
    pressed = [
        attrs["formaction"] for tag, attrs in page.tags if tag == "button" and attrs.get("form") == reason["form"]
    ]
    call_id = stage.rows("SELECT id FROM call")[0]["id"]
    assert pressed == [f"/calls/{call_id}/skip"]  # what Enter presses, and nothing else is sent along
    for typed, sentence in (("占线", "至少写 5 个字"), ("长" * 201, "最多写 200 个字")):
        refused = lin.post(f"/calls/{call_id}/skip", reason=typed)
        assert (refused.status, refused.value("reason"), sentence in refused.text) == (400, typed, True)
    assert lin.post(f"/calls/{call_id}/skip", reason="一直占线打不通").status == 303
    assert stage.rows("SELECT reason FROM access_log WHERE action = 'skipped'") == [{"reason": "一直占线打不通"}]


def test_the_page_of_a_number_is_read_again_at_an_address_that_can_be_read(adapter: Adapter) -> None:
    lin, stage = seated(adapter), adapter.api.stage
    adapter.hear(*missed())
    lin.get("/console")
    call_id = next(iter(stage.rows("SELECT id FROM call")))["id"]
    for path in ("/calls/next", f"/calls/{call_id}/number"):
        page = lin.post(path)
        body = next(attrs for tag, attrs in page.tags if tag == "body")
        assert body["data-read"] == "/console"
        region = page.html.partition('data-live="calls"')[2].partition("</aside>")[0]
        assert (E164 in page.text, E164 in region) == (True, False)  # what is read again holds it masked


def test_missed_calls_go_to_one_person_each_and_come_back_later(adapter: Adapter) -> None:
    lin, he = seated(adapter), seated(adapter, "he", "802")
    adapter.hear(*missed())
    adapter.hear(*missed("c2", seconds=60))
    lin.get("/console")
    page = lin.post("/calls/next")
    assert (E164 in page.text, "您在打" in page.text) == (True, True)
    he.get("/console")
    other = he.post("/calls/next")
    assert "现在没有要回拨的号码" in other.text
    assert (E164 in other.text, "Lin Xiao在打" in other.text) == (False, True)
    call_id = adapter.api.stage.rows("SELECT min(id) AS id FROM call")[0]["id"]
    lin.post(f"/calls/{call_id}/unreached")
    assert "以后再打" in lin.get("/console").text
    assert "现在没有要回拨的号码" in lin.post("/calls/next").text
    adapter.api.stage.as_owner("UPDATE errand SET not_before = clock_timestamp()")
    he.get("/console")
    assert E164 in he.post("/calls/next").text
    he.post(f"/calls/{call_id}/reached")
    assert adapter.api.stage.rows("SELECT DISTINCT call_back FROM call") == [{"call_back": "reached"}]
