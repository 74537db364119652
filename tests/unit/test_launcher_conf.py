"""What an instance's processes are told: the supervisor's configuration and their environment."""

import os
import shlex
import signal
import socket
import sys
from pathlib import Path

import pytest
from supervisor.options import ProcessConfig, ServerOptions

from shared.command import environment, plan
from shared.command.account import Account
from shared.command.environment import Addresses
from shared.command.leftovers import Identity, kind_of
from shared.command.passwords import Passwords
from shared.command.paths import SOCKET_PATH_BYTES, Home
from shared.command.postgres import Cluster, EngineFailed
from shared.command.programs import Ports, Program, configuration, services

PORTS = Ports(8000, 8001, 8002)
ADDRESSES = Addresses("postgresql://app@db/hotline", "postgresql://owner@db/hotline", "redis://bell")


def parsed(home: Home, engines: list[Program], programs: list[Program]) -> dict[str, ProcessConfig]:
    """Let supervisord's own reader read the configuration."""
    home.run.mkdir(parents=True, exist_ok=True)
    home.logs.mkdir()
    home.conf.write_text(configuration(home, engines, programs))
    options = ServerOptions()
    options.realize(["-c", str(home.conf)])
    return {config.name: config for group in options.process_group_configs for config in group.process_configs}


@pytest.mark.parametrize("folder", ["plain", "with blanks", "100%", "受理"])
def test_the_supervisor_reads_back_every_command_whatever_the_folder_is_called(tmp_path: Path, folder: str) -> None:
    home = Home(tmp_path / folder, "up")
    engine = Program("postgres", ["postgres", "-D", str(home.postgres)], stop_signal="INT", kills_group=False)
    found = parsed(home, [engine], services(home, "127.0.0.1", PORTS, None))
    for program in services(home, "127.0.0.1", PORTS, None):
        assert shlex.split(found[program.name].command) == program.command
    assert shlex.split(found["postgres"].command) == engine.command


def test_postgresql_is_stopped_by_sigint_and_never_killed_with_its_children(tmp_path: Path) -> None:
    home = Home(tmp_path, "up")
    cluster = Cluster(Path("/pg/bin"), home.folder, Account(os.geteuid(), os.getegid()), Passwords(), 5432)
    home.folder.mkdir()
    found = parsed(home, plan.Plan(cluster, None, ADDRESSES).programs, [])["postgres"]
    assert (found.stopsignal, found.stopasgroup, found.killasgroup) == (signal.SIGINT, False, False)
    assert found.stopwaitsecs >= 3600


def test_a_demo_has_a_mail_sink_and_a_feed_and_real_use_has_neither(tmp_path: Path) -> None:
    real = {one.name for one in services(Home(tmp_path, "up"), "127.0.0.1", PORTS, None)}
    demo = {one.name for one in services(Home(tmp_path, "demo"), "127.0.0.1", PORTS, 2525)}
    assert demo - real == {"mail-sink", "feed"}
    assert real == {
        "intake-public",
        "intake-staff",
        "stream",
        "router",
        "router-watch",
        "worker",
        "worker-watch",
        "sender",
    }


def test_no_password_stands_on_a_command_line(tmp_path: Path) -> None:
    words = [word for one in services(Home(tmp_path, "up"), "127.0.0.1", PORTS, None) for word in one.command]
    assert not [word for word in words if "://" in word]


def test_engines_stop_after_the_services_and_services_wait_for_the_schema(tmp_path: Path) -> None:
    home = Home(tmp_path, "up")
    text = configuration(home, [Program("valkey", ["valkey-server"])], services(home, "127.0.0.1", PORTS, None))
    engines, rest = text.split("[group:engines]")[1].split("[group:services]")
    assert "priority=1\n" in engines
    assert "priority=500\n" in rest
    assert text.count("autostart=false") == len(services(home, "127.0.0.1", PORTS, None))


