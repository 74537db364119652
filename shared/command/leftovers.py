"""Finds and ends what a killed supervisor left running. The kernel says what is ours; a pid alone says nothing."""

import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.command.paths import Home
from shared.command.progress import Progress

MARK = "HOTLINE_RUN"
TERM_SECONDS, KILL_SECONDS = 10.0, 10.0
POSTGRES_SECONDS = 600.0


@dataclass(frozen=True)
class Identity:
    """What is known of a running process: its command line and the run folder it was started for."""

    command: tuple[str, ...]
    mark: str | None


def kind_of(found: Identity, home: Home) -> str | None:
    """Return what a process is to this instance: supervisor, service, valkey, postgres, or None for a stranger's."""
    words = set(found.command)
    if str(home.postgres) in words and found.command[0].endswith("postgres"):
        return "postgres"
    if str(home.valkey / "valkey.conf") in words:
        return "valkey"
    if str(home.conf) in words:
        return "supervisor"
    return "service" if found.mark == str(home.run) else None


def find(home: Home) -> dict[str, list[psutil.Process]]:
    """Return this instance's running processes by kind."""
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        try:
            command, mark = tuple(process.cmdline()), process.environ().get(MARK)
        except psutil.Error:
            continue  # gone meanwhile, or another user's
        kind = kind_of(Identity(command, mark), home) if command else None
        if kind and process.pid != psutil.Process().pid:
            found.setdefault(kind, []).append(process)
    return found


def end_all(home: Home, progress: Progress, why: str = "An earlier start was killed") -> None:
    """End every leftover: the supervisor first, or it would start the others again; PostgreSQL last and in order."""
    found = find(home)
    if found:
        count = sum(len(processes) for processes in found.values())
        progress.step(f"{why}: ending {count} processes")
    supervisors = found.pop("supervisor", [])
    for process in supervisors:
        _signal(process, signal.SIGKILL)
    _still_alive(supervisors, KILL_SECONDS)
    found = find(home) if supervisors else found
    # Valkey after the services: celery's warm stop waits in vain for a broker that is gone.
    _end(found.get("service", []))
    _end(found.get("valkey", []))
    postmasters = found.get("postgres", [])
    for process in postmasters:
        _signal(process, signal.SIGINT)
    if alive := _still_alive(postmasters, POSTGRES_SECONDS):
        raise RuntimeError(
            f"PostgreSQL (pid {alive[0].pid}) has not stopped in {POSTGRES_SECONDS:.0f} s; it is never killed."
        )
    _forget_stale_pid(home.postgres)


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        _signal(process, signal.SIGTERM)
    alive = _still_alive(processes, TERM_SECONDS)
    for process in alive:
        _signal(process, signal.SIGKILL)
    _still_alive(alive, KILL_SECONDS)


def _still_alive(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; return those that have not. A zombie has ended: its parent, init, may take seconds."""
    until = time.monotonic() + seconds
    while (alive := [one for one in processes if _runs(one)]) and time.monotonic() < until:
        time.sleep(0.02)
    return alive


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)  # psutil compares the start time first, so a reused pid is safe
    except psutil.NoSuchProcess:
        return


def _forget_stale_pid(data: Path) -> None:
    # PostgreSQL removes its own stale file, unless the machine restarted and another process now has that pid.
    file = data / "postmaster.pid"
    if not file.exists():
        return
    try:
        name = psutil.Process(int(file.read_text().split()[0])).name()
    except (psutil.Error, ValueError, IndexError):
        name = ""
    if "postgres" not in name:
        file.unlink()
