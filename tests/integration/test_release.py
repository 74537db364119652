"""After a restore nothing leaves the house until a person releases it (FAULTS T36, F34)."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared import jobs, restoration
from shared.consumer import Handler
from shared.domain import commands as c
from shared.domain.follow_ups import OUTBOUND, JobKind
from shared.ledger.write import as_json
from shared.restoration import LOOK_AGAIN
from tests.integration.site import Site
from tests.integration.stage import MONDAY, OPERATOR, UNIT, Stage
from worker.holding import held_back

MAIL = "wang@caller.example"


class Letterbox:
    """Counts what would have left the house, and closes its jobs."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.sent = stage, 0

    def handlers(self) -> Mapping[JobKind, Handler]:
        return {JobKind.NOTIFY: held_back(self.stage.engine, self._send)}

    def _send(self, claimed: Any) -> None:
        self.sent += len(claimed)
        with self.stage.engine.begin() as connection:
            jobs.hold(connection, claimed)
            jobs.close(connection, [jobs.Closing(job, "done", "moot") for job in claimed], as_json)

    def work(self) -> None:
        self.stage.work(self.handlers(), JobKind.NOTIFY)


def restore(stage: Stage) -> None:
    with stage.owner.begin() as connection:
        restoration.note(connection, MONDAY)


def release(stage: Stage, *, drops: bool = False) -> tuple[int, int]:
    with stage.owner.begin() as connection:
        return restoration.release(connection, drops=drops)


@pytest.fixture
def box(stage: Stage) -> Letterbox:
    return Letterbox(stage)


def test_after_a_restore_no_notice_leaves_until_it_is_released(stage: Stage, box: Letterbox) -> None:
    ticket_id = stage.register(email=MAIL)
    restore(stage)
    for _ in range(jobs.MAX_ATTEMPTS + 1):  # looking again costs no attempt
        box.work()
        stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind = 'notify'")
    box.work()
    (job,) = stage.jobs(ticket_id, JobKind.NOTIFY)
    assert (box.sent, job["state"], job["outcome"], job["attempts"]) == (0, "todo", "held", 0)
    assert job["due_at"] > MONDAY + LOOK_AGAIN / 2, "a held job is not late, or every watch would ring for it"
    assert release(stage) == (1, 0)
    box.work()
    assert box.sent == 1


def test_a_release_may_drop_what_came_with_the_backup_and_sends_what_came_after(stage: Stage, box: Letterbox) -> None:
    before = stage.register(email=MAIL)
    box.work()
    late = stage.act(c.Dispatch, before, OPERATOR, unit=UNIT).id
    restore(stage)
    after = stage.register(email=MAIL)
    box.work()
    assert release(stage, drops=True)[1] == len(stage.jobs(late, JobKind.NOTIFY)) - 1
    box.work()
    assert box.sent == 2, "the one sent before the backup, and the one registered after the restore"
    assert {job["outcome"] for job in stage.jobs(late, JobKind.NOTIFY)} == {"moot", "dropped"}
    assert [job["outcome"] for job in stage.jobs(after, JobKind.NOTIFY)] == ["moot"]


def test_releasing_twice_does_nothing_more(stage: Stage) -> None:
    restore(stage)
    release(stage)
    assert release(stage, drops=True) == (0, 0)


def test_a_restore_marks_the_names_by_which_others_know_our_events(stage: Stage) -> None:
    with stage.engine.connect() as connection:
        assert restoration.epoch(connection) == ""
    restore(stage)
    with stage.engine.connect() as connection:
        assert restoration.epoch(connection)


def test_staff_read_on_every_page_that_notices_are_held(site: Site) -> None:
    assert "等管理员放行" not in site.person("zheng").get("/overview").text
    restore(site.stage)
    assert "等管理员放行" in site.person("zheng").get("/overview").text
    release(site.stage)
    assert "等管理员放行" not in site.person("zheng").get("/overview").text


def test_every_kind_that_leaves_the_house_is_held_by_the_worker(site: Site) -> None:
    from worker import handlers, sender

    found = {**handlers.handlers(), **sender.handlers()}
    through = {kind for kind, handle in found.items() if handle.__qualname__.startswith("held_back")}
    assert through == OUTBOUND
