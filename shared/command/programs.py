"""The processes of an instance and the supervisor's configuration for them. Pure: text out of values."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.command.paths import ROOT, Home

SERVICES_GROUP, ENGINES_GROUP, KEEPER = "services", "engines", "keeper"


@dataclass(frozen=True)
class Ports:
    """Where the three surfaces listen."""

    public: int
    staff: int
    stream: int


@dataclass(frozen=True)
class Program:
    """One supervised process."""

    name: str
    command: list[str]
    folder: Path = ROOT
    user: str | None = None
    stop_signal: str = "TERM"
    # 45 s is more than a task's hard limit of 30 s, so that a warm stop can end what it began.
    stop_seconds: int = 45
    kills_group: bool = True


def services(home: Home, host: str, ports: Ports, mail_port: int | None) -> list[Program]:
    """Return the product's own processes; `mail_port` is set in a demo, which has a mail sink and a feed besides."""
    granian = ["granian", "--interface", "wsgi", "--host", host, "--respawn-failed-workers", "--no-access-log"]
    # A worker that is still importing does not hear the first SIGTERM; a request has ended after 3 s.
    granian += ["--workers-kill-timeout", "5"]
    # After SIGHUP each new worker has so long to begin before the old one leaves.
    granian += ["--respawn-interval", "10"]
    # Threads that may wait for slow senders; how many work at a time, `intake.wsgi` says.
    granian += ["--blocking-threads", "32"]
    celery = ["worker", "-P", "prefork", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    public = ["--port", str(ports.public), "--workers", "2", "intake.wsgi:public"]
    staff = ["--port", str(ports.staff), "--workers", "1", "intake.wsgi:staff"]
    address = f"[{host}]:{ports.stream}" if ":" in host else f"{host}:{ports.stream}"
    # A stream never ends by itself; its reader comes back to the next process and goes on where it was.
    gunicorn = ["gunicorn", "-k", "gevent", "-w", "1", "--no-control-socket", "--graceful-timeout", "3"]
    modules = {
        "intake-public": [*granian, *public],
        "intake-staff": [*granian, *staff],
        "stream": [*gunicorn, "-b", address, "intake.stream:app"],
        "router": ["celery", "-A", "router.app", *celery, "-Q", "router", "-n", "router@%h"],
        "router-watch": ["router.watch"],
        "worker": ["celery", "-A", "worker.app", *celery, "-Q", "worker", "-n", "worker@%h"],
        "worker-watch": ["worker.watch"],
        "sender": ["worker.sender"],
    }
    if mail_port is not None:
        sink = ["--port", str(mail_port), "--folder", str(home.mail)]
        modules |= {"mail-sink": ["shared.command.mail_sink", *sink], "feed": ["shared.command.demo_feed"]}
    launch = [sys.executable, "-m", "shared.command.launch", str(home.environment), sys.executable, "-m"]
    return [Program(name, [*launch, *module]) for name, module in modules.items()]


def configuration(home: Home, engines: list[Program], programs: list[Program]) -> str:
    """Return supervisord.conf. Engines start first and stop last; services wait until the schema is there."""
    keeper = Program(KEEPER, [sys.executable, "-m", "shared.command.keeper"])
    sections = [
        _section("supervisord", _supervisord(home)),
        _section("unix_http_server", {"file": str(home.socket), "chmod": "0700"}),
        _section("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": _RPC}),
        _section(f"eventlistener:{KEEPER}", {**_program(home, keeper), **_LISTENS, "priority": "-1"}),
        *(_section(f"program:{one.name}", {**_program(home, one), "autostart": "true"}) for one in engines),
        *(_section(f"program:{one.name}", {**_program(home, one), "autostart": "false"}) for one in programs),
    ]
    for group, members, priority in ((ENGINES_GROUP, engines, "1"), (SERVICES_GROUP, programs, "500")):
        if members:
            names = ",".join(one.name for one in members)
            sections.append(_section(f"group:{group}", {"programs": names, "priority": priority}))
    return "\n".join(sections)


_RPC = "supervisor.rpcinterface:make_main_rpcinterface"
_LISTENS = {"events": "PROCESS_STATE_EXITED,PROCESS_STATE_FATAL", "buffer_size": "200", "redirect_stderr": "false"}


def _supervisord(home: Home) -> dict[str, str]:
    return {
        **({"user": "root"} if os.geteuid() == 0 else {}),
        "logfile": str(home.logs / "supervisord.log"),
        "logfile_maxbytes": "5MB",
        "logfile_backups": "2",
        "pidfile": str(home.run / "supervisord.pid"),
        "childlogdir": str(home.logs),
        "nodaemon": "true",
        "silent": "true",
        "umask": "077",
    }


def _program(home: Home, program: Program) -> dict[str, str]:
    # supervisord expands this one value twice.
    log = str(home.logs / f"{program.name}.log").replace("%", "%%")
    values = {
        "command": " ".join(quoted(word) for word in program.command),
        "directory": str(program.folder),
        "autorestart": "true",
        "startsecs": "1",
        # Each try waits a second longer than the one before; after ten the keeper begins again from the start.
        "startretries": "10",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        # Not stopasgroup: a TERM to celery's children would cut the task that a warm stop waits for.
        "killasgroup": "true" if program.kills_group else "false",
        "redirect_stderr": "true",
        "stdout_logfile": log,
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    if program.user is not None:
        values["user"] = program.user
    if program.name == KEEPER:
        values |= {"stdout_logfile": "NONE", "stderr_logfile": log, "stderr_logfile_maxbytes": "1MB"}
    return values


def quoted(word: str) -> str:
    """Return a word of a command line as supervisord reads it, which is as a shell would."""
    if all(letter.isalnum() or letter in "/._-:=@+,[]" for letter in word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _section(name: str, values: dict[str, str]) -> str:
    # `%` begins an expansion in every value.
    return f"[{name}]\n" + "".join(f"{key}={value.replace('%', '%%')}\n" for key, value in values.items())
