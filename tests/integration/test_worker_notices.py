"""Notices by e-mail against a real SMTP server that takes, refuses, hangs up or is not there."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from shared.command.mail_sink import Sink
from shared.command.ports import any_free
from shared.consumer import Handler
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.jobs import claim
from shared.notices import MOST_TRIES
from tests.integration.post_office import PUBLIC, Server, by_mail
from tests.integration.stage import ANSWER, HANDLER, MONDAY, OPERATOR, OTHER_UNIT, UNIT_MAIL, Stage

CALLER = "wang@caller.example"


@pytest.fixture
def port() -> int:
    return any_free()


@pytest.fixture
def server(port: int) -> Iterator[Server]:
    answering = Server()
    controller = Controller(answering, hostname="127.0.0.1", port=port)
    controller.start()
    yield answering
    controller.stop()


def handlers(stage: Stage, port: int | None) -> Mapping[JobKind, Handler]:
    return {JobKind.NOTIFY: by_mail(stage, port).handle}


def notify(stage: Stage, port: int | None) -> int:
    return stage.work(handlers(stage, port), JobKind.NOTIFY)


def notices(stage: Stage, ticket_id: int) -> list[Mapping[str, Any]]:
    return stage.rows("SELECT * FROM notice WHERE ticket_id = :id ORDER BY seq, part", id=ticket_id)


def outcomes(stage: Stage, ticket_id: int) -> list[tuple[str, str | None]]:
    return [(job["state"], job["outcome"]) for job in stage.jobs(ticket_id, JobKind.NOTIFY)]


def test_caller_and_unit_are_told_once_of_each_step(stage: Stage, port: int, server: Server) -> None:
    ticket = stage.dispatched(email=CALLER)
    notify(stage, port)
    notify(stage, port)
    assert len(server.to(CALLER)) == 2
    assert len(server.to(UNIT_MAIL)) == 1
    rows = [(row["seq"], row["part"], row["state"], row["tries"]) for row in notices(stage, ticket.id)]
    assert rows == [
        (1, "email:caller", "sent", 1),
        (2, "email:caller", "sent", 1),
        (2, "email:unit:water_affairs", "sent", 1),
    ]
    assert outcomes(stage, ticket.id) == [("done", "done")] * 3


def test_what_was_not_tried_because_the_pool_was_empty_is_free_again_at_once(
    stage: Stage, port: int, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = stage.dispatched(email=CALLER)
    sending = by_mail(stage, port)

    def no_connection(*_: Any) -> None:
        raise sa.exc.TimeoutError("the pool is empty")

    with monkeypatch.context() as patch, pytest.raises(sa.exc.TimeoutError):
        patch.setattr(sending, "begin", no_connection)
        stage.work({JobKind.NOTIFY: sending.handle}, JobKind.NOTIFY)
    assert [job["attempts"] for job in stage.jobs(ticket.id, JobKind.NOTIFY)] == [1, 0, 0]
    notify(stage, port)
    assert [state for state, _ in outcomes(stage, ticket.id)] == ["todo", "done", "done"]


def test_the_caller_reads_who_answers_by_when_and_where_to_look(stage: Stage, port: int, server: Server) -> None:
    ticket = stage.dispatched(email=CALLER)
    notify(stage, port)
    mail = server.to(CALLER)[1]
    body = mail.get_content()
    assert "这件事由成都市水务局办理，9 月 16 日（星期三）下午 5:00 前答复您。" in body
    assert "will answer you by Wednesday 16 September, 17:00." in body
    assert f"{PUBLIC}/f/{stage.keys.link_token(ticket.id, 1)}" in body
    assert mail["Message-ID"] == f"<{ticket.id}-2-email.caller@city.example>"
    assert "王" not in mail.as_string()
    assert "13800000000" not in body


def test_the_answer_goes_out_when_the_unit_has_resolved(stage: Stage, port: int, server: Server) -> None:
    stage.resolved(email=CALLER)
    notify(stage, port)
    told = server.to(CALLER)
    assert [ANSWER in mail.get_content() for mail in told] == [False, False, True]
    assert "换管" not in told[-1].get_content()
    assert "已答复" in told[-1]["Subject"]


def test_the_answer_to_a_confidential_ticket_stays_behind_the_link(stage: Stage, port: int, server: Server) -> None:
    stage.resolved(email=CALLER, confidential=True)
    notify(stage, port)
    assert ANSWER not in server.to(CALLER)[-1].get_content()


def test_a_unit_that_no_longer_has_the_ticket_is_not_told_of_it(stage: Stage, port: int, server: Server) -> None:
    ticket = stage.dispatched()
    stage.act(c.Return, ticket.id, HANDLER, basis="三定方案", reason="不是我们的职责")
    stage.act(c.Dispatch, ticket.id, OPERATOR, unit=OTHER_UNIT)
    notify(stage, port)
    assert server.mails == []
    assert outcomes(stage, ticket.id) == [("done", "moot")]


def test_a_mail_refused_for_now_is_tried_at_once_and_then_every_five_minutes(
    stage: Stage, port: int, server: Server
) -> None:
    ticket_id = stage.register(email=CALLER)
    server.answer_to_recipient = "451 greylisted, wang@caller.example may come back"
    notify(stage, port)
    assert [(row["state"], row["tries"]) for row in notices(stage, ticket_id)] == [("sending", 1)]
    assert notify(stage, port) == 1
    assert notify(stage, port) == 0
    row, job = notices(stage, ticket_id)[0], stage.jobs(ticket_id, JobKind.NOTIFY)[0]
    assert (row["state"], row["tries"], row["error"]) == ("sending", 2, "SMTPRecipientsRefused 451")
    assert (job["state"], job["outcome"], job["attempts"]) == ("todo", "refused", 0)
    assert timedelta(minutes=5) <= job["due_at"] - MONDAY < timedelta(minutes=6)
    server.answer_to_recipient = "250 OK"
    stage.set_clock(job["due_at"])
    assert notify(stage, port) == 1
    assert len(server.to(CALLER)) == 1
    assert [(row["state"], row["tries"], row["error"]) for row in notices(stage, ticket_id)] == [("sent", 3, None)]


def test_a_retry_waits_in_real_time_in_a_database_whose_clock_runs(stage: Stage, port: int, server: Server) -> None:
    ticket_id = stage.register(email=CALLER)
    server.answer_to_recipient = "451 later"
    stage.set_clock(MONDAY, speed=1440)
    notify(stage, port)
    notify(stage, port)
    due_at = stage.jobs(ticket_id, JobKind.NOTIFY)[0]["due_at"]
    assert due_at - MONDAY >= timedelta(minutes=5) * 1440


def test_a_mail_refused_for_good_fails_visibly_at_once(stage: Stage, port: int, server: Server) -> None:
    ticket_id = stage.register(email=CALLER)
    server.answer_to_recipient = "550 no such mailbox wang@caller.example"
    notify(stage, port)
    assert notify(stage, port) == 0
    row = notices(stage, ticket_id)[0]
    assert (row["state"], row["tries"], row["error"]) == ("failed", 1, "SMTPRecipientsRefused 550")
    assert outcomes(stage, ticket_id) == [("done", "failed")]


def test_the_forty_eighth_refused_try_is_the_last(stage: Stage, port: int, server: Server) -> None:
    ticket_id = stage.register(email=CALLER)
    server.answer_to_data = "451 disk full"
    notify(stage, port)
    stage.as_owner("UPDATE notice SET tries = :tries", tries=MOST_TRIES - 1)
    notify(stage, port)
    row = notices(stage, ticket_id)[0]
    assert (row["state"], row["tries"], row["error"]) == ("failed", MOST_TRIES, "SMTPDataError 451")


def test_while_the_mail_server_is_down_every_mail_waits_for_it(stage: Stage, port: int) -> None:
    ids = [stage.register(email=CALLER) for _ in range(3)]
    notify(stage, port)
    states = [[(row["state"], row["tries"]) for row in notices(stage, ticket_id)] for ticket_id in ids]
    assert states == [[("sending", 1)]] * 3
    assert outcomes(stage, ids[0]) == [("todo", "refused")]


def test_a_killed_sender_leaves_a_mail_that_is_sent_again_under_the_same_name(
    stage: Stage, port: int, server: Server
) -> None:
    ticket_id = stage.register(email=CALLER)
    [job] = claim(stage.engine, JobKind.NOTIFY)
    begun = by_mail(stage, port).begin(job)
    assert begun is not None
    begun.channel.send(begun.message, begun.notice)
    begun.channel.close()
    assert notify(stage, port) == 0
    stage.end_leases()
    assert notify(stage, port) == 1
    assert len({mail["Message-ID"] for mail in server.to(CALLER)}) == 1
    assert [(row["state"], row["tries"]) for row in notices(stage, ticket_id)] == [("sent", 2)]


def test_a_notice_that_was_sent_is_not_sent_again_by_a_job_that_was_not_closed(
    stage: Stage, port: int, server: Server
) -> None:
    ticket_id = stage.register(email=CALLER)
    notify(stage, port)
    stage.as_owner("UPDATE job SET state = 'todo', ended_at = NULL WHERE kind = 'notify'")
    notify(stage, port)
    assert len(server.mails) == 1
    assert outcomes(stage, ticket_id) == [("done", "moot")]


def test_a_consumer_whose_lease_ended_does_not_send(stage: Stage, port: int, server: Server) -> None:
    ticket_id = stage.register(email=CALLER)
    stale = claim(stage.engine, JobKind.NOTIFY)
    stage.end_leases()
    server.answer_to_recipient = "451 later"
    notify(stage, port)
    server.answer_to_recipient = "250 OK"
    handlers(stage, port)[JobKind.NOTIFY](stale)
    assert server.mails == []
    assert [row["tries"] for row in notices(stage, ticket_id)] == [1]


def test_without_a_mail_server_nobody_is_told_and_the_job_says_so(stage: Stage) -> None:
    ticket_id = stage.register(email=CALLER)
    notify(stage, None)
    jobs = stage.jobs(ticket_id, JobKind.NOTIFY)
    assert [(job["state"], job["outcome"], job["error"]) for job in jobs] == [("done", "moot", "no_mail_server")]
    assert notices(stage, ticket_id) == []


def test_no_transaction_is_open_while_the_mail_server_thinks(stage: Stage, port: int, server: Server) -> None:
    seen = []

    async def look(smtp: Any, session: Any, envelope: Any) -> str:
        query = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
        seen.append(stage.rows(f"{query} AND xact_start IS NOT NULL AND pid <> pg_backend_pid()")[0]["n"])
        return "250 OK"

    server.handle_DATA = look  # type: ignore[method-assign]
    stage.register(email=CALLER)
    notify(stage, port)
    assert seen == [0]


def test_the_demos_mail_server_keeps_the_last_mails_as_files(stage: Stage, port: int, tmp_path: Path) -> None:
    for _ in range(2):
        controller = Controller(Sink(tmp_path / "mail", keep=3), hostname="127.0.0.1", port=port)
        controller.start()
        for _ in range(3):
            stage.register(email=CALLER)
        notify(stage, port)
        controller.stop()
    files = sorted((tmp_path / "mail").iterdir())
    assert [int(file.name.partition("-")[0]) for file in files] == [4, 5, 6]
    assert message_from_bytes(files[-1].read_bytes())["To"] == CALLER
