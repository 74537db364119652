"""A running instance as a test sees it: its addresses, its processes to kill or freeze, its database to look into."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg

from shared.command.engines import tail, throwaway_folder
from shared.command.paths import ROOT, Home
from shared.command.programs import ENGINES_GROUP, SERVICES_GROUP
from shared.command.supervise import Supervisor
from tests.faults.keeper import ADDRESS_OF, NOTE, SERVICE_OF, Addresses, Options, environment_file
from tests.faults.pace import Pace
from tests.faults.proxy import Proxies

START_SECONDS, STOP_SECONDS = 240.0, 120.0
ENGINES = ("postgres", "valkey")


class Stack:
    """One instance. Kills only processes that its own supervisor names."""

    def __init__(self, addresses: Addresses, proxies: Proxies | None = None, pace: Pace | None = None) -> None:
        self.start_seconds, self.pace = 0.0, pace or Pace()
        self.proxies = proxies or Proxies({})
        self._frozen: set[int] = set()
        self._stopped: set[str] = set()
        self.environment, self.superuser_url = addresses.environment, addresses.superuser_url
        self.home = Home(Path(addresses.folder), "up")
        self.public_url, self.staff_url, self.stream_url = (
            self.environment[name] for name in ("PUBLIC_URL", "STAFF_URL", "STREAM_URL")
        )
        self.redis_url = self.environment["REDIS_URL"]
        self.passwords = {login: password for _, login, password in addresses.accounts}
        self._supervisor = Supervisor(self.home)

    def programs(self) -> dict[str, int]:
        """Return the main process of each running program, engines included."""
        return {one.name: one.pid for one in self._supervisor.states() if one.state == "RUNNING"}

    def pids(self, program: str) -> list[int]:
        """Return a program's main process and, after it, all that it has started."""
        main = self.programs().get(program)
        try:
            return [] if main is None else [main, *(child.pid for child in psutil.Process(main).children(True))]
        except psutil.NoSuchProcess:
            return []

    def signal(self, program: str, number: signal.Signals, *, whole: bool = True) -> list[int]:
        """Signal a program's main process, `whole`: and its children, the main process first; return whom."""
        pids = self.pids(program)[: None if whole else 1]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def stop(self, program: str, *, at_once: bool = False) -> None:
        """Stop a program and keep it stopped; `at_once` stops PostgreSQL as `pg_ctl -m immediate` would."""
        main = self.programs()[program]
        self._stopped.add(program)
        with self._supervisor._rpc() as rpc:
            rpc.stopProcess(self._full(program), False)
        if at_once:
            os.kill(main, signal.SIGQUIT if program == "postgres" else signal.SIGKILL)
        wait(lambda: not psutil.pid_exists(main), f"{program} to stop", 60)
        wait(lambda: self.state(program) == "STOPPED", f"{program} to be seen stopped", 10)

    def start(self, program: str) -> None:
        """Start a stopped program; returns at once."""
        with self._supervisor._rpc() as rpc:
            rpc.startProcess(self._full(program), False)
        self._stopped.discard(program)

    def restart(self, program: str, **environment: str) -> None:
        """Restart a program with something added to its environment, this once."""
        file = environment_file(self.home, program)
        usual = file.read_text()
        self.stop(program)
        file.write_text(json.dumps(json.loads(usual) | environment))
        try:
            self.start(program)
            wait(lambda: self.state(program) == "RUNNING", f"{program} to start", 30)
        finally:
            file.write_text(usual)

    def heal(self) -> None:
        """Take all faults away that were put in through this object; what was killed its supervisor starts."""
        self.proxies.clear()
        self.thaw()
        for program in tuple(self._stopped):
            self.start(program)

    def log(self, program: str, lines: int = 30) -> str:
        """Return the end of a program's log."""
        return tail(self.home.logs / f"{program}.log", lines)

    def freeze(self, program: str) -> None:
        """Freeze a program with all its processes, as a host under load would, until `thaw`."""
        self._frozen.update(self.signal(program, signal.SIGSTOP))

    def thaw(self) -> None:
        """Let all that was frozen go on."""
        for pid in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._frozen.clear()

    @contextmanager
    def frozen(self, program: str) -> Iterator[None]:
        """Freeze a program while the block runs."""
        self.freeze(program)
        try:
            yield
        finally:
            self.thaw()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, as its superuser."""
        with psycopg.connect(self.superuser_url, connect_timeout=5) as connection:
            return connection.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """Return the one value that a query gives."""
        return self.rows(query, *parameters)[0][0]

    def write(self, statement: str) -> None:
        """Change the database, as its superuser."""
        with psycopg.connect(self.superuser_url, connect_timeout=5) as connection:
            connection.execute(statement)

    def can_ask(self) -> bool:
        """Tell whether the database answers."""
        try:
            return bool(self.rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    def command(self, *words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a verb of `./hotline` on this instance."""
        environment = os.environ | {"HOTLINE_DATA": str(self.home.base), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        command = [sys.executable, "-P", "-m", "shared.command", *words]
        return subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds
        )

    def audit(self) -> str:
        """Return what `./hotline audit` finds wrong: nothing when all is well."""
        done = self.command("audit")
        return "" if done.returncode == 0 else f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"

    @contextmanager
    def staff(self, login: str) -> Iterator[httpx.Client]:
        """Give a client of the staff surface, logged in with a demo account."""
        with httpx.Client(base_url=self.staff_url, trust_env=False, timeout=20) as client:
            answer = client.post("/api/v1/session", json={"login": login, "password": self.passwords[login]})
            assert answer.status_code == 200, answer.text
            yield client

    def burden(self) -> dict[str, tuple[int, int]]:
        """Return how many processes each of the product's programs has and how many files these hold open."""
        found = {}
        for program in self.programs():
            processes = [psutil.Process(pid) for pid in self.pids(program)] if program not in ENGINES else []
            with contextlib.suppress(psutil.Error):
                found[program] = (len(processes), sum(one.num_fds() for one in processes))
        return found

    def is_ready(self) -> bool:
        """Tell whether every program runs and both surfaces answer."""
        states = self._supervisor.states()
        return all(one.state == "RUNNING" for one in states) and all(
            answers(f"{url}/health/ready") for url in (self.public_url, self.staff_url)
        )

    def state(self, program: str) -> str:
        """Return what the supervisor says of a program."""
        return next((one.state for one in self._supervisor.states() if one.name == program), "")

    @staticmethod
    def _full(program: str) -> str:
        return f"{ENGINES_GROUP if program in ENGINES else SERVICES_GROUP}:{program}"


