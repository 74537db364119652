"""Deputies 代理: what an absence lends, to whom, and that it ends by itself (SECURITY S16, S17, S23)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared import people
from shared.domain import commands as c
from shared.domain.errors import NotYours, Refused
from shared.domain.terms import AbsenceReason, Role
from shared.domain.viewer import Viewer
from shared.people import NewAbsence, NewStaff, Staff
from tests.integration.site import Site
from tests.integration.stage import ADMIN, ANSWER, CITY, MONDAY, OPERATOR, OTHER_UNIT, UNIT, Stage

HOUR = timedelta(hours=1)
People = Callable[[str], Staff]


@pytest.fixture
def crew(stage: Stage, as_settings: Callable[[Stage], None]) -> tuple[dict[str, int], People]:
    """Two handlers and a leader of one unit, one of another, two experts; and who they are now, by their session."""
    as_settings(stage)
    posts = {
        "zhou": (Role.HANDLER, UNIT, (), False), "qian": (Role.HANDLER, UNIT, (), False),
        "chen": (Role.HANDLER, UNIT, (), True), "luo": (Role.HANDLER, OTHER_UNIT, (), False),
        "wu": (Role.EXPERT, None, ("tax",), False), "xu": (Role.EXPERT, None, ("housing",), False),
        "lin": (Role.OPERATOR, None, (), False),
    }  # fmt: skip
    ids, tokens = {}, {}
    with stage.engine.begin() as connection:
        for login, (role, unit, skills, leads) in posts.items():
            new = NewStaff(
                city=CITY, login=login, name=login, password=None, role=role, unit=unit, skills=skills, leads_unit=leads
            )
            ids[login] = people.add_staff(connection, new)
            tokens[login] = people.open_session(connection, ids[login])

    def now(login: str) -> Staff:
        with stage.engine.connect() as connection:
            found = people.staff_of_session(connection, tokens[login])
        assert found is not None
        return found

    return ids, now


def away(stage: Stage, who: int, deputy: int, by: Viewer = ADMIN, *, hours: tuple[int, int] = (0, 8)) -> int:
    with stage.engine.begin() as connection:
        begin, end = (MONDAY + hour * HOUR for hour in hours)
        new = NewAbsence(staff_id=who, deputy_id=deputy, from_at=begin, until_at=end, reason=AbsenceReason.LEAVE)
        return people.set_absence(connection, by, new)


def test_a_deputy_is_one_from_the_first_instant_until_before_the_last(
    stage: Stage, crew: tuple[dict[str, int], People]
) -> None:
    ids, now = crew
    away(stage, ids["zhou"], ids["qian"], hours=(1, 2))
    for minutes, lent in ((59, ()), (60, (ids["zhou"],)), (119, (ids["zhou"],)), (120, ())):
        stage.set_clock(MONDAY + timedelta(minutes=minutes), speed=0.0001)
        assert now("qian").viewer.deputy_of == lent, minutes
    assert now("zhou").viewer.deputy_of == ()


def test_a_leaders_deputy_approves_and_the_event_names_both(stage: Stage, crew: tuple[dict[str, int], People]) -> None:
    ids, now = crew
    ticket_id = stage.dispatched().id
    stage.act(c.Sign, ticket_id, now("zhou").viewer)
    stage.act(c.Reply, ticket_id, now("zhou").viewer, public=ANSWER, internal="换管", contacted=True)
    with pytest.raises(Refused, match="role_may_not"):
        stage.act(c.Approve, ticket_id, now("qian").viewer)
    away(stage, ids["chen"], ids["qian"])
    assert stage.act(c.Approve, ticket_id, now("qian").viewer).is_approved
    body = stage.rows("SELECT body FROM ticket_event WHERE kind = 'approved'")[0]["body"]
    assert f'"on_behalf_of":{ids["chen"]}' in body.replace(" ", "")
    assert f'"id":{ids["qian"]}' in body.replace(" ", "")


def test_a_deputy_hands_over_what_the_absent_colleague_works_on(
    stage: Stage, crew: tuple[dict[str, int], People]
) -> None:
    ids, now = crew
    ticket_id = stage.dispatched().id
    stage.act(c.Sign, ticket_id, now("zhou").viewer)
    with pytest.raises(Refused, match="not_the_handler"):
        stage.act(c.HandOver, ticket_id, now("qian").viewer, staff_id=ids["qian"])
    away(stage, ids["zhou"], ids["qian"])
    assert stage.act(c.HandOver, ticket_id, now("qian").viewer, staff_id=ids["qian"]).handler_id == ids["qian"]


def test_an_experts_deputy_sees_what_they_had_taken_and_no_more_when_it_ends(
    stage: Stage, crew: tuple[dict[str, int], People]
) -> None:
    ids, now = crew
    mine, queued = stage.register(), stage.register()
    for ticket_id in (mine, queued):
        stage.act(c.SendToSeat, ticket_id, OPERATOR, skill="tax")
    stage.act(c.Take, mine, now("wu").viewer)
    made = away(stage, ids["wu"], ids["xu"])
    stage.act(c.SendToTriage, mine, now("xu").viewer, why="不是税务的事")
    with pytest.raises(NotYours):
        stage.act(c.SendToTriage, queued, now("xu").viewer, why="x")
    with stage.engine.begin() as connection:
        people.end_absence(connection, now("wu").viewer, made)
    assert now("xu").viewer.deputy_of == ()


@pytest.mark.parametrize(
    ("who", "deputy", "by", "code"),
    [
        ("zhou", "luo", "zhou", "bad_deputy"),  # of another unit
        ("zhou", "zhou", "zhou", "bad_deputy"),
        ("zhou", "wu", "zhou", "bad_deputy"),  # of another role
        ("zhou", "qian", "qian", "role_may_not"),  # lends oneself a colleague's rights
        ("luo", "zhou", "chen", "role_may_not"),  # the leader of another unit
        ("lin", "lin", "lin", "no_deputy_needed"),
    ],
)
def test_nobody_is_lent_rights_of_another_post_or_by_somebody_without_the_right(
    stage: Stage, crew: tuple[dict[str, int], People], who: str, deputy: str, by: str, code: str
) -> None:
    ids, now = crew
    with pytest.raises(Refused, match=code):
        away(stage, ids[who], ids[deputy], now(by).viewer)


def test_a_deputy_who_moves_to_another_unit_is_none_any_more(stage: Stage, crew: tuple[dict[str, int], People]) -> None:
    ids, now = crew
    away(stage, ids["zhou"], ids["qian"], now("chen").viewer)
    assert now("qian").viewer.deputy_of == (ids["zhou"],)
    with stage.engine.begin() as connection:
        edit = people.Edit(name="qian", post=people.Post(Role.HANDLER, OTHER_UNIT), extension=None, version=1)
        people.edit_staff(connection, ADMIN, ids["qian"], edit)
    assert now("qian").viewer.deputy_of == ()


def test_absences_neither_overlap_nor_chain(stage: Stage, crew: tuple[dict[str, int], People]) -> None:
    ids, _ = crew
    away(stage, ids["zhou"], ids["qian"], hours=(1, 4))
    for who, deputy, code in (
        ("zhou", "chen", "absent_twice"), ("chen", "zhou", "deputy_absent"), ("qian", "chen", "is_deputy"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            away(stage, ids[who], ids[deputy], hours=(3, 6))
    away(stage, ids["qian"], ids["zhou"], hours=(4, 6))
    for hours in ((5, 5), (6, 5), (-3, -1)):
        with pytest.raises(Refused, match="bad_period"):
            away(stage, ids["chen"], ids["zhou"], hours=hours)


def test_a_handler_names_a_deputy_by_the_page_who_then_sees_it_said(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, chen = site.person("zhou"), site.person("chen")
    number = site.number(ticket_id)
    zhou.get(f"/tickets/{number}")
    zhou.post(f"/tickets/{number}/sign")
    assert "自来水停了" not in chen.get("/desk?only=mine").text
    deputy = site.id_of("chen")
    me = zhou.get("/absence").value("staff_id")
    local = [at.astimezone(ZoneInfo("Asia/Shanghai")) for at in (MONDAY, MONDAY + 8 * HOUR)]
    form = {"staff_id": me, "deputy_id": deputy, "reason": "leave", "from_at": typed(local[0])}
    refused = zhou.post("/absence", **form)
    assert (refused.status, refused.value("from_at")) == (400, typed(local[0]))
    assert zhou.post("/absence", **form, until_at=typed(local[1])).status == 303
    desk = chen.get("/desk?only=mine").text
    assert "您正在代理：Zhou Min" in desk
    assert "自来水停了" in desk
    chen.post(f"/tickets/{number}/contact", note="联系过了")
    assert "Chen Ke 代 Zhou Min" in chen.get(f"/tickets/{number}").text
    ended = zhou.get("/absence")
    made = site.stage.rows("SELECT id FROM absence")[0]["id"]
    assert "Chen Ke" in ended.text
    assert zhou.post(f"/absence/{made}/end").status == 303
    assert "您正在代理" not in chen.get("/desk?only=mine").text
    noted = site.stage.rows("SELECT action FROM access_log WHERE object IS NOT NULL ORDER BY id")
    assert [line["action"] for line in noted] == ["absence_set", "absence_ended"]


def typed(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
