"""A hotline without a supervisor: a database of its own, and of the product's processes the one that a test starts."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
from aiosmtpd.controller import Controller

from shared.command.paths import ROOT
from shared.command.ports import any_free
from shared.fault_points import EXIT_CODE, VARIABLE
from shared.keys import keys
from shared.settings import settings
from shared.sms_accounts import read_accounts
from tests.conftest import Database
from tests.faults.stack import answers, wait
from tests.integration.post_office import Server
from tests.integration.sms_sinks import Sink, sink
from tests.integration.stage import SECRET, Stage
from tests.integration.telephony import NAME
from tests.integration.telephony import SECRET as ADAPTER_SECRET

START_SECONDS, WORK_SECONDS, STOP_SECONDS = 120.0, 120.0, 120.0
PROGRAMS: Mapping[str, Sequence[str]] = {
    "router": ["router.watch"],
    "worker": ["worker.watch"],
    "sender": ["worker.sender"],
    "public": ["granian", "--interface", "wsgi", "--no-access-log", "intake.wsgi:public"],
    "staff": ["granian", "--interface", "wsgi", "--no-access-log", "intake.wsgi:staff"],
}
DUE = "SELECT count(*) AS n FROM job WHERE state = 'todo' AND due_at <= business_now()"


@dataclass
class Process:
    """A running program and its log. `url` is where it listens, if it does."""

    child: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def said(self) -> str:
        """Return its log."""
        return self.log.read_text("utf-8", errors="replace")

    def wait_for_death(self, point: str, seconds: float = START_SECONDS) -> None:
        """Wait until it, or the child that worked for it, has died at the point."""
        mark = f"{VARIABLE}={point}: ends here"
        wait(lambda: mark in self.said() or self.child.poll() is not None, f"a death at {point}", seconds)
        assert mark in self.said(), self.said()[-4000:]
        if not self.url:  # else the one who died worked for the one that listens
            assert self.child.wait(STOP_SECONDS) == EXIT_CODE

    def end(self) -> None:
        """Let nothing of it go on, as after a power cut."""
        family = [self.child.pid]
        if psutil.pid_exists(self.child.pid):
            family += [one.pid for one in psutil.Process(self.child.pid).children(True)]
        for pid in family:
            with _gone():
                os.kill(pid, signal.SIGKILL)
        self.child.wait(STOP_SECONDS)


@dataclass
class House:
    """What a way through a fault point needs."""

    stage: Stage
    folder: Path
    environment: dict[str, str]
    mails: Server
    sms: Sink
    cleanup: ExitStack
    kept: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    @contextmanager
    def running(self, program: str, point: str = "", *words: str) -> Iterator[Process]:
        """Run one of `PROGRAMS` or, if it is none, a verb of the command while the block runs."""
        self.count += 1
        self.let_go()
        listens = program in ("public", "staff")
        port = any_free() if listens else 0
        given = [*PROGRAMS.get(program, ["shared.command", program]), *words]
        given += ["--host", "127.0.0.1", "--port", str(port)] if listens else []
        log = self.folder / f"{self.count}-{program}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", *given], cwd=ROOT, env=self.environment | {VARIABLE: point},
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        process = Process(child, log, f"http://127.0.0.1:{port}" if listens else "")
        try:
            if listens:
                live = f"{process.url}/health/live"
                wait(lambda: answers(live) or child.poll() is not None, f"{program} to listen", START_SECONDS)
            yield process
        finally:
            process.end()

    def work(self, *programs: str, seconds: float = WORK_SECONDS) -> None:
        """Let programs run until nothing is due any more."""
        with ExitStack() as all_of_them:
            for program in programs:
                all_of_them.enter_context(self.running(program))
            wait(lambda: self.stage.rows(DUE)[0]["n"] == 0, f"{programs} to do what is due", seconds)

    def copies(self) -> Counter[str]:
        """Return how often each message has left, by the name that all its copies share."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails.mails) + Counter(
            message["ours"] for message in self.sms.messages
        )

    def let_go(self) -> None:
        """Hold no connection: a restore wants to be alone."""
        self.stage.engine.dispose()
        self.stage.owner.dispose()

    def by_command(self, *words: str) -> str:
        """Run a verb of the command that must succeed; return what it says."""
        self.let_go()
        done = subprocess.run(
            [sys.executable, "-P", "-m", "shared.command", *words], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, check=False, timeout=WORK_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def open_house(database: Database) -> Iterator[House]:
    """Give a house whose mails and short messages are taken."""
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="hotline-points-")))
        stage = Stage.open(database.app_url, database.owner_url)
        cleanup.callback(stage.close)
        mails, mail_port = Server(), any_free()
        server = Controller(mails, hostname="127.0.0.1", port=mail_port)
        server.start()
        cleanup.callback(server.stop)
        sms = cleanup.enter_context(sink("aliyun"))
        environment = _environment(database, folder) | {"SMTP_URL": f"smtp://127.0.0.1:{mail_port}"}
        (folder / "sms.toml").write_text(sms.account, "utf-8")
        (folder / "calls").write_text(f"{NAME} {ADAPTER_SECRET}\n", "utf-8")
        cleanup.enter_context(patch.dict(os.environ, environment))
        _forget()
        cleanup.callback(_forget)
        yield House(stage, folder, environment, mails, sms, cleanup)


def _forget() -> None:
    """Let this process read its settings anew, for what a test does without a process of its own."""
    for once in (settings, keys, read_accounts):
        once.cache_clear()


def outside() -> dict[str, str]:
    """Return the environment without what a hotline reads."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}


def _environment(database: Database, folder: Path) -> dict[str, str]:
    return outside() | {
        "DATABASE_URL": database.app_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "REDIS_URL": f"redis://:none@127.0.0.1:{any_free()}/0",  # gone for good: jobs alone carry the work
        "HOTLINE_SECRET": SECRET.decode(),
        "HOTLINE_DEV": "1",
        "HOTLINE_SECOND_FACTOR": "off",
        "HOTLINE_EXEMPT_NETWORKS": "127.0.0.0/8",
        "HOTLINE_FILES_URL": (folder / "files").as_uri(),
        "HOTLINE_SMS_FILE": str(folder / "sms.toml"),
        "HOTLINE_CALL_SECRETS_FILE": str(folder / "calls"),
        "HOTLINE_DATA": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except ProcessLookupError:
        return