@contextmanager
def a_stack(options: Options, *, has_proxies: bool = False, base: Path | None = None) -> Iterator[Stack]:
    """Start an instance and end it after the block, in a folder of its own or in one that another instance has left."""
    with ExitStack() as cleanup:
        base = base or cleanup.enter_context(throwaway_folder())
        (base / NOTE).unlink(missing_ok=True)
        pace = Pace.measured()
        proxies = _proxies(Home(base, "up")) if has_proxies else Proxies({})
        cleanup.callback(proxies.close)
        options = replace(options, doors={name: proxy.port for name, proxy in proxies.items()})
        words = [str(base), str(os.getpid()), json.dumps(asdict(options))]
        with (base / "keeper.log").open("w") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.keeper", *words],
                env=os.environ | {"HOTLINE_DATA": str(base), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        cleanup.callback(_end, keeper)
        began = time.monotonic()
        # The keeper itself gives up after `START_SECONDS` of the product's stack and tells which log says why.
        wait(lambda: (base / NOTE).exists() or keeper.poll() is not None, "the instance", START_SECONDS)
        assert (base / NOTE).exists(), tail(base / "keeper.log", 80)
        stack = Stack(Addresses(**json.loads((base / NOTE).read_text())), proxies, pace)
        stack.start_seconds = time.monotonic() - began
        yield stack


def _proxies(home: Home) -> Proxies:
    """Make a proxy for each service's way to each engine, wherever that listens when somebody connects."""

    def finder(variable: str) -> Callable[[], tuple[str, int]]:
        def find() -> tuple[str, int]:
            at = urlsplit(json.loads(home.environment.read_text())[variable])
            return str(at.hostname), int(at.port or 0)

        return find

    return Proxies(
        {
            f"{service}.{dependency}": finder(variable)
            for service in sorted(set(SERVICE_OF.values()))
            for dependency, variable in ADDRESS_OF.items()
        }
    )


def _end(keeper: subprocess.Popen[bytes]) -> None:
    keeper.send_signal(signal.SIGTERM)
    keeper.wait(STOP_SECONDS)


def answers(url: str) -> bool:
    """Tell whether something says 200 there."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def wait(is_done: Callable[[], object], what: str, seconds: float, every: float = 0.1) -> float:
    """Poll until done and return how many seconds that took; raises when the time is over."""
    began = time.monotonic()
    while not is_done():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)
    return time.monotonic() - began
