"""Short forms of faults, on single processes: green with the source as it is, each red with its bug planted."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from shared import jobs
from shared.domain.commands import CallerDetails, Register
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Channel
from shared.ledger import IdempotencyKey
from tests.conftest import Database
from tests.faults.points.house import House, open_house
from tests.faults.points.people import BODY, file
from tests.faults.points.ways import broken_in
from tests.faults.poison import WORD, write_poison
from tests.faults.queries import ARM_AGAIN
from tests.faults.stack import wait
from tests.integration.stage import MONDAY, OPERATOR

SOME, PATIENCE, ONE_ATTEMPT = 4, 60.0, 25.0
MAIL = "wang@caller.example"
LONGEST_REQUEST = 10.0  # I11


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A hotline on a database of the test's own; its Redis is gone for good."""
    with open_house(database) as found:
        yield found


def work_awhile(house: House, *programs: str) -> None:
    """Let programs do what they can; whether that is all is for the invariants to say."""
    with suppress(AssertionError):
        house.work(*programs, seconds=PATIENCE)


def file_some(house: House, **more: object) -> list[int]:
    """Register some tickets."""
    return [house.stage.register(body=f"{BODY}，{number}", **more) for number in range(SOME)]


def test_t8_with_redis_gone_for_good_every_ticket_leaves_and_every_deadline_fires(house: House) -> None:
    ids = file_some(house)
    work_awhile(house, "router")
    assert broken_in(house) == {}
    house.stage.set_clock(MONDAY + timedelta(days=60))
    work_awhile(house, "worker")
    assert broken_in(house) == {}
    assert all({"warned", "overdue"} & set(house.stage.events(one)) for one in ids), "I6 each due instant fires"


def test_t9_a_frozen_redis_costs_a_request_nothing(house: House) -> None:
    with _mute() as port:
        house.environment["REDIS_URL"] = f"redis://:none@127.0.0.1:{port}/0"
        with house.running("public") as process:
            try:
                file(house, process.url, seconds=LONGEST_REQUEST)
            except httpx.TimeoutException:
                pytest.fail(f"I11 a request took longer than {LONGEST_REQUEST:.0f} s")


@contextmanager
def _mute() -> Iterator[int]:
    """Accept connections and never say a word, as a process does that was stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


def test_t17_a_commit_that_comes_late_is_not_overtaken(house: House) -> None:
    is_slow, may_commit = threading.Event(), threading.Event()

    def slowly(_connection: sa.Connection, _ticket_id: int) -> None:
        is_slow.set()
        assert may_commit.wait(PATIENCE * 3)

    said = Register(actor=OPERATOR, caller=CallerDetails(), title="停水", body=BODY, channel=Channel.PHONE)
    key = IdempotencyKey("test", "tickets", "slow", b"mac")
    slow = threading.Thread(target=house.stage.ledger.open_ticket, args=(said, key, slowly))
    slow.start()
    assert is_slow.wait(PATIENCE)
    with house.running("router"):
        first = house.stage.register(body=BODY)
        wait(lambda: house.stage.ticket(first).holder_kind != "router", "the quick one to be routed", PATIENCE * 3)
        may_commit.set()
        slow.join()
        with suppress(AssertionError):
            wait(lambda: not broken_in(house), "the slow one to be routed", PATIENCE)
    assert broken_in(house) == {}


def test_t20_a_commit_that_fails_is_not_answered_with_a_number(house: House) -> None:
    with house.stage.owner.begin() as connection:
        connection.execute(sa.text(_FULL))
        connection.execute(sa.text(_AT_COMMIT))
    with house.running("public") as process:
        headers = {"Idempotency-Key": "the-disk-is-full"}
        answer = httpx.post(
            f"{process.url}/api/v1/tickets", json={"body": BODY}, headers=headers, trust_env=False, timeout=PATIENCE
        )
    assert house.stage.rows("SELECT id FROM ticket") == []
    assert answer.status_code != 201, "I1 every 201 has its ticket"
    assert answer.status_code == 503


_FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
 $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"""
_AT_COMMIT = """CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON ticket DEFERRABLE INITIALLY DEFERRED
 FOR EACH ROW EXECUTE FUNCTION full_disk()"""


def test_t25_what_is_armed_and_delivered_again_has_its_effect_once(house: House) -> None:
    file_some(house, email=MAIL)
    arm_again(house)
    house.work("router", "worker")
    arm_again(house)
    with house.running("worker"):  # another one, at the same jobs
        house.work("router", "worker")
    assert broken_in(house) == {}
    assert set(house.copies().values()) == {1}, "I8 each notice is sent once"


def arm_again(house: House) -> None:
    """Arm every job once more by the product's own statement, as an event that is delivered twice would."""
    with house.stage.engine.begin() as connection:
        connection.exec_driver_sql(ARM_AGAIN)


@pytest.mark.parametrize("mode", ["exit", "raise", "memory", "loop", "hang"])
def test_t27_a_poison_ticket_comes_to_a_person_and_keeps_nobody_else(house: House, tmp_path: Path, mode: str) -> None:
    write_poison(tmp_path)
    poison = house.stage.register(body=f"{BODY} {WORD}{mode}")
    others = file_some(house)
    house.environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), house.environment["PYTHONPATH"]])
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        with house.running("router") as process, suppress(AssertionError):
            wait(lambda: process.child.poll() is not None or _tried_in_vain(house, poison), "an end", ONE_ATTEMPT)
        house.stage.end_leases()
        if house.stage.ticket(poison).holder_kind == "triage":
            break
    assert house.stage.ticket(poison).holder_kind == "triage", "I4 a poison ticket comes to a person after 5 attempts"
    assert all(house.stage.ticket(one).holder_kind != "router" for one in others)
    assert [job["attempts"] for job in house.stage.jobs(poison, JobKind.ROUTE)] == [jobs.MAX_ATTEMPTS]


def _tried_in_vain(house: House, ticket_id: int) -> bool:
    """Let the lease of a process that lives on end, and tell whether the ticket has come to a person."""
    [job] = house.stage.jobs(ticket_id, JobKind.ROUTE)
    if job["outcome"] == "failed" and job["state"] == "todo":
        house.stage.end_leases()
    return house.stage.ticket(ticket_id).holder_kind == "triage"
