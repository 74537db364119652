"""Starts the whole product with `./hotline up` in a folder of its own, for measuring."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

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
    """A running product: its environment (addresses, database) and its processes."""

    environment: dict[str, str]
    folder: Path

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

    def memory_mib(self) -> float:
        """Return the proportional set size of all processes, MiB."""
        total = 0
        for process in {process.pid: process for process in self.processes()}.values():
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total / 2**20


@contextlib.contextmanager
def running() -> Iterator[Product]:
    """Start the product on free ports, wait until it is ready, stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o711)
        ports = {f"HOTLINE_{name}_PORT": str(any_free()) for name in ("PUBLIC", "STAFF", "STREAM")}
        environment = os.environ | ports | {"HOTLINE_DATA": base}
        command = [str(ROOT / "hotline"), "up"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            yield _wait(process, Path(base))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def _wait(process: subprocess.Popen[bytes], base: Path) -> Product:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"hotline up ended with {process.returncode}")
        for note in base.glob("*/run/environment.json"):
            environment = json.loads(note.read_text())
            if _is_ready(environment.get("PUBLIC_URL")) and _is_ready(environment.get("STAFF_URL")):
                return Product(environment, base)
        time.sleep(0.2)
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
