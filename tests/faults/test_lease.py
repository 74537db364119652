"""The test of the tests: the lease broken on purpose is seen, and the same load with the real code passes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.command.paths import ROOT
from shared.command.ports import any_free
from shared.domain.terms import Channel
from tests.conftest import Database
from tests.faults.queries import DUE_AND_UNDONE, broken_rows
from tests.faults.stack import wait
from tests.integration.stage import SECRET, Stage

TICKETS, COPIES = 25, 2
SENDING_SECONDS = 0.1
START_SECONDS, RUN_SECONDS = 60.0, 60.0
_AT_WORK = (
    "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'hotline_app'"
)


class SlowSink:
    """A mail server that thinks before it takes a mail, and counts what it took."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's
        await asyncio.sleep(SENDING_SECONDS)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken[str(message_from_bytes(content, policy=default)["Message-ID"])] += 1
        return "250 taken"


@contextmanager
def _mail_server() -> Iterator[tuple[str, SlowSink]]:
    sink, port = SlowSink(), any_free()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield f"smtp://127.0.0.1:{port}", sink
    finally:
        server.stop()


@contextmanager
def _consumers(database: Database, smtp_url: str, *options: str) -> Iterator[None]:
    """Run several watches of each service with Redis gone for good, so that each works by itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")} | {
        "DATABASE_URL": database.app_url,
        "REDIS_URL": f"redis://:none@127.0.0.1:{any_free()}/0",
        "HOTLINE_SECRET": SECRET.decode(),
        "SMTP_URL": smtp_url,
        "PYTHONPATH": str(ROOT),
    }
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.consumer", service, *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        for service in ("router", "worker")
        for _ in range(COPIES)
    ]
    try:
        yield
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(60)


def _what_is_broken(database: Database, *options: str) -> dict[str, list[object]]:
    """File tickets that everybody wants to work on at once; return what does not hold when all is over."""
    with _mail_server() as (smtp_url, sink), psycopg.connect(database.owner_url, autocommit=True) as connection:

        def count(query: str) -> int:
            row = connection.execute(query).fetchone()
            assert row is not None
            return int(row[0])

        with _consumers(database, smtp_url, *options):
            wait(lambda: count(_AT_WORK) >= 2 * COPIES, "all consumers to be at work", START_SECONDS)
            _file(database)
            took = wait(lambda: count(DUE_AND_UNDONE) == 0, "all due jobs to be done", RUN_SECONDS)
        found = broken_rows(lambda query: connection.execute(query).fetchall())
    if copies := {reference: number for reference, number in sink.taken.items() if number > 1}:
        found["I8 each notice is sent once"] = list(copies.items())
    print(f"\n{options}: {TICKETS} tickets, {sink.taken.total()} mails in {took:.1f} s; broken: {list(found)}")
    assert sink.taken.total() >= TICKETS
    return found


def _file(database: Database) -> None:
    stage = Stage.open(database.app_url, database.owner_url)
    for number in range(TICKETS):
        body = f"锦江区春熙路停水三天了，没有人管，{number}"
        stage.register(title=body[:12], body=body, email="caller@example.org", channel=Channel.PHONE)
    stage.close()


@pytest.mark.usefixtures("engines")
def test_many_consumers_at_once_with_slow_thinking_have_each_effect_once(database: Database) -> None:
    assert _what_is_broken(database) == {}


@pytest.mark.usefixtures("engines")
def test_a_broken_lease_is_seen_by_the_same_checks(database: Database) -> None:
    # Inside the database `decide` still keeps each effect single; what goes out of the house is doubled.
    assert "I8 each notice is sent once" in _what_is_broken(database, "--without-lease")
