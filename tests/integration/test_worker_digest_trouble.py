"""Digests when senders are killed, meet one another, run out of time or are refused, and in a storm."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import worker.notices
from shared import mailboxes, restoration
from shared.consumer import drain
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.jobs import claim
from tests.integration.post_office import ABOVE, WINDOW, Desk, open_desk
from tests.integration.stage import (
    HANDLER,
    MONDAY,
    OPERATOR,
    OTHER_UNIT,
    Stage,
)
from worker.holding import held_back
from worker.notices import REPEATS


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    with open_desk(stage) as opened:
        yield opened


def test_a_killed_sender_repeats_the_same_digest_and_takes_nothing_new_along(desk: Desk) -> None:
    waiting = desk.flood()
    desk.wait()
    before = REPEATS.labels("email")._value.get()
    begun = desk.sender.begin(claim(desk.stage.engine, JobKind.NOTIFY)[1])
    assert begun is not None
    begun.channel.send(begun.message, begun.notice)
    begun.channel.close()
    late = desk.stage.dispatched().id
    desk.stage.as_owner("UPDATE job SET error = 'digest' WHERE ticket_id = :id AND kind = 'notify'", id=late)
    desk.ids = [*waiting, late]
    desk.stage.end_leases()
    desk.work()
    assert [sorted(desk.told_of(mail)) for mail in desk.digests] == [waiting, waiting]
    assert len({mail["Message-ID"] for mail in desk.digests}) == 1
    assert [(row["state"], row["tries"]) for row in desk.rows(*waiting)] == [("sent", 2)] * 3
    assert REPEATS.labels("email")._value.get() == before + 1
    assert [row["state"] for row in desk.rows(late)] == ["sent"]


def test_a_sender_killed_before_it_began_loses_nothing(desk: Desk) -> None:
    waiting = desk.flood()
    desk.wait()
    claim(desk.stage.engine, JobKind.NOTIFY)
    desk.stage.end_leases()
    desk.work()
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting]


def test_a_refused_digest_is_tried_again_as_one_without_what_has_moved_on(desk: Desk) -> None:
    gone, *stays = waiting = desk.flood()
    desk.server.answer_to_data = "451 later"
    desk.later()
    assert desk.jobs(*waiting) == [("todo", "refused", "SMTPDataError 451", 0)] * 3
    assert [(row["state"], row["error"]) for row in desk.rows(*waiting)] == [("sending", "SMTPDataError 451")] * 3
    desk.stage.act(c.Return, gone, HANDLER, basis="三定方案", reason="不是我们的职责")
    desk.stage.act(c.Dispatch, gone, OPERATOR, unit=OTHER_UNIT)
    desk.server.answer_to_data = "250 OK"
    desk.later(WINDOW + timedelta(minutes=10))
    assert [desk.told_of(mail) for mail in desk.digests] == [stays]
    assert [row["state"] for row in desk.rows(gone, *stays)] == ["failed", "sent", "sent"]


def test_a_digest_refused_for_good_fails_visibly_for_each_ticket(desk: Desk) -> None:
    waiting = desk.flood()
    desk.server.answer_to_recipient = "550 no such mailbox"
    desk.later()
    assert [(row["state"], row["tries"]) for row in desk.rows(*waiting)] == [("failed", 1)] * 3
    assert [job[:2] for job in desk.jobs(*waiting)] == [("done", "failed")] * 3


def test_what_is_handed_back_for_want_of_time_still_waits_for_its_digest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = desk.flood()
    with monkeypatch.context() as slow:
        slow.setattr(worker.notices, "BUDGET_SECONDS", 0)
        desk.later()
    assert desk.jobs(*waiting) == [("todo", "busy", "digest", 0)] * 3
    desk.later()
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting]


def test_what_waited_when_a_backup_was_made_is_one_mail_after_the_release(desk: Desk) -> None:
    waiting = desk.flood()
    desk.wait()
    with desk.stage.owner.begin() as connection:
        restoration.note(connection, MONDAY)
    drain(desk.stage.engine, JobKind.NOTIFY, held_back(desk.stage.engine, desk.sender.handle), 5)
    with desk.stage.owner.begin() as connection:
        restoration.release(connection, drops=False)
    desk.work()
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting]


def test_a_storm_comes_in_several_mails_and_none_is_left_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "MOST_TOGETHER", 2)
    waiting = desk.flood(4)
    desk.later()
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting[:2], waiting[2:]]


def test_consumers_that_fill_a_mailbox_at_once_let_no_more_through(desk: Desk) -> None:
    ids = [desk.stage.dispatched().id for _ in range(ABOVE + 7)]
    shares = [claim(desk.stage.engine, JobKind.NOTIFY, 3) for _ in range(4)]
    with ThreadPoolExecutor(4) as consumers:
        list(consumers.map(desk.handle, shares))
    assert len(desk.mails) == ABOVE
    assert sorted(job[2] or "" for job in desk.jobs(*ids)) == [""] * ABOVE + ["digest"] * 7
    assert len({job["due_at"] for one in ids for job in desk.stage.jobs(one, JobKind.NOTIFY) if job["error"]}) == 1


def test_consumers_that_meet_at_the_windows_end_make_one_digest(desk: Desk) -> None:
    waiting = desk.flood(8)
    desk.wait()
    shares = [claim(desk.stage.engine, JobKind.NOTIFY, 2) for _ in range(4)]
    with ThreadPoolExecutor(4) as consumers:
        list(consumers.map(desk.handle, shares))
    assert [sorted(desk.told_of(mail)) for mail in desk.digests] == [waiting]
    assert {job[:2] for job in desk.jobs(*waiting)} == {("done", "done")}


def test_a_digest_that_is_late_leaves_what_waits_for_the_next_window(desk: Desk) -> None:
    waiting = desk.flood()
    desk.wait()
    next_one = desk.stage.dispatched().id
    waits = "UPDATE job SET error = 'digest', due_at = business_now() + interval '9 minutes' WHERE ticket_id = :id"
    desk.stage.as_owner(f"{waits} AND kind = 'notify'", id=next_one)
    desk.ids = [*waiting, next_one]
    desk.work()
    assert [desk.told_of(mail) for mail in desk.digests] == [waiting]
    assert desk.jobs(next_one) == [("todo", None, "digest", 0)]
