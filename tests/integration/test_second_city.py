"""A whole life of a ticket in a second, invented city: its pack alone says how, and nothing of Chengdu shows."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller

import router.handlers
import worker.handlers
from intake.app import create_app
from shared import packs
from shared.cities.load import files_of
from shared.command.mail_sink import Sink
from shared.command.ports import any_free
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Role
from shared.domain.wording import instant_in_words
from tests.integration.api import Api
from tests.integration.site import Site
from tests.integration.stage import Stage
from tests.unit.tiny_pack import write_pack

DESK = "east.lamps"
ACCOUNTS = {
    "lin": {"name": "Lin", "role": Role.OPERATOR},
    "zhou": {"name": "Zhou", "role": Role.HANDLER, "unit": DESK},
    "chen": {"name": "Chen", "role": Role.HANDLER, "unit": DESK, "leads_unit": True},
}
BODY = "老码头的路灯不亮，晚上看不见路。"
MATTERS_OF_CHENGDU = ("成都", "Chengdu", "chengdu", "Shanghai")


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mail server that keeps what it takes in this folder."""
    folder = tmp_path / "mails"
    controller = Controller(Sink(folder), hostname="127.0.0.1", port=any_free())
    controller.start()
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    yield folder
    controller.stop()


@pytest.fixture
def qinghe(
    tmp_path: Path, mails: Path, monkeypatch: pytest.MonkeyPatch, stage: Stage, as_settings: Callable[[Stage], None]
) -> Api:
    """The product as the city of Qinghe runs it: another pack and `HOTLINE_CITY`, the same code."""
    files = files_of("qinghe", write_pack(tmp_path / "qinghe"))
    with stage.owner.begin() as connection:
        packs.activate(connection, packs.load(connection, "qinghe", files, "test"), None, "test")
    monkeypatch.setenv("HOTLINE_CITY", "qinghe")
    as_settings(stage)
    return Api(Site(stage, create_app("public"), create_app("staff"), city="qinghe", accounts=ACCOUNTS))


def addressee_and_words(file: Path) -> tuple[str, str]:
    """Return to whom a mail goes, and its subject and text."""
    mail = message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.default)
    return mail["To"], f"{mail['Subject']}\n{mail.get_content()}"


def test_a_ticket_lives_its_whole_life_by_the_pack_of_another_city(qinghe: Api, mails: Path) -> None:
    stage = qinghe.stage
    accepted = qinghe.file(body=BODY, name="王某", phone="13812345678", email="wang@caller.example")
    number = accepted["number"]
    assert stage.work(router.handlers.handlers(), JobKind.ROUTE) == 1
    ticket = stage.ticket(1)
    assert (ticket.city, ticket.unit, ticket.county, ticket.duty) == ("qinghe", DESK, "east", "lamps")
    assert ticket.due_at is not None
    due = instant_in_words(ticket.due_at, ZoneInfo("Asia/Urumqi"))

    page = qinghe.site.caller(1).get("/ticket")
    assert "交给单位了。" in page.text
    assert f"河东区照明所办理，{due.zh} 前答复。" in page.text

    assert [row["number"] for row in qinghe.staff("zhou").get("/api/v1/queues").json["tickets"]] == [number]
    qinghe.done("zhou", number, "sign")
    qinghe.done("zhou", number, "reply", public="灯已经换好。", internal="换灯泡", contacted=True)
    refused = qinghe.act("zhou", number, "resolve")
    assert refused.json["code"] == "approval_missing"  # the pack of Qinghe asks for it, Chengdu's does not
    qinghe.done("chen", number, "approve")
    qinghe.done("zhou", number, "resolve")
    closed = qinghe.done("lin", number, "follow_up", result="solved", call_rating=5, matter_rating=5, note="好了")
    assert (closed["state"], closed["holder_kind"]) == ("closed", "archive")

    page = qinghe.site.caller(1).get("/ticket?lang=en")
    assert "Qinghe is done." in page.text
    assert "East lamps has answered." in page.text
    stage.work(worker.handlers.handlers(), JobKind.NOTIFY)
    told = [addressee_and_words(file) for file in sorted(mails.glob("*.eml"))]
    assert any(f"，河东区照明所请在{due.zh} 前办。" in body for to, body in told if to == "desk@east.example")
    assert any("河东区照明所答复了。" in body for to, body in told if to == "wang@caller.example")
    for shown in (page.html, qinghe.site.visitor().get("/").html, *(body for _, body in told)):
        assert not [word for word in MATTERS_OF_CHENGDU if word in shown]
