"""Keeps one whole instance for a test run, by the product's own supervisor, and ends it when the run is gone.

A process of its own (`python -m tests.system.instance FOLDER OWNER OPTIONS`), because starting an instance puts its
addresses into the environment and because a killed test run must leave nothing behind.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.command import instance
from shared.command.passwords import write_private
from shared.command.paths import Home
from shared.command.progress import Progress
from shared.command.stack import Stack
from shared.command.throwaway import _exists

NOTE = "instance.json"
# A visitor's mail goes nowhere unless a test listens: see `Options.smtp_url`.
ANY_PORTS = {"HOTLINE_PUBLIC_PORT": "0", "HOTLINE_STAFF_PORT": "0", "HOTLINE_STREAM_PORT": "0"}


@dataclass(frozen=True)
class Options:
    """What a test may choose. `clock_speed` other than 1 sets the database's business clock."""

    clock_speed: float = 1.0
    smtp_url: str = ""


@dataclass(frozen=True)
class Addresses:
    """Where a kept instance is; `accounts` are (role, login, password)."""

    folder: str
    environment: dict[str, str]
    superuser_url: str
    accounts: list[tuple[str, str, str]]


def keep(base: Path, owner: int, options: Options) -> None:
    """Start everything, leave the addresses in the folder, serve until SIGTERM or until `owner` is gone."""
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    home = Home(base, "up")
    lock = instance.take(home)
    assert lock is not None
    stack = Stack(home, Progress(), "127.0.0.1", os.environ | ANY_PORTS)
    with lock:
        try:
            stack.start_engines()
            _choose(stack, options)
            stack.start_services()
            # A verb such as `audit` finds the instance by its note, as it would find a person's.
            instance.write_note(home, stack.environment, has_services=True)
            write_private(base / NOTE, json.dumps(asdict(_addresses(base, stack))))
            while not asked_to_stop.wait(1) and _exists(owner):
                pass
        finally:
            instance.forget_note(home)
            stack.stop()


def _choose(stack: Stack, options: Options) -> None:
    from shared.command.migrate import set_business_clock

    if options.clock_speed != 1:
        set_business_clock(stack.environment["DATABASE_OWNER_URL"], options.clock_speed)
    # Known logins exist only where the database calls itself a demo; the feed that goes with one would disturb.
    stack.environment |= {"HOTLINE_DEMO": "1", "HOTLINE_DEV": "1", "HOTLINE_SECOND_FACTOR": "off"}
    if options.smtp_url:
        stack.environment["SMTP_URL"] = options.smtp_url
    write_private(stack.home.environment, json.dumps(stack.environment))
    os.environ.update(stack.environment)


def _addresses(base: Path, stack: Stack) -> Addresses:
    from shared.command.accounts import create_demo_accounts

    passwords = json.loads((stack.home.folder / "passwords.json").read_text())
    host = stack.environment["DATABASE_URL"].rpartition("@")[2]
    superuser_url = f"postgresql://postgres:{passwords['superuser']}@{host}"
    return Addresses(str(base), stack.environment, superuser_url, create_demo_accounts())


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]), Options(**json.loads(sys.argv[3])))
