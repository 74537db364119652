"""The administrator's pages of people: found, edited, disabled, let in once; and what nobody may do (S16, S19, S23)."""

import re
import threading
from typing import Any

import pytest

from shared import people
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.people import NewStaff
from tests.integration.site import PASSWORD, Page, Site, Visitor
from tests.integration.stage import ADMIN, CITY, OTHER_UNIT, UNIT, Stage, rules_of

WATER = rules_of(CITY).units[UNIT].name
MANAGEMENT = rules_of(CITY).units[OTHER_UNIT].name
OWN = "a password of one's own"


def form_of(page: Page, **more: Any) -> dict[str, Any]:
    """Return the edit form as the page holds it, with something changed."""
    role = re.search(r'<option value="(\w+)" selected>', page.html)
    assert role
    kept = {name: page.value(name) for name in ("name", "unit", "extension", "version")}
    return {**kept, "role": role[1], **more}


def one_time_password(page: Page) -> str:
    found = re.search(r'id="one-time">([^<]+)<', page.html)
    assert found, page.text
    return found[1]


def logged_in(site: Site, login: str, password: str) -> tuple[Visitor, Page]:
    visitor = Visitor(site.staff)
    visitor.get("/login")
    return visitor, visitor.post("/login", login=login, password=password)


def test_a_new_person_gets_a_password_that_only_serves_to_set_their_own(site: Site) -> None:
    root = site.person("root")
    root.get("/admin")
    added = root.post("/admin/people", login="new", name="新人", role="handler", unit=WATER)
    given = one_time_password(added)
    new, _ = logged_in(site, "new", given)
    assert new.get("/desk").location == "/password"
    assert new.client.get("/api/v1/queues").json["code"] == "password_must_change"  # type: ignore[index]
    new.get("/password")
    assert new.post("/password", current=given, password=given, again=given).status == 400
    assert new.post("/password", current="wrong one", password=OWN, again=OWN).status == 400
    assert new.post("/password", current=given, password=OWN, again=OWN + "x").status == 400
    assert new.post("/password", current=given, password=OWN, again=OWN).location.startswith("/login")
    assert logged_in(site, "new", given)[1].status == 401
    again, _ = logged_in(site, "new", OWN)
    assert again.get("/desk").status == 200


def test_a_one_time_password_dies_after_three_days(site: Site) -> None:
    lin = site.id_of("lin")
    with site.stage.engine.begin() as connection:
        password = people.give_one_time_password(connection, ADMIN, lin)
    site.stage.as_owner("UPDATE staff SET one_time_until = one_time_until - interval '72 hours'")
    assert logged_in(site, "lin", password)[1].status == 401


def test_people_are_found_by_name_role_unit_and_state(site: Site) -> None:
    for login in ("lin", "zhou", "chen", "luo", "wu"):
        site.add(login)
    root = site.person("root")
    found = root.get("/admin?q=HOU").text
    assert "zhou" in found
    assert "luo" not in found
    by_unit = root.get(f"/admin?role=handler&unit={MANAGEMENT}").text
    assert "luo" in by_unit
    assert "chen" not in by_unit
    assert "没有符合的账号" in root.get("/admin?state=disabled").text
    assert "没有符合的账号" in root.get("/admin?q=%25").text


def test_an_edit_holds_from_the_next_request_on_and_another_role_logs_out(site: Site) -> None:
    site.stage.dispatched(OTHER_UNIT)
    zhou, root = site.person("zhou"), site.person("root")
    staff_id = site.id_of("zhou")
    assert "自来水停了" not in zhou.get("/desk").text
    moved = form_of(root.get(f"/admin/people/{staff_id}"), unit=MANAGEMENT)
    assert root.post(f"/admin/people/{staff_id}", **moved).status == 303
    assert "自来水停了" in zhou.get("/desk").text
    other = form_of(root.get(f"/admin/people/{staff_id}"), role="operator", unit="")
    assert root.post(f"/admin/people/{staff_id}", **other).status == 303
    assert zhou.get("/console").location == "/login"


