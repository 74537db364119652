"""The one command as a person uses it: start, look, lose power, start again, stop."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from shared.command import leftovers
from shared.command.engines import throwaway_folder
from shared.command.paths import ROOT, Home
from shared.command.progress import Progress

START_SECONDS = 120.0
ANY_PORTS = {"HOTLINE_PUBLIC_PORT": "0", "HOTLINE_STAFF_PORT": "0", "HOTLINE_STREAM_PORT": "0"}


@pytest.fixture
def base() -> Iterator[Path]:
    with throwaway_folder() as made:
        yield made
        for name in ("up", "demo"):
            leftovers.end_all(Home(made, name), Progress())


class Start:
    """`./hotline VERB` in a process of its own, as from a terminal."""

    def __init__(self, base: Path, verb: str) -> None:
        self._said = base / f"{verb}.{time.monotonic_ns()}.txt"
        environment = os.environ | ANY_PORTS | {"HOTLINE_DATA": str(base)}
        with self._said.open("w") as out:
            self.process = subprocess.Popen(
                [str(ROOT / "hotline"), verb], env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def await_ready(self) -> None:
        wait(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None, "a start")
        assert self.process.poll() is None, self.said

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


def wait(is_done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_done():
        assert time.monotonic() < until, f"waited {START_SECONDS:.0f} s for {what}"
        time.sleep(0.1)


def hotline(base: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOTLINE_DATA": str(base)}
    return subprocess.run([ROOT / "hotline", *words], env=environment, capture_output=True, text=True, check=False)


def test_a_start_after_everything_was_killed_heals_itself_and_finds_its_data(base: Path) -> None:
    home = Home(base, "up")
    first = Start(base, "up")
    first.await_ready()
    assert "One-time code for the first administrator" in first.said
    environment = json.loads(home.environment.read_text())
    assert httpx.get(f"{environment['PUBLIC_URL']}/health/ready", trust_env=False).status_code == 200
    secret = home.secret_file.read_bytes()

    again = hotline(base, "up")
    assert again.returncode == 0
    assert "Already running" in again.stdout
    assert environment["PUBLIC_URL"] in again.stdout
    assert hotline(base, "status").stdout.count("RUNNING") == 11

    left = leftovers.find(home)
    for process in left["supervisor"]:
        process.kill()
    first.process.kill()
    first.process.wait()

    second = Start(base, "up")
    second.await_ready()
    assert "An earlier start was killed" in second.said
    assert home.secret_file.read_bytes() == secret
    assert second.stop() == 0
    assert "Stopped. The data stay" in second.said
    assert leftovers.find(home) == {}


def test_a_supervisor_that_dies_is_replaced_by_the_process_in_front(base: Path) -> None:
    home = Home(base, "up")
    start = Start(base, "up")
    start.await_ready()
    for process in leftovers.find(home)["supervisor"]:
        process.kill()
    wait(lambda: start.said.count("Ready") == 2, "the second start")
    assert hotline(base, "stop").returncode == 0
    assert start.process.wait(60) == 0
    assert leftovers.find(home) == {}


def test_a_demo_prints_logins_moves_by_itself_and_stops_in_order(base: Path) -> None:
    start = Start(base, "demo")
    start.await_ready()
    assert "operator" in start.said
    environment = json.loads(Home(base, "demo").environment.read_text())
    assert environment["HOTLINE_DEMO"] == "1"

    def tickets() -> int:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT count(*) FROM ticket WHERE state <> 'registered'").fetchone()
        return int(row[0]) if row else 0

    wait(lambda: tickets() > 3, "tickets that move")
    assert start.stop() == 0
    assert leftovers.find(Home(base, "demo")) == {}


def test_the_persons_own_database_replaces_the_embedded_one_and_a_wrong_one_is_said_plainly(base: Path) -> None:
    wrong = "postgresql://nobody:secret@127.0.0.1:1/hotline"
    environment = os.environ | ANY_PORTS | {"HOTLINE_DATA": str(base), "DATABASE_URL": wrong}
    done = subprocess.run([ROOT / "hotline", "up"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The database of DATABASE_URL cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Home(base, "up").postgres.exists()
