"""What callers and units are told: who does what by when, in both languages, and nothing that is not theirs."""

import smtplib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain import commands as c
from shared.domain.events import EventKind
from shared.domain.terms import Nature, Urgency
from shared.domain.ticket import evolve
from shared.domain.wording import instant_in_words, public_sentence, step_sentence
from shared.ledger.chain import recorded_from_body
from tests.unit.scene import CITY, HANDLER, MONDAY, OPERATOR, ROUTER, RULES, SKILL, UNIT, Life, dispatched
from worker.letters import Story, letter_to_caller, letter_to_unit
from worker.mail import mail_of
from worker.post import refusal_of

ZONE = ZoneInfo("Asia/Shanghai")


def story(life: Life, answer: str | None = None) -> Story:
    """The last step of a life."""
    ticket, recorded = None, None
    for body in life.log:
        recorded, _ = recorded_from_body(body, CITY)
        ticket = evolve(ticket, recorded)
    assert ticket is not None
    assert recorded is not None
    return Story(recorded, ticket, answer)


@pytest.mark.parametrize(
    ("hour", "chinese", "english"),
    [
        (0, "凌晨 0:05", "0:05"),
        (9, "上午 9:05", "9:05"),
        (12, "中午 12:05", "12:05"),
        (17, "下午 5:05", "17:05"),
        (23, "晚上 11:05", "23:05"),
    ],
)
def test_an_instant_is_said_as_people_say_it(hour: int, chinese: str, english: str) -> None:
    at = datetime(2026, 10, 12, hour, 5, tzinfo=ZONE)
    said = instant_in_words(at.astimezone(UTC), ZONE)
    assert said.zh == f"10 月 12 日（星期一）{chinese}"
    assert said.en == f"Monday 12 October, {english}"


def test_a_step_names_the_unit_and_the_promised_date() -> None:
    life = dispatched()
    said = step_sentence(RULES, *_pair(life))
    assert said is not None
    assert said.zh == "这件事由成都市水务局办理，9 月 16 日（星期三）下午 5:00 前答复您。"
    assert "{" not in said.zh + said.en


def test_a_seat_is_named_by_its_skill() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, ROUTER, nature=Nature.CONSULTATION, urgency=Urgency.NORMAL)
    said = step_sentence(RULES, *_pair(life))
    assert said is not None
    assert RULES.skills[SKILL].name in said.zh


def test_praise_promises_no_date() -> None:
    life = Life.begun()
    life.do(c.Dispatch, OPERATOR, nature=Nature.PRAISE)
    said = step_sentence(RULES, *_pair(life))
    assert said is not None
    assert said.zh == "您的话已经送到成都市水务局。"


def test_every_sentence_of_the_pack_can_be_filled_with_and_without_a_date() -> None:
    for kind in EventKind:
        for due_at in (MONDAY, None):
            said = public_sentence(RULES, kind, UNIT, due_at)
            assert said is None or "{" not in said.zh + said.en


def test_the_subject_holds_the_number_and_nothing_of_the_matter() -> None:
    letter = letter_to_caller(story(dispatched()), RULES, "https://12345.example/f/x")
    assert letter.subject.startswith("【成都市12345】诉求 2609 0700 ")
    assert "水" not in letter.subject
    assert letter.body.index("您的诉求") < letter.body.index("Your request")


def test_a_unit_is_told_what_to_do_by_when_but_not_the_matter() -> None:
    letter = letter_to_unit(story(dispatched()), RULES, "https://staff.example")
    assert "有一件新工单等成都市水务局签收。" in letter.body
    assert "办理时限：9 月 16 日（星期三）下午 5:00" in letter.body
    assert "没有水" not in letter.body


def test_a_hidden_identity_keeps_the_answer_behind_the_link() -> None:
    life = dispatched(hidden_identity=True)
    life.do(c.Sign, HANDLER)
    assert "答复：" not in letter_to_caller(story(life, "已经修好"), RULES, "https://12345.example").body
    assert "答复：\n已经修好" in letter_to_caller(story(dispatched(), "已经修好"), RULES, "https://12345.example").body


def test_a_mail_has_the_same_name_at_every_try() -> None:
    letter = letter_to_caller(story(dispatched()), RULES, "https://12345.example/f/x")
    one, two = (mail_of(letter, "12345@city.example", "a@b.example", "614-2-email:caller") for _ in range(2))
    assert one["Message-ID"] == two["Message-ID"] == "<614-2-email.caller@city.example>"


@pytest.mark.parametrize(
    ("error", "code", "is_permanent"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (550, b"a@b.cn unknown")}), "SMTPRecipientsRefused 550", True),
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (452, b"full")}), "SMTPRecipientsRefused 452", False),
        (smtplib.SMTPDataError(554, b"spam"), "SMTPDataError 554", True),
        (smtplib.SMTPDataError(451, b"later"), "SMTPDataError 451", False),
        (smtplib.SMTPSenderRefused(550, b"not from you", "x@y"), "SMTPSenderRefused 550", False),
        (smtplib.SMTPAuthenticationError(535, b"bad"), "SMTPAuthenticationError 535", False),
        (smtplib.SMTPServerDisconnected("gone"), "SMTPServerDisconnected", False),
        (TimeoutError(), "TimeoutError", False),
        (ValueError("header"), "ValueError", True),
    ],
)
def test_only_a_lasting_word_about_this_mail_is_final(error: Exception, code: str, is_permanent: bool) -> None:
    refusal = refusal_of(error)
    assert (refusal.code, refusal.is_permanent) == (code, is_permanent)


def _pair(life: Life):  # type: ignore[no-untyped-def]
    told = story(life)
    return told.recorded, told.ticket
