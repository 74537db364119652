"""Keeps one whole instance for a test run, by the product's own supervisor, and ends it when the run is gone.

A process of its own (`python -m tests.faults.keeper FOLDER OWNER OPTIONS`), because starting an instance puts its
addresses into the environment and because a killed test run must leave nothing behind.
"""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from shared.command import instance, stack
from shared.command.passwords import write_private
from shared.command.paths import Home
from shared.command.programs import Program
from shared.command.progress import Progress
from shared.command.throwaway import _exists

NOTE = "instance.json"
ANY_PORTS = {"HOTLINE_PUBLIC_PORT": "0", "HOTLINE_STAFF_PORT": "0", "HOTLINE_STREAM_PORT": "0"}
# Who is who in the names of proxies: `intake.postgres` is what all processes of intake find for their database.
SERVICE_OF = {
    "intake-public": "intake", "intake-staff": "intake", "stream": "intake",
    "router": "router", "router-watch": "router",
    "worker": "worker", "worker-watch": "worker", "sender": "worker",
}  # fmt: skip
ADDRESS_OF = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
# What may run more than once without a port of its own.
COPYABLE = ("router", "router-watch", "worker", "worker-watch", "sender")


@dataclass(frozen=True)
class Options:
    """What a test may choose. `clock_speed` other than 1 sets the database's business clock.

    `environment` is added to every service's, `doors` are the ports of proxies by name, `copies` says how many there
    are of each background process, `before_postgres` are words of a command line before the database's own.
    """

    clock_speed: float = 1.0
    environment: dict[str, str] = field(default_factory=dict)
    doors: dict[str, int] = field(default_factory=dict)
    copies: int = 1
    before_postgres: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addresses:
    """Where a kept instance is; `accounts` are (role, login, password)."""

    folder: str
    environment: dict[str, str]
    superuser_url: str
    accounts: list[tuple[str, str, str]]


class Kept(stack.Stack):
    """The product's own stack, where every process reads an environment of its own."""

    options = Options()

    def configure(self, engines: list[Program], programs: list[Program]) -> None:
        """Let programs differ in their environment, run more than once, or run under another command."""
        before = list(self.options.before_postgres)
        engines = [replace(one, command=before + one.command) if one.name == "postgres" else one for one in engines]
        copies = [
            replace(one, name=f"{one.name}-{number}", command=[w.replace("@%h", f"-{number}@%h") for w in one.command])
            for one in programs
            if one.name in COPYABLE
            for number in range(2, self.options.copies + 1)
        ]
        self.names = [one.name for one in (*programs, *copies)]
        super().configure(engines, [self._with_own_environment(one) for one in (*programs, *copies)])

    def _with_own_environment(self, program: Program) -> Program:
        own = str(environment_file(self.home, program.name))
        shared_file = str(self.home.environment)
        return replace(program, command=[own if word == shared_file else word for word in program.command])

    def write_environments(self) -> None:
        """Write each process's environment: what depends on something finds a proxy in its place, if there is one."""
        write_private(self.home.environment, json.dumps(self.environment))
        for name in self.names:
            service = SERVICE_OF[name.rstrip("-0123456789")]
            doors = {
                address: _through(self.environment[address], self.options.doors[f"{service}.{dependency}"])
                for dependency, address in ADDRESS_OF.items()
                if f"{service}.{dependency}" in self.options.doors
            }
            write_private(environment_file(self.home, name), json.dumps(self.environment | doors))


def environment_file(home: Home, program: str) -> Path:
    """Return where a process's own environment stands."""
    return home.run / f"environment.{program}.json"


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def keep(base: Path, owner: int, options: Options) -> None:
    """Start everything, leave the addresses in the folder, serve until SIGTERM or until `owner` is gone."""
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    home = Home(base, "up")
    lock = instance.take(home)
    assert lock is not None
    kept = Kept(home, Progress(), "127.0.0.1", os.environ | ANY_PORTS)
    kept.options = options
    with lock:
        try:
            kept.start_engines()
            _choose(kept)
            kept.start_services()
            # A verb such as `audit` finds the instance by its note, as it would find a person's.
            instance.write_note(home, kept.environment, has_services=True)
            write_private(base / NOTE, json.dumps(asdict(_addresses(base, kept))))
            while not asked_to_stop.wait(1) and _exists(owner):
                pass
        finally:
            instance.forget_note(home)
            kept.stop()


def _choose(kept: Kept) -> None:
    from shared.command.migrate import set_business_clock

    options = kept.options
    if options.clock_speed != 1:
        set_business_clock(kept.environment["DATABASE_OWNER_URL"], options.clock_speed)
    # Known logins exist only where the database calls itself a demo; the feed that goes with one would disturb.
    kept.environment |= {"HOTLINE_DEMO": "1", "HOTLINE_DEV": "1", "HOTLINE_SECOND_FACTOR": "off"}
    kept.environment |= options.environment
    kept.write_environments()
    os.environ.update(kept.environment)


def _addresses(base: Path, kept: Kept) -> Addresses:
    from shared.command.accounts import create_demo_accounts

    passwords = json.loads((kept.home.folder / "passwords.json").read_text())
    host = kept.environment["DATABASE_URL"].rpartition("@")[2]
    superuser_url = f"postgresql://postgres:{passwords['superuser']}@{host}"
    return Addresses(str(base), kept.environment, superuser_url, create_demo_accounts())


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]), Options(**json.loads(sys.argv[3])))