def test_a_persons_own_addresses_and_secret_win(tmp_path: Path) -> None:
    outside = {"PUBLIC_URL": "https://12345.example", "HOTLINE_SECRET_FILE": "/run/secrets/master"}
    made = environment.compose(Home(tmp_path, "up"), "0.0.0.0", PORTS, ADDRESSES, outside)  # noqa: S104
    assert made["PUBLIC_URL"] == "https://12345.example"
    assert made["STAFF_URL"] == "http://127.0.0.1:8001"
    assert "HOTLINE_SECRET_FILE" not in made
    assert (made["HOTLINE_DEV"], made["HOTLINE_DEMO"]) == ("0", "0")


def test_a_demo_never_shares_the_real_secret(tmp_path: Path) -> None:
    home = Home(tmp_path, "demo")
    made = environment.compose(home, "127.0.0.1", PORTS, ADDRESSES, {"HOTLINE_SECRET_FILE": "/run/secrets/master"})
    assert made["HOTLINE_SECRET_FILE"] == str(home.secret_file)
    assert (made["HOTLINE_DEV"], made["HOTLINE_DEMO"]) == ("1", "1")


def test_a_demo_refuses_a_database_that_is_not_named_for_one(tmp_path: Path) -> None:
    home = Home(tmp_path, "demo")
    home.folder.mkdir(parents=True)
    with pytest.raises(EngineFailed, match="demo"):
        plan.make_plan(home, {"DATABASE_URL": "postgresql://x@db/hotline", "REDIS_URL": "redis://bell"})


def test_passwords_of_the_persons_databases_do_not_reach_the_supervisor() -> None:
    kept = environment.without_engine_variables({"PGHOST": "x", "DATABASE_URL": "y", "REDIS_URL": "z", "LANG": "C"})
    assert kept == {"LANG": "C"}


@pytest.mark.parametrize(
    ("command", "mark", "kind"),
    [
        (("/x/postgres", "-D", "{home}/postgres", "-p", "1"), None, "postgres"),
        (("/x/postgres", "-D", "/var/lib/other", "-p", "1"), None, None),
        (("vim", "{home}/postgres"), None, None),
        (("/x/valkey-server", "{home}/valkey/valkey.conf"), None, "valkey"),
        (
            (sys.executable, "-m", "supervisor.supervisord", "-n", "-c", "{home}/run/supervisord.conf"),
            None,
            "supervisor",
        ),
        ((sys.executable, "-m", "router.watch"), "{home}/run", "service"),
        ((sys.executable, "-m", "router.watch"), "/elsewhere/run", None),
        ((sys.executable, "-m", "router.watch"), None, None),
    ],
)
def test_a_process_is_ours_by_what_it_runs_not_by_its_pid(
    command: tuple[str, ...], mark: str | None, kind: str | None
) -> None:
    home = Home(Path("/data"), "up")
    words = tuple(word.replace("{home}", str(home.folder)) for word in command)
    assert kind_of(Identity(words, mark and mark.replace("{home}", str(home.folder))), home) == kind


def test_a_long_data_folder_still_has_a_socket_that_fits() -> None:
    assert len(str(Home(Path("/" + "long" * 40), "up").socket)) <= SOCKET_PATH_BYTES
    assert Home(Path("/data"), "up").socket == Path("/data/up/run/supervisor.sock")


def test_a_port_that_was_asked_for_and_is_taken_is_said_and_a_default_one_moves_on() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        with pytest.raises(EngineFailed, match=f"HOTLINE_STAFF_PORT={taken}"):
            plan.choose_ports("127.0.0.1", {"HOTLINE_STAFF_PORT": str(taken)})
    chosen = plan.choose_ports("127.0.0.1", {"HOTLINE_STAFF_PORT": "0", "HOTLINE_STREAM_PORT": "0"})
    assert len({chosen.public, chosen.staff, chosen.stream}) == 3