def test_of_two_who_edit_at_once_the_second_sees_both_and_loses_nothing(site: Site) -> None:
    root, staff_id = site.person("root"), site.id_of("lin")
    seen = root.get(f"/admin/people/{staff_id}")
    assert root.post(f"/admin/people/{staff_id}", **form_of(seen, name="甲改的")).status == 303
    second = root.post(f"/admin/people/{staff_id}", **form_of(seen, name="乙改的"))
    assert (second.status, second.value("name")) == (409, "乙改的")
    assert "甲改的" in second.text
    assert root.post(f"/admin/people/{staff_id}", **form_of(second)).status == 303
    assert site.stage.rows("SELECT name FROM staff WHERE id = :id", id=staff_id) == [{"name": "乙改的"}]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "handler", "unit": ""}, "unit"),
        ({"role": "handler", "unit": "nowhere"}, "unit"),
        ({"role": "operator", "unit": WATER}, "unit"),
        ({"role": "expert", "unit": ""}, "skills"),
        ({"role": "expert", "skills": ["magic"], "unit": ""}, "skills"),
        ({"role": "operator", "leads_unit": "true", "unit": ""}, "leads_unit"),
        ({"role": "caller", "unit": ""}, "role"),
        ({"name": " "}, "name"),
    ],
)
def test_a_post_that_makes_no_sense_is_refused_at_its_field(site: Site, wrong: dict[str, Any], field: str) -> None:
    root, staff_id = site.person("root"), site.id_of("zhou")
    answer = root.post(f"/admin/people/{staff_id}", **form_of(root.get(f"/admin/people/{staff_id}"), **wrong))
    assert answer.status == 400
    assert f'href="#edit-{field}"' in answer.html


def test_nobody_disables_themselves_or_the_last_administrator(site: Site) -> None:
    root, me = site.person("root"), site.id_of("root")
    root.get(f"/admin/people/{me}")
    assert "不能停用自己" in root.post(f"/admin/people/{me}/disable").text
    page = root.get(f"/admin/people/{me}")
    assert "不能停用自己" in root.post(f"/admin/people/{me}", **form_of(page, role="operator")).text
    with site.stage.engine.begin() as connection, pytest.raises(Refused, match="last_admin"):
        people.deactivate(connection, ADMIN, me)


def test_two_administrators_who_disable_each_other_leave_one(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        ids = [people.add_staff(connection, admin(login)) for login in ("one", "two")]
    done: list[str] = []
    start = threading.Barrier(2)

    def disable(me: int, other: int) -> None:
        with stage.engine.begin() as connection:
            start.wait(10)
            try:
                people.deactivate(connection, Viewer(Role.ADMIN, CITY, me), other)
                done.append("disabled")
            except Refused as refusal:
                done.append(refusal.code)

    both = [threading.Thread(target=disable, args=pair) for pair in (tuple(ids), tuple(reversed(ids)))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)
    assert sorted(done) == ["disabled", "last_admin"]


def admin(login: str) -> NewStaff:
    return NewStaff(city=CITY, login=login, name=login, password=None, role=Role.ADMIN)


def test_a_disabled_account_comes_back_with_its_password_and_without_its_telephone(site: Site) -> None:
    root, staff_id = site.person("root"), site.id_of("lin")
    root.post(f"/admin/people/{staff_id}", **form_of(root.get(f"/admin/people/{staff_id}"), extension="8001"))
    lin = site.person("lin")
    root.post(f"/admin/people/{staff_id}/disable")
    assert lin.get("/console").location == "/login"
    assert logged_in(site, "lin", PASSWORD)[1].status == 401
    root.post(f"/admin/people/{staff_id}/enable")
    assert logged_in(site, "lin", PASSWORD)[1].status == 303
    assert site.stage.rows("SELECT extension FROM staff WHERE id = :id", id=staff_id) == [{"extension": None}]


def test_an_administrator_ends_one_session_of_a_person_or_all(site: Site) -> None:
    one, (two, _), root = site.person("lin"), logged_in(site, "lin", PASSWORD), site.person("root")
    staff_id = site.id_of("lin")
    page = root.get(f"/admin/people/{staff_id}")
    assert page.text.count("127.0.0.1") == 2
    root.post(f"/admin/people/{staff_id}/sessions", session=page.value("session"))
    assert [one.get("/console").status, two.get("/console").status].count(303) == 1
    root.post(f"/admin/people/{staff_id}/sessions")
    assert (one.get("/console").status, two.get("/console").status) == (303, 303)


def test_every_change_of_an_account_stands_in_the_log_without_its_password(site: Site) -> None:
    root, staff_id = site.person("root"), site.id_of("zhou")
    root.post(f"/admin/people/{staff_id}", **form_of(root.get(f"/admin/people/{staff_id}"), unit=MANAGEMENT))
    password = one_time_password(root.post(f"/admin/people/{staff_id}/password"))
    root.post(f"/admin/people/{staff_id}/disable")
    lines = site.stage.rows(
        "SELECT action, before, after FROM access_log WHERE object = :o ORDER BY id", o=f"staff:{staff_id}"
    )
    assert [line["action"] for line in lines] == ["staff_changed", "password_given", "staff_disabled"]
    assert (lines[0]["before"], lines[0]["after"]) == ({"unit": UNIT}, {"unit": OTHER_UNIT})
    assert password not in str(lines)
