"""One instance from nothing to ready and back: folders, engines, schema, processes."""

import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Mapping

from shared.command import environment, leftovers, postgres
from shared.command.engines import DATABASE, answers, tail
from shared.command.passwords import write_private
from shared.command.paths import Home
from shared.command.plan import choose_ports, make_plan
from shared.command.ports import any_free
from shared.command.postgres import EngineFailed
from shared.command.programs import Ports, Program, configuration, services
from shared.command.progress import Progress
from shared.command.stopping import shielded
from shared.command.supervise import State, Supervisor

START_SECONDS = 180.0


class Stack:
    """The engines and services of one instance under a supervisor of its own."""

    def __init__(self, home: Home, progress: Progress, host: str, outside: Mapping[str, str]) -> None:
        """`outside` is the person's environment as it was before an instance's own was put into ours."""
        self.home, self._progress, self.host, self._outside = home, progress, host, outside
        self.supervisor: Supervisor | None = None
        self.ports = Ports(0, 0, 0)
        self.environment: dict[str, str] = {}

    def start_engines(self) -> None:
        """Start the supervisor with the engines and wait until they answer; the schema is the newest afterwards."""
        prepare_folders(self.home)
        outside = self._outside
        if not self.home.postgres.exists() and not outside.get("DATABASE_URL"):
            self._progress.step("Making a new database cluster")
        plan = make_plan(self.home, outside)
        self.ports = choose_ports(self.host, outside)
        self.environment = environment.compose(self.home, self.host, self.ports, plan.addresses, outside)
        mail_port = any_free() if self.home.name == "demo" else None
        if mail_port:
            self.environment["SMTP_URL"] = f"smtp://127.0.0.1:{mail_port}"
        write_private(self.home.environment, json.dumps(self.environment))
        self.configure(plan.programs, services(self.home, self.host, self.ports, mail_port))
        self._progress.step(f"Starting {' and '.join(one.name for one in plan.programs) or 'the supervisor'}")
        with shielded():
            self.supervisor = Supervisor.start(self.home)
        # The product's modules are imported while the engines start: SQLAlchemy and Alembic take most of a second.
        os.environ.update(self.environment)
        from shared.cities.problems import PackError
        from shared.command.migrate import upgrade

        if plan.cluster is not None:
            self._await("postgres", lambda: postgres.is_ready(self.home.postgres, self._pid("postgres")))
            postgres.ensure_database(plan.cluster, DATABASE)
        else:
            postgres.check_answers(plan.addresses.owner_url)
        if plan.bell is not None:
            self._await("valkey", lambda: answers(plan.addresses.redis_url))
        self._await("supervisord", lambda: bool(self.states()))
        self._progress.step("Bringing the database's schema up to date")
        try:
            upgrade(plan.addresses.owner_url)
        except PackError as error:
            raise EngineFailed(str(error)) from error

    def configure(self, engines: list[Program], programs: list[Program]) -> None:
        """Write what the supervisor reads."""
        write_private(self.home.conf, configuration(self.home, engines, programs))

    def start_services(self) -> None:
        """Start the product's processes and wait until both surfaces answer and nothing is missing."""
        names = [one.name for one in self.states() if one.group == "services"]
        self._progress.step(f"Starting {', '.join(names)}")
        self._running().start_services()
        if not self._progress.wait(self.is_ready, self._missing, START_SECONDS, every=0.25):
            logs = "\n".join(
                f"--- {name}\n{tail(self.home.logs / f'{name}.log')}" for name in not_running(self.states())
            )
            raise EngineFailed(f"Not ready after {START_SECONDS:.0f} s: {self._missing()}.\n{logs}")

    def stop(self) -> None:
        """Stop the services, then the engines, PostgreSQL last; returns when all have ended."""
        with shielded():
            if self.supervisor is not None and self.supervisor.is_alive():
                self._progress.step("Stopping the services, then the engines")
                self.supervisor.stop()
            leftovers.end_all(self.home, self._progress, "Some did not stop")

    def states(self) -> list[State]:
        """Return every process's state, empty when the supervisor does not answer."""
        return self.supervisor.states() if self.supervisor else []

    def is_ready(self) -> bool:
        """Say whether every process runs and both surfaces answer 200 to /health/ready."""
        states = self.states()
        return bool(states) and not not_running(states) and all(map(is_healthy, self._surfaces()))

    def _surfaces(self) -> list[str]:
        return [environment.base_url(self.host, port) for port in (self.ports.public, self.ports.staff)]

    def _missing(self) -> str:
        silent = [url for url in self._surfaces() if not is_healthy(url)]
        return ", ".join(not_running(self.states()) or silent) or "the last process"

    def _running(self) -> Supervisor:
        if self.supervisor is None or not self.supervisor.is_alive():
            raise EngineFailed(f"The supervisor has stopped.\n{tail(self.home.logs / 'supervisord.out')}")
        return self.supervisor

    def _pid(self, name: str) -> int:
        return next((one.pid for one in self.states() if one.name == name), 0)

    def _await(self, name: str, is_ready: Callable[[], bool]) -> None:
        def done() -> bool:
            self._running()
            return is_ready()

        if not self._progress.wait(done, lambda: name, START_SECONDS, every=0.03):
            raise EngineFailed(f"{name} does not answer.\n{tail(self.home.logs / f'{name}.log')}")


def prepare_folders(home: Home) -> None:
    """Make the instance's folders; the engines' account may pass through to its own, nobody else reads."""
    home.folder.mkdir(parents=True, exist_ok=True)
    for folder in (home.run, home.logs, home.mail, home.socket.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.geteuid():
            raise PermissionError(f"{folder} belongs to another user: choose another folder with HOTLINE_DATA.")
    for folder in (home.base, home.folder):
        folder.chmod(folder.stat().st_mode | 0o111)
    shutil.rmtree(home.metrics, ignore_errors=True)
    home.metrics.mkdir(mode=0o700)


def not_running(states: list[State]) -> list[str]:
    """Return the names of the processes that do not run."""
    return [one.name for one in states if one.state != "RUNNING"]


def is_healthy(base_url: str) -> bool:
    """Say whether a surface answers 200 to its readiness check."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{base_url}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
