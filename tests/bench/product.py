"""Starts the whole product with `./hotline up` in a folder of its own, for measuring."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from shared.command.ports import any_free

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
# By which words of its command line a process is known.
_MARKS = {
    "intake-public": "intake.wsgi:public",
    "intake-staff": "intake.wsgi:staff",
    "stream": "intake.stream:app",
    "router": "router.app",
    "worker": "worker.app",
    "router-watch": "router.watch",
    "worker-watch": "worker.watch",
    "sender": "worker.sender",
    "postgres": "postgres",
    "valkey": "valkey",
}


@dataclass(frozen=True)
class Product:
    """A running product: its environment (addresses, database), its processes, how long it took to be ready."""

    environment: dict[str, str]
    folder: Path
    ready_after: float

    @property
    def database(self) -> str:
        """Where psycopg finds the database as the services do."""
        return self.environment["DATABASE_URL"].replace("+psycopg", "")

    @property
    def superuser(self) -> str:
        """Where psycopg finds the database as its superuser."""
        password = json.loads((self.folder / "up" / "passwords.json").read_text())["superuser"]
        return f"postgresql://postgres:{password}@{self.database.rpartition('@')[2]}"

    def join(self) -> None:
        """Let this process act as one of the product's own, once and for all: its ledger, its keys, its bell."""
        os.environ.update(self.environment)
        # Standard output is for figures alone.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    def processes(self) -> list[psutil.Process]:
        """Return every process that runs for it, engines included."""
        mark = str(self.folder)
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "environ"]):
            info = process.info
            if mark in " ".join(info["cmdline"] or []) or mark in (info["environ"] or {}).get(
                "HOTLINE_SECRET_FILE", ""
            ):
                found.append(process)
        roots = {process.pid for process in found}
        children = [child for process in found for child in _children(process) if child.pid not in roots]
        return [*found, *children]

    def processor_seconds(self) -> dict[str, float]:
        """Return the processor time that each program has taken until now."""
        taken: dict[str, float] = {}
        for process in {process.pid: process for process in self.processes()}.values():
            with contextlib.suppress(psutil.Error):
                times, name = process.cpu_times(), _program(process)
                taken[name] = taken.get(name, 0) + times.user + times.system
        return taken

    def memory(self) -> dict[str, float]:
        """Return the proportional set size of each program, MiB."""
        held: dict[str, float] = {}
        for process in {process.pid: process for process in self.processes()}.values():
            with contextlib.suppress(psutil.Error):
                name, pss = _program(process), process.memory_full_info().pss / 2**20
                held[name] = held.get(name, 0) + pss
        return held

    def memory_mib(self) -> float:
        """Return the proportional set size of all processes, MiB."""
        return sum(self.memory().values())


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """Give a folder for an instance's data that the engines' account can pass through."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o711)
        yield Path(base)


@contextlib.contextmanager
def running(folder: Path | None = None, more: Mapping[str, str] | None = None) -> Iterator[Product]:
    """Start the product on free ports, wait until it is ready, stop it at the end. `more` goes into its environment."""
    with contextlib.ExitStack() as cleanup:
        base = folder or cleanup.enter_context(a_folder())
        ports = {f"HOTLINE_{name}_PORT": str(any_free()) for name in ("PUBLIC", "STAFF", "STREAM")}
        environment = os.environ | ports | {"HOTLINE_DATA": str(base), **(more or {})}
        command = [str(ROOT / "hotline"), "up"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            yield _wait(process, base, more or {})
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def _wait(process: subprocess.Popen[bytes], base: Path, more: Mapping[str, str]) -> Product:
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        if process.poll() is not None:
            raise RuntimeError(f"hotline up ended with {process.returncode}")
        for note in base.glob("*/run/environment.json"):
            environment = {**more, **json.loads(note.read_text())}
            if _is_ready(environment.get("PUBLIC_URL")) and _is_ready(environment.get("STAFF_URL")):
                return Product(environment, base, time.monotonic() - began)
        time.sleep(0.1)
    raise RuntimeError("hotline up was not ready in time")


def _is_ready(url: str | None) -> bool:
    if url is None:
        return False
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except OSError:
        return False


def _program(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return next((name for name, mark in _MARKS.items() if mark in words), "the rest")


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
