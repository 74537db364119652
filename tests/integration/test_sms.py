"""Short messages through the providers' own libraries, against stand-ins that verify signatures and misbehave."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.consumer import drain
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.numbers import number_of
from shared.domain.rules import Rules
from shared.domain.terms import Urgency
from shared.jobs import claim
from shared.notices import MOST_TRIES, Notice
from shared.sms_accounts import SmsAccounts, read_accounts
from tests.integration.sms_sinks import SIGN, Sink, sink
from tests.integration.stage import CALLER, MONDAY, OPERATOR, TIME, Stage, rules_at
from worker import sms
from worker.channel import Refusal, Taken
from worker.correspondence import Correspondence
from worker.notices import REPEATS, Notices
from worker.sender import providers
from worker.sms import ShortMessage, Sms

NIGHT = MONDAY.replace(hour=14)  # ten in the evening in Chengdu
MORNING = MONDAY.replace(hour=0) + timedelta(days=1)  # eight o'clock
MOBILE = "+8613800000000"


@dataclass
class Office:
    """A deployment with accounts at both providers, first and second."""

    stage: Stage
    aliyun: Sink
    tencent: Sink
    file: Path

    def sender(self, **caps: int) -> Notices:
        said = "".join(f"{name} = {most}\n" for name, most in caps.items())
        self.file.write_text(said + self.aliyun.account + self.tencent.account, "utf-8")
        read_accounts.cache_clear()
        accounts = read_accounts(str(self.file))
        assert accounts is not None
        channel = Sms(Correspondence(TIME, rules_at, self.stage.keys), accounts, providers(accounts.accounts))
        return Notices(self.stage.engine, self.stage.ledger, channel)

    def send(self, by: Notices | None = None) -> int:
        return drain(self.stage.engine, JobKind.TEXT, (by or self.sender()).handle, 5)

    def rows(self) -> list[Mapping[str, Any]]:
        return self.stage.rows("SELECT * FROM notice ORDER BY ticket_id, seq")

    def row(self) -> Mapping[str, Any]:
        [row] = self.rows()
        return row


@pytest.fixture
def office(stage: Stage, tmp_path: Path) -> Iterator[Office]:
    with sink("aliyun") as first, sink("tencent") as second:
        yield Office(stage, first, second, tmp_path / "sms.toml")


def by_sms(stage: Stage, **more: Any) -> int:
    return stage.register(tell_by_sms=True, **more)


def test_a_caller_who_chose_messages_gets_number_and_code_and_nothing_else(office: Office) -> None:
    ticket_id = by_sms(office.stage, email="wang@caller.example")
    assert office.send() == 1
    ticket = office.stage.ticket(ticket_id)
    [message] = office.aliyun.messages
    assert message == {
        "number": number_of(ticket_id, ticket.registered_at, rules_at(None, ticket.city).zone),  # type: ignore[arg-type]
        "code": office.stage.keys.pick_up_code(ticket_id, 1),
        "to": "13800000000", "template": "SMS_100000001", "sign": SIGN, "ours": f"{ticket_id}-1-sms:caller",
    }  # fmt: skip
    row = office.row()
    assert (row["state"], row["provider"], row["provider_reference"]) == ("sent", "aliyun", "biz-1")
    assert row["receipt"] is None
    assert office.stage.jobs(ticket_id, JobKind.NOTIFY) == []
    assert office.send() == 0


def test_the_second_provider_signs_and_fills_its_own_template(office: Office) -> None:
    ticket_id = by_sms(office.stage)
    office.aliyun.behave = lambda _: "500"
    sender = office.sender()
    assert [office.send(sender) for _ in range(4)] == [1, 1, 1, 0]
    assert (len(office.aliyun.messages), office.aliyun.forged, office.tencent.forged) == (2, 0, 0)
    [message] = office.tencent.messages
    assert (message["to"], message["template"], message["app"]) == (MOBILE, "1000001", "1400000000")
    assert message["code"] == office.stage.keys.pick_up_code(ticket_id, 1)
    row = office.row()
    assert (row["state"], row["tries"], row["provider"]) == ("sent", 3, "tencent")
    by_sms(office.stage)
    office.send(sender)
    assert len(office.aliyun.messages) == 2, "who failed twice in a row is not asked first for a while"


@pytest.mark.parametrize("mood", ["reset", "429", "isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH", "x" * 300])
def test_what_may_pass_is_tried_again(office: Office, mood: str) -> None:
    by_sms(office.stage)
    office.aliyun.behave = lambda _: mood
    office.send()
    assert (office.row()["state"], office.row()["tries"]) == ("sending", 1)
    office.aliyun.behave = lambda _: "ok"
    office.send()
    assert (office.row()["state"], office.row()["tries"]) == ("sent", 2)


def test_a_definite_refusal_is_final_and_names_nothing_personal(office: Office) -> None:
    by_sms(office.stage)
    office.aliyun.behave = lambda _: "isv.MOBILE_NUMBER_ILLEGAL"
    office.send()
    assert office.send() == 0
    assert (office.row()["state"], office.row()["error"]) == ("failed", "isv.MOBILE_NUMBER_ILLEGAL")
    assert office.tencent.messages == []


def test_after_both_providers_it_goes_on_every_five_minutes_forty_eight_times(office: Office) -> None:
    ticket_id = by_sms(office.stage)
    office.aliyun.behave = office.tencent.behave = lambda _: "500"
    sender = office.sender()
    while office.send(sender):
        pass
    assert (len(office.aliyun.messages), len(office.tencent.messages), office.row()["tries"]) == (2, 2, 4)
    [job] = office.stage.jobs(ticket_id, JobKind.TEXT)
    assert timedelta(minutes=5) <= job["due_at"] - MONDAY < timedelta(minutes=6)
    office.stage.as_owner("UPDATE notice SET tries = :tries", tries=MOST_TRIES - 1)
    office.stage.set_clock(job["due_at"])
    office.send(sender)
    assert (office.row()["state"], office.row()["tries"]) == ("failed", MOST_TRIES)


def test_no_transaction_is_open_while_a_provider_thinks(office: Office) -> None:
    by_sms(office.stage)
    seen = []

    def think(_: dict[str, str]) -> str:
        query = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
        seen.append(office.stage.rows(f"{query} AND xact_start IS NOT NULL AND pid <> pg_backend_pid()")[0]["n"])
        return "ok"

    office.aliyun.behave = think
    office.send()
    assert seen == [0]


def test_a_provider_that_takes_a_message_and_says_nothing_may_have_sent_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "TOTAL_SECONDS", 0.2)
    by_sms(office.stage)
    answered = threading.Event()
    office.aliyun.behave = lambda _: "ok" if answered.wait(30) else "500"
    office.send()
    row = office.row()
    assert (row["state"], row["error"], row["is_unsure"]) == ("sending", "too_slow", True)
    before = REPEATS.labels("sms")._value.get()
    answered.set()
    monkeypatch.setattr(sms, "TOTAL_SECONDS", 15)
    office.send()
    assert (office.row()["state"], office.row()["is_unsure"]) == ("sent", False)
    assert REPEATS.labels("sms")._value.get() == before + 1, "a second copy is counted"


def test_what_a_provider_had_no_time_to_begin_is_never_sent_beside_the_next_try(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "TOTAL_SECONDS", 0.1)
    begun, may_end = [], threading.Event()

    class Slow:
        name = "aliyun"

        def send(self, message: ShortMessage) -> Taken:
            begun.append(message.reference)
            may_end.wait(10)
            return Taken(None)

    channel = Sms(Correspondence(TIME, rules_at, office.stage.keys), SmsAccounts(()), [Slow()])
    answers = [channel.send(message_of(number), notice_of(number)) for number in range(9)]
    may_end.set()
    channel._pool.shutdown()
    assert [answer.is_unsure for answer in answers if isinstance(answer, Refusal)] == [True] * 8 + [False]
    assert begun == [str(number) for number in range(8)]


def message_of(number: int) -> ShortMessage:
    return ShortMessage(
        reference=str(number), phone="+8613800000000", templates={"aliyun": "T"}, number="1", code="X", refused=None
    )


def notice_of(number: int) -> Notice:
    return Notice(number, 1, "sms:caller", 1, is_repeat=False, reference=str(number))


def test_a_killed_sender_leaves_a_message_that_is_sent_again_under_the_same_name(office: Office) -> None:
    by_sms(office.stage)
    [job] = claim(office.stage.engine, JobKind.TEXT)
    begun = office.sender().begin(job)
    assert begun is not None
    begun.channel.send(begun.message, begun.notice)
    office.stage.end_leases()
    assert office.send() == 1
    assert len(office.aliyun.messages) == 2
    assert len({message["ours"] for message in office.aliyun.messages}) == 1
    assert [(row["state"], row["tries"]) for row in office.rows()] == [("sent", 2)]


def test_at_night_only_what_cannot_wait_goes_out(office: Office) -> None:
    stage = office.stage
    calm, urgent = by_sms(stage), by_sms(stage, urgency=Urgency.URGENT)
    office.send()
    stage.set_clock(NIGHT)
    asked = by_sms(stage)
    for ticket_id in (calm, urgent):
        stage.act(c.Dispatch, ticket_id, OPERATOR, unit="water_affairs")
    office.send()
    assert Counter(row["ticket_id"] for row in office.rows()) == {calm: 1, urgent: 2, asked: 1}
    [_, held] = stage.jobs(calm, JobKind.TEXT)
    assert (held["state"], held["outcome"], held["error"]) == ("todo", "waits", "quiet_hours")
    assert held["due_at"] == MORNING
    stage.set_clock(MORNING)
    office.send()
    assert [row["state"] for row in office.rows() if row["ticket_id"] == calm] == ["sent", "sent"]


def test_no_number_gets_more_in_a_day_than_allowed_and_neither_do_all(office: Office) -> None:
    for _ in range(3):
        by_sms(office.stage)
    office.send(office.sender(daily_per_number=2))
    assert [(row["state"], row["error"]) for row in office.rows()] == [
        ("sent", None), ("sent", None), ("failed", "number_capped"),
    ]  # fmt: skip
    by_sms(office.stage)
    office.send(office.sender(daily=2))
    assert office.rows()[-1]["error"] == "day_capped"
    assert len(office.aliyun.messages) == 2
    office.stage.set_clock(MONDAY + timedelta(days=1, hours=1))
    office.send(office.sender(daily=2))
    assert office.rows()[-1]["state"] == "sent"


def test_only_mainland_mobiles_are_sent_to(office: Office) -> None:
    for phone in ("+862885551234", "+85261234567", "+441632960123"):
        office.stage.register(tell_by_sms=True, phone=phone)
    office.send()
    assert [(row["state"], row["error"]) for row in office.rows()] == [("failed", "no_mobile")] * 3
    assert office.aliyun.messages == []


def test_a_step_without_a_template_is_told_to_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def bare(connection: Any, city: str, pack: int | None = None) -> Rules:
        return replace(rules_at(connection, city), texts={})

    ticket_id = by_sms(office.stage)
    sender = office.sender()
    monkeypatch.setattr(sender._channels["sms"], "_correspondence", Correspondence(TIME, bare, office.stage.keys))
    office.send(sender)
    [job] = office.stage.jobs(ticket_id, JobKind.TEXT)
    assert (job["state"], job["outcome"], job["error"]) == ("done", "moot", "no_template")


def test_who_changes_to_messages_gets_the_next_step_by_message(office: Office) -> None:
    ticket_id = office.stage.register(email="wang@caller.example")
    office.stage.act(c.ChangeTellBy, ticket_id, replace(CALLER, ticket_id=ticket_id), sms=True)
    office.stage.act(c.Dispatch, ticket_id, OPERATOR, unit="water_affairs")
    office.send()
    assert [message["template"] for message in office.aliyun.messages] == ["SMS_100000002"]


def test_codes_and_numbers_are_in_no_log(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    ticket_id = by_sms(office.stage)
    moods = iter(["500", "reset", "isv.MOBILE_NUMBER_ILLEGAL 13800000000", "ok"])
    office.aliyun.behave = office.tencent.behave = lambda _: next(moods)
    sender = office.sender()
    while office.send(sender):
        pass
    shown = "".join(capfd.readouterr()) + str(office.rows())
    assert office.stage.keys.pick_up_code(ticket_id, 1) not in shown
    assert "13800000000" not in shown.replace("isv.MOBILE_NUMBER_ILLEGAL13800000000", "")
