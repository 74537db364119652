"""supervisord for one instance: starts it, asks it over its private socket, stops it in order."""

import contextlib
import os
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from shared.command.environment import without_engine_variables
from shared.command.leftovers import MARK
from shared.command.paths import ROOT, Home
from shared.command.programs import ENGINES_GROUP, KEEPER, SERVICES_GROUP

Unreachable = (OSError, xmlrpc.client.Error)


@dataclass(frozen=True)
class State:
    """What supervisord says of one process."""

    group: str
    name: str
    state: str
    pid: int
    why: str


class Supervisor:
    """A running supervisord that we started, or (with `child=None`) one that another process started."""

    def __init__(self, home: Home, child: subprocess.Popen[bytes] | None = None) -> None:
        self._home, self._child = home, child

    @classmethod
    def start(cls, home: Home) -> "Supervisor":
        """Start supervisord in a session of its own: Ctrl-C is for us, who stop everything in order."""
        home.socket.unlink(missing_ok=True)
        environment = without_engine_variables(os.environ) | {MARK: str(home.run), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home.conf)]
        with (home.logs / "supervisord.out").open("wb") as out:
            child = subprocess.Popen(
                command,
                cwd=home.run,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return cls(home, child)

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._home.socket}")
        try:
            yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport).supervisor
        finally:
            transport.close()

    def is_alive(self) -> bool:
        """Say whether the supervisord we started still runs."""
        return self._child is not None and self._child.poll() is None

    def states(self) -> list[State]:
        """Return every process's state; an empty list when supervisord does not answer."""
        try:
            with self._rpc() as rpc:
                rows = rpc.getAllProcessInfo()
        except Unreachable:
            return []
        return [State(row["group"], row["name"], row["statename"], row["pid"], row["spawnerr"]) for row in rows]

    def start_services(self) -> None:
        """Start the product's own processes; the engines were started with supervisord itself."""
        with self._rpc() as rpc:
            rpc.startProcessGroup(SERVICES_GROUP, False)

    def stop(self) -> None:
        """Stop the services, then the engines, PostgreSQL with SIGINT; returns when all of it has ended."""
        # The keeper first: it must not start again what is being stopped.
        for group in (KEEPER, SERVICES_GROUP):
            with contextlib.suppress(*Unreachable), self._rpc() as rpc:
                rpc.stopProcessGroup(group)
        try:
            with self._rpc() as rpc:
                rpc.shutdown()
        except Unreachable:
            if self._child is not None and self.is_alive():
                self._child.send_signal(signal.SIGTERM)
        if self._child is not None:
            self._child.wait()

    def engines_running(self) -> bool:
        """Say whether every engine process is up."""
        engines = [one for one in self.states() if one.group == ENGINES_GROUP]
        return bool(engines) and all(one.state == "RUNNING" for one in engines)
