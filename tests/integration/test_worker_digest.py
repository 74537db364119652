"""Many notices to one unit's mailbox: the first at once, the rest as one mail when the window ends."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import commands as c
from shared.domain.terms import Urgency
from shared.domain.wording import instant_in_words
from tests.integration.post_office import ABOVE, PART, STAFF, WINDOW, Desk, open_desk
from tests.integration.stage import (
    CITY,
    HANDLER,
    OPERATOR,
    OTHER_UNIT,
    TIME,
    Stage,
    rules_of,
)


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    with open_desk(stage) as opened:
        yield opened


def test_the_first_go_at_once_and_the_rest_as_one_mail_when_the_window_ends(desk: Desk) -> None:
    waiting = desk.flood(8)
    assert desk.jobs(*waiting) == [("todo", "waits", "digest", 0)] * 8
    assert desk.rows(*waiting) == []
    desk.later(WINDOW - timedelta(minutes=10))
    assert desk.digests == []
    desk.later()
    assert len(desk.mails) == ABOVE + 1
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting]
    assert desk.jobs(*waiting) == [("done", "done", None, 1)] * 8
    rows = desk.rows(*waiting)
    assert [(row["state"], row["tries"], row["part"]) for row in rows] == [("sent", 1, PART)] * 8
    assert {row["reference"] for row in rows} == {f"{waiting[0]}-2-{PART}"}
    assert desk.digests[0]["Message-ID"] == f"<{waiting[0]}-2-{PART.replace(':', '.')}@city.example>"
    desk.later()
    assert len(desk.mails) == ABOVE + 1


def test_a_digest_says_number_act_and_due_time_and_where_to_log_in_and_nothing_else(desk: Desk) -> None:
    first, _ = desk.flood(2, title="王某家停水", body="住在东坡路三号。")
    desk.later()
    (mail,) = desk.digests
    due_at = desk.stage.ticket(first).due_at
    assert due_at is not None
    due = instant_in_words(due_at, rules_of(CITY).zone)
    body = mail.get_content()
    assert f"{desk.number(first)}　派单　办理时限：{due.zh}" in body
    assert f"{desk.number(first)}  Dispatched  Due: {due.en}" in body
    assert STAFF in body
    assert not any(word in mail.as_string() + body for word in ("王", "东坡路", "停水", "13800000000"))


def test_every_step_of_a_ticket_that_waited_has_its_line(desk: Desk) -> None:
    (ticket_id,) = desk.flood(1)
    desk.stage.act(c.Urge, ticket_id, OPERATOR)
    desk.work()
    desk.later()
    (mail,) = desk.digests
    lines = [line for line in mail.get_content().splitlines() if desk.number(ticket_id) in line]
    assert ["派单" in lines[0], "催办" in lines[1], len(lines)] == [True, True, 4]


def test_one_that_waited_alone_is_told_as_if_it_had_not(desk: Desk) -> None:
    (ticket_id,) = desk.flood(1)
    desk.later()
    assert desk.digests == []
    assert desk.number(ticket_id) in desk.mails[-1]["Subject"]
    assert desk.jobs(ticket_id) == [("done", "done", None, 1)]


@pytest.mark.parametrize("said", [{"urgency": Urgency.URGENT}, {"urgency": Urgency.CRITICAL}, {"confidential": True}])
def test_what_presses_or_is_confidential_goes_at_once_and_alone(desk: Desk, said: Mapping[str, Any]) -> None:
    desk.flood()
    ticket_id = desk.stage.dispatched(**said).id
    desk.work()
    assert desk.number(ticket_id) in desk.mails[-1]["Subject"]
    assert len(desk.mails) == ABOVE + 1


@pytest.mark.parametrize("command", [c.MarkOverdue, c.GiveRedCard])
def test_overdue_and_red_cards_go_at_once_through_a_full_window(desk: Desk, command: type[c.Command]) -> None:
    old = desk.stage.dispatched()
    desk.work()
    clock = desk.stage.clock(old.id)
    assert clock.due_at is not None
    assert clock.red_at is not None
    desk.stage.set_clock(clock.red_at + timedelta(seconds=1))
    for _ in range(ABOVE + 1):
        desk.stage.dispatched()
    desk.work()
    before = len(desk.mails)
    if command is c.GiveRedCard:
        desk.stage.act(c.MarkOverdue, old.id, TIME)
        desk.work()
    desk.stage.act(command, old.id, TIME)
    desk.work()
    assert len(desk.mails) == before + (2 if command is c.GiveRedCard else 1)
    assert desk.number(old.id) in desk.mails[-1]["Subject"]


def test_what_the_unit_no_longer_holds_is_left_out(desk: Desk) -> None:
    gone, *stays = desk.flood(3)
    desk.stage.act(c.Return, gone, HANDLER, basis="三定方案", reason="不是我们的职责")
    desk.stage.act(c.Dispatch, gone, OPERATOR, unit=OTHER_UNIT)
    desk.later()
    assert [desk.told_of(mail) for mail in desk.digests] == [stays]
    assert desk.jobs(gone) == [("done", "moot", "moved_on", 1)]
    assert desk.rows(gone) == []


def test_what_has_become_confidential_while_it_waited_is_told_by_itself(desk: Desk) -> None:
    first, second, third = desk.flood(3)
    desk.stage.as_owner("UPDATE ticket SET confidential = true WHERE id = :id", id=first)
    desk.later()
    assert [desk.told_of(mail) for mail in desk.mails if desk.told_of(mail)] == [[first], [second, third]]


def test_after_a_window_the_next_one_begins(desk: Desk) -> None:
    desk.flood()
    desk.later()
    again = [desk.stage.dispatched().id for _ in range(ABOVE + 2)]
    desk.work()
    assert [job[2] for job in desk.jobs(*again)] == [None] * ABOVE + ["digest"] * 2
    desk.later(3 * WINDOW)
    assert [len(desk.told_of(mail)) for mail in desk.digests] == [3, 0]
    assert [job[:2] for job in desk.jobs(*again)] == [("done", "done")] * (ABOVE + 2)


def test_callers_and_other_mailboxes_do_not_wait(desk: Desk) -> None:
    desk.flood()
    for _ in range(ABOVE + 2):
        desk.stage.register(email="wang@caller.example")
    desk.work()
    assert len(desk.server.to("wang@caller.example")) == ABOVE + 2
