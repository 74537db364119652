"""The unit's people and their load; several tickets of one colleague go to another, each by its own command."""

import re

from shared.domain import commands as c
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from tests.integration.site import Page, Site
from tests.integration.stage import CITY, OTHER_UNIT, TIME, UNIT


def staff_id(site: Site, login: str) -> int:
    site.add(login)
    return int(site.stage.rows("SELECT id FROM staff WHERE login = :login", login=login)[0]["id"])


def table(page: Page) -> dict[str, list[int]]:
    """Return open, due today and overdue by name."""
    body = page.html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in body.split("<tr>")[1:]]
    return {
        " ".join(word for word in row if not word.isdecimal()): [int(w) for w in row if w.isdecimal()] for row in rows
    }


def taken(site: Site, login: str) -> int:
    ticket_id = site.stage.dispatched().id
    site.stage.act(c.Take, ticket_id, Viewer(Role.HANDLER, CITY, staff_id(site, login), UNIT))
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
    chen, to = site.person("chen"), staff_id(site, "chen")
    of = str(staff_id(site, "zhou"))
    page = chen.get(f"/desk/team?of={of}")
    assert page.html.count('name="number"') == 3
    site.stage.act(c.Withdraw, third, Viewer(Role.OPERATOR, CITY, 1))
    numbers = [site.number(one) for one in (first, second, third)]
    sent = chen.client.post("/desk/team", data={"csrf_token": chen.token, "of": of, "staff_id": to, "number": numbers})
    text = sent.get_data(as_text=True)
    assert "移交了 2 件，共选 3 件" in text
    assert "这一步现在不能做" in text
    assert [site.stage.ticket(one).handler_id for one in (first, second)] == [to, to]


def test_a_handler_cannot_hand_over_what_a_colleague_has_nor_to_a_stranger(site: Site) -> None:
    theirs, foreign = taken(site, "chen"), site.stage.dispatched(OTHER_UNIT).id
    zhou = site.person("zhou")
    zhou.get("/desk/team")
    page = zhou.post("/desk/team", staff_id=str(staff_id(site, "zhou")), number=site.number(theirs))
    assert "只有经办人或本单位领导可以移交" in page.text
    page = zhou.post("/desk/team", staff_id=str(staff_id(site, "zhou")), number=site.number(foreign))
    assert "没有找到这件工单" in page.text
    mine = taken(site, "zhou")
    page = zhou.post("/desk/team", staff_id=str(staff_id(site, "luo")), number=site.number(mine))
    assert "请选择本单位的同事" in page.text
    assert zhou.get("/desk/team?of=nonsense").status == 200
    assert zhou.get("/desk/team?of=nobody").status == 200


def test_my_queue_has_a_tab_of_its_own(site: Site) -> None:
    taken(site, "zhou")
    site.stage.dispatched()
    page = site.person("zhou").get("/desk?only=mine")
    tabs = page.html.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert re.findall(r'aria-current="page">([^<]+) <span class="count">(\d+)', tabs) == [("我的", "1")]
    assert page.html.count("<li data-id=") == 1
