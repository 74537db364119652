"""The unit's people and their load; several tickets of one colleague go to another, each by its own command."""

import re

import pytest

from intake.pages import team
from shared.domain import commands as c
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from tests.integration.site import Page, Site
from tests.integration.stage import CITY, OTHER_UNIT, TIME, UNIT


def table(page: Page) -> dict[str, list[int]]:
    """Return open, due today and overdue by name."""
    body = page.html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in body.split("<tr>")[1:]]
    return {
        " ".join(word for word in row if not word.isdecimal()): [int(w) for w in row if w.isdecimal()] for row in rows
    }


def taken(site: Site, login: str) -> int:
    ticket_id = site.stage.dispatched().id
    site.stage.act(c.Take, ticket_id, Viewer(Role.HANDLER, CITY, site.id_of(login), UNIT))
    return ticket_id


def test_the_load_of_each_colleague_of_who_has_left_and_of_nobody(site: Site) -> None:
    stage, zhou = site.stage, site.person("zhou")
    late, soon = taken(site, "zhou"), taken(site, "zhou")
    left = taken(site, "chen")
    stage.dispatched()
    stage.dispatched(OTHER_UNIT)
    stage.as_owner("UPDATE staff SET is_active = false WHERE login = 'chen'")
    stage.as_owner("UPDATE ticket SET due_at = '2026-09-07 09:00+00' WHERE id = :id", id=soon)
    stage.set_clock(stage.clock(late).due_at)
    stage.act(c.MarkOverdue, late, TIME)
    stage.set_clock(stage.ticket(left).registered_at)
    loads = table(zhou.get("/desk/team"))
    assert loads == {"无人认领": [1, 0, 0], "Zhou Min": [2, 1, 1], "Chen Ke 已离岗": [1, 0, 0]}


def test_the_leader_hands_several_over_and_reads_what_became_of_each(site: Site) -> None:
    first, second, third = (taken(site, "zhou") for _ in range(3))
    chen, to = site.person("chen"), site.id_of("chen")
    of = str(site.id_of("zhou"))
    page = chen.get(f"/desk/team?of={of}")
    assert page.html.count('name="number"') == 3
    site.stage.act(c.Withdraw, third, Viewer(Role.OPERATOR, CITY, 1))
    numbers = [site.number(one) for one in (first, second, third)]
    sent = chen.client.post("/desk/team", data={"csrf_token": chen.token, "of": of, "staff_id": to, "number": numbers})
    text = sent.get_data(as_text=True)
    assert "移交了 2 件，共选 3 件" in text
    assert "这一步现在不能做" in text
    assert [site.stage.ticket(one).handler_id for one in (first, second)] == [to, to]


def test_nothing_ticked_is_said_and_more_than_a_page_is_hinted_at(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "ROWS_PER_PAGE", 2)
    for _ in range(3):
        taken(site, "zhou")
    chen, of = site.person("chen"), str(site.id_of("zhou"))
    page = chen.get(f"/desk/team?of={of}")
    assert (page.html.count('name="number"'), "最先到期的 2 件，共 3 件" in page.text) == (2, True)
    page = chen.post("/desk/team", of=of, staff_id=str(site.id_of("chen")))
    assert (page.status, "还没有选工单" in page.text, page.html.count('name="number"')) == (400, True, 2)


def test_a_handler_cannot_hand_over_what_a_colleague_has_nor_to_a_stranger(site: Site) -> None:
    theirs, foreign = taken(site, "chen"), site.stage.dispatched(OTHER_UNIT).id
    zhou = site.person("zhou")
    zhou.get("/desk/team")
    page = zhou.post("/desk/team", staff_id=str(site.id_of("zhou")), number=site.number(theirs))
    assert "只有经办人或本单位领导可以移交" in page.text
    page = zhou.post("/desk/team", staff_id=str(site.id_of("zhou")), number=site.number(foreign))
    assert "没有找到这件工单" in page.text
    mine = taken(site, "zhou")
    page = zhou.post("/desk/team", staff_id=str(site.id_of("luo")), number=site.number(mine))
    assert "请选择本单位的同事" in page.text
    assert zhou.get("/desk/team?of=nonsense").status == 200
    assert zhou.get("/desk/team?of=nobody").status == 200


def test_my_queue_is_one_filter_of_the_desk(site: Site) -> None:
    taken(site, "zhou")
    site.stage.dispatched()
    page = site.person("zhou").get("/desk?only=mine")
    shown = re.findall(r'aria-current="\w+">([^<]+) <span class="count">(\d+)', page.html)
    assert shown == [("待办", "2"), ("我的", "1")]
    assert page.text.count("我的 ") == 1
    assert page.html.count("<li data-id=") == 1
