"""Registering: one transaction, once per key, whatever breaks or comes twice (FAULTS 4.5, 4.7)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from shared.domain import commands as c
from shared.domain.errors import Refused
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Channel
from shared.ledger import IdempotencyKey, Opened
from tests.integration.stage import MONDAY, OPERATOR, Stage

TABLES = ("ticket", "ticket_event", "ticket_text", "caller", "job", "idempotency")
CALLER = c.CallerDetails(name="王小明", phone="+8613812345678", email="wang@example.cn", address="春熙路一号")


def ask(**more: Any) -> c.Register:
    said = {"title": "自来水停了", "body": "从早上到现在没有水。", "channel": Channel.PHONE, "caller": CALLER} | more
    return c.Register(actor=OPERATOR, **said)


def key(name: str = "first-try", mac: bytes = b"mac", client: str = "test") -> IdempotencyKey:
    return IdempotencyKey(client, "register", name, mac)


def counts(stage: Stage) -> dict[str, int]:
    return {table: stage.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES}  # noqa: S608 - names of its own


@contextmanager
def connection_killed_before_commit(stage: Stage) -> Iterator[None]:
    """Let PostgreSQL lose the connection when all has been written and the transaction is about to be committed."""
    with stage.owner.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER vanishing AFTER INSERT ON ticket DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION vanish()"
        )
    try:
        yield
    finally:
        with stage.owner.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION vanish() CASCADE")


def test_registering_writes_row_event_texts_caller_job_and_key_together(stage: Stage) -> None:
    ticket = stage.ledger.open_ticket(ask(), key()).ticket
    assert counts(stage) == {
        "ticket": 1, "ticket_event": 1, "ticket_text": 2, "caller": 1, "job": 4, "idempotency": 1,
    }  # fmt: skip
    assert [job["due_at"] for job in stage.jobs(ticket.id, JobKind.ROUTE)] == [ticket.registered_at]
    assert stage.ticket(ticket.id) == ticket
    assert ticket.registered_at >= MONDAY


def test_a_connection_lost_before_commit_leaves_nothing_at_all(stage: Stage) -> None:
    with connection_killed_before_commit(stage), pytest.raises(sa.exc.OperationalError):
        stage.ledger.open_ticket(ask(), key())
    assert counts(stage) == dict.fromkeys(TABLES, 0)


def test_the_same_key_works_after_the_first_attempt_was_lost(stage: Stage) -> None:
    with connection_killed_before_commit(stage), pytest.raises(sa.exc.OperationalError):
        stage.ledger.open_ticket(ask(), key())
    assert not stage.ledger.open_ticket(ask(), key()).is_replay
    assert counts(stage)["ticket"] == 1


def test_the_same_key_again_gives_the_same_ticket_and_writes_nothing(stage: Stage) -> None:
    first = stage.ledger.open_ticket(ask(), key())
    before = counts(stage)
    again = stage.ledger.open_ticket(ask(), key())
    assert (again.ticket, again.is_replay) == (first.ticket, True)
    assert counts(stage) == before


def test_a_replay_shows_the_ticket_as_it_stands_now(stage: Stage) -> None:
    first = stage.ledger.open_ticket(ask(), key()).ticket
    moved = stage.act(c.Dispatch, first.id, OPERATOR, unit="water_affairs")
    assert stage.ledger.open_ticket(ask(), key()).ticket == moved


def test_the_same_key_with_another_request_is_refused(stage: Stage) -> None:
    stage.ledger.open_ticket(ask(), key())
    with pytest.raises(Refused) as refusal:
        stage.ledger.open_ticket(ask(body="另一件事"), key(mac=b"another"))
    assert refusal.value.code == "key_reused"
    assert counts(stage)["ticket"] == 1


def test_two_clients_may_use_the_same_key(stage: Stage) -> None:
    one, two = (stage.ledger.open_ticket(ask(), key(client=client)).ticket.id for client in ("staff:1", "staff:2"))
    assert one != two


def test_a_refused_registration_does_not_use_up_its_key(stage: Stage) -> None:
    with pytest.raises(Refused):
        stage.ledger.open_ticket(ask(county="atlantis"), key())
    assert counts(stage) == dict.fromkeys(TABLES, 0)
    assert not stage.ledger.open_ticket(ask(), key()).is_replay


def test_a_key_used_many_times_at_once_opens_one_ticket_and_everybody_gets_it(stage: Stage) -> None:
    start = threading.Barrier(5)

    def register() -> Opened:
        start.wait()
        return stage.ledger.open_ticket(ask(), key())

    with ThreadPoolExecutor(5) as pool:
        answers = [future.result() for future in [pool.submit(register) for _ in range(5)]]
    assert len({answer.ticket.id for answer in answers}) == 1
    assert sorted(answer.is_replay for answer in answers) == [False, True, True, True, True]
    assert counts(stage)["ticket"] == counts(stage)["ticket_event"] == 1


def test_names_phones_and_addresses_are_stored_encrypted(stage: Stage) -> None:
    ticket = stage.ledger.open_ticket(ask(), key()).ticket
    row = stage.rows("SELECT * FROM caller")[0]
    for name, clear in (("name", "王小明"), ("phone", "+8613812345678"), ("address", "春熙路一号")):
        assert clear.encode() not in bytes(row[name])
        assert stage.keys.decrypt(row[name]) == clear
    assert bytes(row["phone_index"]) == stage.keys.blind_index("+8613812345678")
    assert ticket.tell_by == "email"


def test_the_log_names_texts_by_digest_and_holds_none_of_them(stage: Stage) -> None:
    stage.ledger.open_ticket(ask(), key())
    body = stage.rows("SELECT body FROM ticket_event")[0]["body"]
    assert "停" not in body
    assert "王" not in body
    assert "13812345678" not in body


def test_any_words_are_kept_as_they_are(stage: Stage) -> None:
    for n, text in enumerate(("'; DROP TABLE ticket; --", "%s %(x)s :y", "\\x00\\u0000", '{"a":"b"}', "🚰" * 500)):
        ticket = stage.ledger.open_ticket(ask(body=text), key(f"key-{n}")).ticket
        rows = stage.rows("SELECT text FROM ticket_text WHERE ticket_id = :id AND part = 'body'", id=ticket.id)
        assert rows == [{"text": text}]


def test_words_that_cannot_be_stored_leave_nothing_behind(stage: Stage) -> None:
    with pytest.raises(sa.exc.DataError):
        stage.ledger.open_ticket(ask(body="a\0b"), key())
    assert counts(stage) == dict.fromkeys(TABLES, 0)
