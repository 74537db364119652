"""Starts PostgreSQL and Valkey without a supervisor, for tests and benches, and says when an engine is ready."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import redis

from shared.command import postgres, valkey
from shared.command.account import Account, engine_account
from shared.command.passwords import Passwords
from shared.command.paths import data_base
from shared.command.ports import any_free
from shared.command.postgres import APP, OWNER, SUPERUSER, Cluster, EngineFailed
from shared.command.valkey import Bell

DATABASE = "hotline"
PORT_CLASHES = 5


@dataclass(frozen=True)
class Addresses:
    """How to reach a running pair of engines. The database `hotline` exists, empty, owned by the owner role."""

    superuser_url: str
    owner_url: str
    app_url: str
    redis_url: str


@contextmanager
def throwaway(durable: bool = False) -> Iterator[Addresses]:
    """Run a fresh PostgreSQL and Valkey until the block ends; nothing of them is left.

    `durable=True` keeps fsync and synchronous_commit on, as `up` does: for benches whose figures are published.
    """
    account = engine_account()
    with ExitStack() as cleanup:
        folder = cleanup.enter_context(throwaway_folder())
        passwords = Passwords()
        cluster = _start_postgres(folder, account, passwords, durable, cleanup)
        bell = _start_valkey(folder, account, passwords, cleanup)
        postgres.ensure_database(cluster, DATABASE)
        yield Addresses(
            superuser_url=cluster.url(SUPERUSER, "postgres"),
            owner_url=cluster.url(OWNER, DATABASE),
            app_url=cluster.url(APP, DATABASE),
            redis_url=bell.url(),
        )


@contextmanager
def throwaway_folder() -> Iterator[Path]:
    """Make a folder that the engines' account can pass through, and remove it with all it holds."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-", dir=_enterable_folder(engine_account())))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _enterable_folder(account: Account) -> str:
    temporary = Path(tempfile.gettempdir()).resolve()
    if account.name is None or all(folder.stat().st_mode & 0o001 for folder in (temporary, *temporary.parents)):
        return str(temporary)
    fallback = Path("/var/lib/yihaotong")
    fallback.mkdir(mode=0o755, parents=True, exist_ok=True)
    return str(fallback)


def _start_postgres(folder: Path, account: Account, passwords: Passwords, durable: bool, cleanup: ExitStack) -> Cluster:
    binaries, log = postgres.locate(account, data_base()), folder / "postgres.log"
    for _ in range(PORT_CLASHES):
        cluster = Cluster(binaries, folder / "postgres", account, passwords, any_free())
        postgres.create(cluster, durable)
        child = _spawn(cluster.command(), cluster.data, account, log)
        cleanup.callback(end, child, signal.SIGINT)
        if await_ready(partial(postgres.is_ready, cluster.data, child.pid), partial(_is_alive, child), log):
            return cluster
    raise EngineFailed(f"PostgreSQL found no port.\n{tail(log)}")


def _start_valkey(folder: Path, account: Account, passwords: Passwords, cleanup: ExitStack) -> Bell:
    binary, log = valkey.locate(account, data_base()), folder / "valkey.log"
    for _ in range(PORT_CLASHES):
        bell = Bell(binary, folder / "valkey", account, passwords.valkey, any_free())
        valkey.configure(bell)
        child = _spawn(bell.command(), bell.data, account, log)
        cleanup.callback(end, child, signal.SIGTERM)
        if await_ready(partial(answers, bell.url()), partial(_is_alive, child), log):
            return bell
    raise EngineFailed(f"Valkey found no port.\n{tail(log)}")


def _spawn(command: list[str], folder: Path, account: Account, log: Path) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in a test run must not reach the engines before the tests let go of them.
    with log.open("ab") as output:
        options = {"cwd": folder, "env": postgres.clean_environment(), **account.popen_options()}
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options
        )


def await_ready(is_ready: Callable[[], bool], is_alive: Callable[[], bool], log: Path, seconds: float = 60) -> bool:
    """Wait until an engine answers. False when it died because its port was taken; raises when it died otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_ready():
            return True
        if not is_alive():
            if "in use" in tail(log):
                return False
            raise EngineFailed(f"{log.stem} stopped while starting.\n{tail(log)}")
        time.sleep(0.02)
    raise EngineFailed(f"{log.stem} did not answer within {seconds:.0f} s.\n{tail(log)}")


def _is_alive(child: subprocess.Popen[bytes]) -> bool:
    return child.poll() is None


def answers(redis_url: str) -> bool:
    """Say whether a Redis or Valkey answers PING within half a second."""
    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def end(child: subprocess.Popen[bytes], how: signal.Signals, seconds: float = 30) -> None:
    """Ask a child to stop and wait; only a Valkey or service that will not is killed, never PostgreSQL."""
    if child.poll() is not None:
        return
    os.kill(child.pid, how)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(child.pid, signal.SIGQUIT if how is signal.SIGINT else signal.SIGKILL)
        child.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Return the end of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
