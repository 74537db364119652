"""What people do on purpose while it runs: restarts, more copies, a migration, a backup (FAULTS T30, T31, T35, T36)."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from shared.command.engines import throwaway_folder
from shared.command.passwords import write_private
from shared.command.paths import ROOT, Home
from shared.domain.numbers import ticket_id_of
from tests.faults.catalogue import BREAKING, FAST, LEASE, PASSING, Skipped, fault
from tests.faults.check import Look, broken, shown
from tests.faults.keeper import Options
from tests.faults.load import Load, Told
from tests.faults.queries import LONG_DUE
from tests.faults.stack import Stack, a_stack, wait
from tests.faults.trial import Trial

BACKGROUND = ("router", "router-watch", "worker", "worker-watch", "sender", "stream", "intake-staff")
VERSIONS = "shared/migrations/versions"


@fault("T30", holds="0 failed requests, 0 lost, effects once", outage=LEASE)
def rolling_restart(trial: Trial) -> None:
    """Every process is restarted in turn under load, twice: intake by SIGHUP, the others by SIGTERM."""
    stack = trial.stack
    for _ in range(2):
        for program in BACKGROUND:
            before = stack.programs()[program]
            stack.signal(program, signal.SIGTERM, whole=False)
            wait(lambda p=program, b=before: stack.programs().get(p, b) != b, f"{program} to start again", 60)  # type: ignore[misc]
        old = set(stack.pids("intake-public")[1:])
        stack.signal("intake-public", signal.SIGHUP, whole=False)  # what the runbook says
        wait(lambda old=old: _has_other_workers(stack, old), "intake's workers to be new", 120)  # type: ignore[misc]


def _has_other_workers(stack: Stack, old: set[int]) -> bool:
    now = set(stack.pids("intake-public")[1:])
    return len(now) >= len(old) and not old & now


@fault("T31", holds="I4, I6, I8", is_alone=True, stack=replace(FAST, copies=2))
def twice_as_many(trial: Trial) -> None:
    """Two of every watch, consumer and sender work side by side for 20 s, and one of each dies meanwhile."""
    running = trial.stack.programs()
    trial.demand({"router-watch-2", "worker-2", "sender-2"} <= running.keys(), f"only {sorted(running)} run")
    trial.pause(15)
    for program in ("router-watch", "worker-watch-2", "router-2"):
        trial.stack.signal(program, signal.SIGKILL)
    trial.pause(5)


@fault("T35", holds="no answer 5xx but 503; old processes go on under the new schema", answers=PASSING)
def migration_under_load(trial: Trial) -> None:
    """The version before the last migration runs under load, and the schema is brought up to date beneath it."""
    with _earlier_version() as old, throwaway_folder() as base:
        with _running(old, base) as home:
            told = _migrated_under_load(trial, json.loads(home.environment.read_text()))
        statuses = told.statuses()
        trial.note(f"{len(told.numbers)} tickets with the earlier version, answers {statuses}")
        trial.demand(set(statuses) <= {201, 503}, f"answers {statuses}")
        with a_stack(Options(), base=base) as updated:
            wait(lambda: updated.value(LONG_DUE) == 0, "all due jobs to be done", 75)
            found = broken(Look(updated, told, PASSING))
        trial.demand(not found, f"with the new version: {shown(found)}")


def _migrated_under_load(trial: Trial, environment: dict[str, str]) -> Told:
    load = Load(environment["PUBLIC_URL"], trial.folder / "T35.jsonl", trial.chance.randrange(10**6), per_second=20)
    load.start()
    try:
        trial.pause(4)
        _migrate(environment)
        migrated = time.monotonic()
        trial.pause(8)
    finally:
        told = load.stop()
    trial.demand(any(one.at > migrated and one.status == 201 for one in told.attempts), "none accepted afterwards")
    return told


@contextmanager
def _earlier_version() -> Iterator[Path]:
    """Give a folder with the source before the last migration; skip where there is no history."""
    git = shutil.which("git")
    if git is None or subprocess.run([git, "rev-parse"], cwd=ROOT, capture_output=True, check=False).returncode:
        raise Skipped("no git history here")
    said = subprocess.run(
        [git, "log", "--diff-filter=A", "-1", "--format=%H", "--", f"{VERSIONS}/r*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    found = subprocess.run([git, "rev-parse", f"{said}^"], cwd=ROOT, capture_output=True, text=True, check=False)
    if not said or found.returncode:
        raise Skipped("the clone is too shallow to hold the version before the last migration")
    with throwaway_folder() as folder:
        archive = subprocess.run([git, "archive", found.stdout.strip()], cwd=ROOT, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
        yield folder


@contextmanager
def _running(source: Path, base: Path) -> Iterator[Home]:
    """Run `up` of another checkout with its data in `base`."""
    ports = {f"HOTLINE_{name}_PORT": "0" for name in ("PUBLIC", "STAFF", "STREAM")}
    environment = os.environ | ports | {"HOTLINE_DATA": str(base), "PYTHONPATH": str(source)}
    home = Home(base, "up")
    with (base / "up.log").open("w") as log:
        command = [sys.executable, "-P", "-m", "shared.command", "up"]
        child = subprocess.Popen(command, cwd=source, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait(lambda: _has_services(home) or child.poll() is not None, "the earlier version", 180)
        if child.poll() is not None:
            said = (base / "up.log").read_text("utf-8", errors="replace")
            if re.search(r"\b(ImportError|ModuleNotFoundError)\b", said):
                raise Skipped("the earlier version does not start with today's libraries")
            raise AssertionError(f"the earlier version ended: {said[-2000:]}")
        yield home
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(120)


def _has_services(home: Home) -> bool:
    try:
        return bool(json.loads(home.state.read_text()).get("has_services"))
    except (OSError, ValueError):
        return False


def _migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "-P", "-m", "shared.command", "migrate"]
    here = os.environ | environment | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=here, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@fault("T36", holds="every ticket acknowledged before exists; nothing leaves; the next number is new", answers=BREAKING)
def backup_and_restore(trial: Trial) -> None:
    """A backup is made under load and restored into another instance, which is then used."""
    told, file = dict(trial.told.numbers), trial.folder / "T36.backup"
    made = trial.stack.command("backup", str(file))
    trial.demand(made.returncode == 0, made.stdout + made.stderr)
    with throwaway_folder() as base:
        home = Home(base, "up")
        home.folder.mkdir()
        write_private(home.secret_file, trial.stack.home.secret_file.read_text())
        environment = os.environ | {"HOTLINE_DATA": str(base), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-P", "-m", "shared.command", "restore", str(file)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        trial.demand(done.returncode == 0, done.stdout + done.stderr)
        with a_stack(Options(), base=base) as restored:
            _is_as_promised(trial, restored, told)


def _is_as_promised(trial: Trial, restored: Stack, told: dict[str, str]) -> None:
    kept = {one for (one,) in restored.rows("SELECT id FROM ticket")}
    lost = [number for number in told.values() if ticket_id_of(number) not in kept]
    trial.demand(not lost, f"lost: {lost[:10]}")
    asked = {"body": "锦江区春熙路停水三天了，没有人管", "email": "caller@example.org"}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answer = httpx.post(
        f"{restored.public_url}/api/v1/tickets", json=asked, headers=headers, trust_env=False, timeout=20
    )
    trial.demand(answer.status_code == 201, answer.text)
    new = ticket_id_of(answer.json()["number"]) or 0
    all_told = [ticket_id_of(number) or 0 for number in trial.told.numbers.values()]
    trial.demand(new > max(all_told), f"the new ticket {new} may have the number of a lost one")
    held = "SELECT count(*) FROM job WHERE ticket_id = %s AND kind = 'notify' AND state = 'todo' AND outcome = 'held'"
    wait(lambda: restored.value(held, new) > 0, "the caller's mail to be held", 60)
    trial.note(f"{len(told)} tickets acknowledged before, {len(kept)} restored")
