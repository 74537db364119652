"""How the caller is told, and who is not to know them: on the tracking page, over the API, and in the mails."""

import pytest

from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.jobs import claim
from shared.sms_accounts import SmsAccounts
from tests.integration.api import Api
from tests.integration.site import Site
from tests.integration.stage import CITY, TIME, Stage, rules_at
from worker.channel import Nobody
from worker.correspondence import Correspondence
from worker.mail import Addresses, Mail
from worker.post import Post
from worker.sms import Sms

OLD, NEW = "old@caller.example", "new@caller.example"


def address(stage: Stage, ticket_id: int) -> str:
    """Return where the first notice that was armed would go now."""
    job = next(one for one in claim(stage.engine, JobKind.NOTIFY) if one.ticket_id == ticket_id)
    with stage.engine.connect() as connection:
        mail = Mail(
            Correspondence(TIME, rules_at, stage.keys),
            Addresses("https://a", "https://b"),
            Post("smtp://127.0.0.1:1", "12345@city.example"),
        )
        return mail.prepare(connection, job).address


def tell(stage: Stage, ticket_id: int, email: str | None) -> None:
    stage.act(c.ChangeTellBy, ticket_id, Viewer(Role.CALLER, CITY, ticket_id=ticket_id), email=email)


def test_the_caller_gives_an_address_and_takes_it_away_again(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    caller = site.caller(ticket_id)
    assert "现在不发通知" in caller.get("/ticket").text
    page = caller.follow(caller.post("/ticket/tell_by", email=NEW))
    assert "n***@caller.example" in page.text
    assert NEW not in page.html
    [row] = site.stage.rows("SELECT email FROM caller WHERE ticket_id = :id", id=ticket_id)
    assert NEW.encode() not in bytes(row["email"])
    assert site.stage.keys.decrypt(row["email"]) == NEW
    assert "现在不发通知" in caller.follow(caller.post("/ticket/tell_by")).text
    assert site.stage.rows("SELECT email FROM caller WHERE ticket_id = :id", id=ticket_id) == [{"email": None}]


def test_the_caller_asks_for_messages_to_the_mobile_of_the_request(site: Site) -> None:
    caller = site.caller(site.stage.dispatched(email=OLD).id)
    caller.get("/ticket")
    page = caller.follow(caller.post("/ticket/tell_by", sms="true"))
    assert "现在每一步发短信到 138****0000" in page.text
    assert "现在不发通知" in caller.follow(caller.post("/ticket/tell_by")).text


def test_messages_are_not_promised_to_a_telephone_on_the_wall(site: Site) -> None:
    ticket_id = site.stage.dispatched(phone="+862885551234", email=OLD).id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    page = caller.post("/ticket/tell_by", sms="true")
    assert (page.status, site.stage.ticket(ticket_id).tell_by) == (409, "email")
    assert "可以改用邮件" in page.text


def test_a_message_that_waits_is_not_sent_to_who_now_wants_mails(stage: Stage) -> None:
    ticket_id = stage.register(tell_by_sms=True)
    tell(stage, ticket_id, NEW)
    [job] = claim(stage.engine, JobKind.TEXT)
    with stage.engine.connect() as connection, pytest.raises(Nobody, match="told_otherwise"):
        Sms(Correspondence(TIME, rules_at, stage.keys), SmsAccounts(())).prepare(connection, job)


def test_an_address_that_is_none_keeps_what_was_typed(site: Site) -> None:
    caller = site.caller(site.stage.dispatched().id)
    caller.get("/ticket")
    page = caller.post("/ticket/tell_by", email="nowhere")
    assert (page.status, page.value("email")) == (400, "nowhere")
    assert "邮箱地址不对" in page.text


def test_a_notice_that_waits_goes_to_the_new_address_and_never_to_the_old(stage: Stage) -> None:
    ticket_id = stage.register(email=OLD)
    tell(stage, ticket_id, NEW)
    assert address(stage, ticket_id) == NEW


def test_a_notice_that_waits_goes_nowhere_once_the_address_is_gone(stage: Stage) -> None:
    ticket_id = stage.register(email=OLD)
    tell(stage, ticket_id, None)
    with pytest.raises(Nobody, match="no_address"):
        address(stage, ticket_id)


def test_the_caller_hides_from_the_unit_what_it_could_see(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    handler, caller = site.person("zhou"), site.caller(ticket_id)
    assert "王*" in handler.get(f"/desk?t={site.number(ticket_id)}").text
    caller.get("/ticket")
    page = caller.follow(caller.post("/ticket/hide_identity"))
    assert "您的身份已经隐藏" in page.text
    assert "hide_identity" not in page.html.replace("said=hide_identity", "")
    seen = handler.get(f"/desk?t={site.number(ticket_id)}")
    assert "王*" not in seen.text
    assert "来电人不愿透露身份" in seen.text


def test_the_api_tells_elsewhere_and_hides(api: Api) -> None:
    accepted = api.file(email=OLD)
    code, path = {"Pick-Up-Code": accepted["pick_up_code"]}, f"/api/v1/tickets/{accepted['number']}"
    client = api.public()
    assert client.post(f"{path}/tell_by", json={"email": "x"}, headers=code).status_code == 400
    for form in ({"email": NEW}, {"email": None}):
        assert client.post(f"{path}/tell_by", json=form, headers=code).json["event_count"] == 1
    assert client.post(f"{path}/hide_identity", json={}, headers=code).json["event_count"] == 1
    assert client.post(f"{path}/hide_identity", json={}, headers=code).json["event_count"] == 0
