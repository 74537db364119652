"""A real supervisord over real engines and a small stand-in for a service, killed in every way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from shared.command import leftovers, postgres
from shared.command.account import engine_account
from shared.command.engines import throwaway_folder
from shared.command.paths import Home
from shared.command.plan import make_plan
from shared.command.programs import Program, configuration
from shared.command.progress import Progress
from shared.command.stack import prepare_folders
from shared.command.supervise import Supervisor

# Starts a child of its own in the same process group, as a server does with its workers, and tells its pid.
SERVICE = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


@pytest.fixture
def home() -> Iterator[Home]:
    with throwaway_folder() as base:
        made = Home(base, "up")
        prepare_folders(made)
        yield made
        leftovers.end_all(made, Progress())


def start(home: Home) -> Supervisor:
    """Start a supervisor with both engines and one service."""
    script = home.run / "service.py"
    script.write_text(SERVICE)
    service = Program("router", [sys.executable, str(script), str(home.run / "child")])
    home.conf.write_text(configuration(home, make_plan(home, {}).programs, [service]))
    started = Supervisor.start(home)
    wait(lambda: postgres.is_ready(home.postgres, pid(started, "postgres")))
    started.start_services()
    wait(lambda: {one.state for one in started.states()} == {"RUNNING"})
    wait((home.run / "child").exists)
    return started


def pid(supervisor: Supervisor, name: str) -> int:
    return next((one.pid for one in supervisor.states() if one.name == name), 0)


def wait(is_done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_done():
        assert time.monotonic() < until, "waited a minute"
        time.sleep(0.05)


def cluster_state(home: Home) -> str:
    binaries = postgres.locate(engine_account(), home.base)
    done = subprocess.run([binaries / "pg_controldata", home.postgres], capture_output=True, text=True, check=True)
    return done.stdout.split("Database cluster state:")[1].split("\n")[0].strip()


def exists(number: int) -> bool:
    return psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE


def test_what_dies_comes_back_and_its_orphans_end(home: Home) -> None:
    supervisor = start(home)
    first, orphan = pid(supervisor, "router"), int((home.run / "child").read_text())
    os.kill(first, signal.SIGKILL)
    wait(lambda: pid(supervisor, "router") not in (0, first))
    wait(lambda: not exists(orphan))

    bell = pid(supervisor, "valkey")
    os.kill(bell, signal.SIGKILL)
    wait(lambda: pid(supervisor, "valkey") not in (0, bell))

    leftovers.end_all(Home(home.base, "demo"), Progress())
    wait(lambda: {one.state for one in supervisor.states()} == {"RUNNING"})

    assert home.run.stat().st_mode & 0o077 == 0
    assert home.socket.stat().st_mode & 0o077 == 0
    supervisor.stop()


def test_a_start_after_the_supervisor_was_killed_ends_what_it_left_and_a_stop_ends_all(home: Home) -> None:
    supervisor = start(home)
    left = leftovers.find(home)
    assert {"supervisor", "service", "postgres", "valkey"} <= left.keys()
    left["supervisor"][0].kill()
    wait(lambda: not supervisor.is_alive())
    leftovers.end_all(home, Progress())
    assert leftovers.find(home) == {}
    assert not exists(int((home.run / "child").read_text()))
    assert cluster_state(home) == "shut down"

    start(home).stop()
    leftovers.end_all(home, Progress())
    assert leftovers.find(home) == {}
    assert "received fast shutdown request" in (home.logs / "postgres.log").read_text()
    assert cluster_state(home) == "shut down"


def test_a_stale_pid_file_does_not_stop_the_next_start(home: Home) -> None:
    home.postgres.mkdir()
    stale = home.postgres / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{home.postgres}\n")
    leftovers.end_all(home, Progress())
    assert not stale.exists()


def test_secrets_are_made_once_and_read_by_their_owner_alone(home: Home) -> None:
    first = make_plan(home, {}).addresses.database_url
    again = make_plan(home, {}).addresses.database_url
    assert first.split("@")[0] == again.split("@")[0]
    for file in (home.folder / "passwords.json", home.secret_file):
        assert Path(file).stat().st_mode & 0o077 == 0
