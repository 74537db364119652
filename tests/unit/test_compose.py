"""docker-compose.yml and Dockerfile: read by the real Compose and the official parser, and held against the product."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.command.container import addresses, with_password
from shared.command.paths import ROOT, Home
from shared.command.programs import Ports, services
from shared.command.whoami import me
from shared.sms_accounts import read_accounts

ENGINES = {"postgres", "valkey"}
LAUNCH_WORDS = 4  # `python -m shared.command.launch FILE` is the container's entry point there


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """What the real Compose makes of the file; it needs no engine for that."""
    binary = shutil.which("docker-compose", path=str(Path(sys.executable).parent))
    if binary is None and os.environ.get("CI") != "true":
        pytest.skip("no docker-compose for this platform in the environment")
    assert binary, "the dev group's docker-compose is missing"
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [binary, "--project-directory", str(ROOT), "--env-file", os.devnull, "config", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_the_containers_are_the_processes_of_the_product(compose: dict[str, Any]) -> None:
    programs = services(Home(Path("/nowhere"), "up"), "0.0.0.0", Ports(8000, 8001, 8002), None)  # noqa: S104 compared
    ours = {one.name: ["python", *one.command[LAUNCH_WORDS + 1 :]] for one in programs}
    assert {name: one["command"] for name, one in compose.items() if name not in {*ENGINES, "migrate"}} == ours
    assert {compose[name]["stop_grace_period"] for name in ours} == {f"{one.stop_seconds}s" for one in programs}


def test_every_container_is_sealed_and_watched(compose: dict[str, Any]) -> None:
    for name, one in compose.items():
        assert one["read_only"], name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        assert ("healthcheck" in one) == (name != "migrate"), name


def test_services_start_after_the_schema_and_without_waiting_for_valkey(compose: dict[str, Any]) -> None:
    for name in compose.keys() - ENGINES - {"migrate"}:
        waits = {other: one["condition"] for other, one in compose[name]["depends_on"].items()}
        assert waits == {
            "postgres": "service_healthy",
            "migrate": "service_completed_successfully",
            "valkey": "service_started",
        }, name


def test_nothing_listens_beyond_this_machine_unless_asked_to(compose: dict[str, Any]) -> None:
    ports = {name: one["ports"] for name, one in compose.items() if "ports" in one}
    assert set(ports) == {"intake-public", "intake-staff", "stream"}
    assert {port["host_ip"] for many in ports.values() for port in many} == {"127.0.0.1"}


def test_no_password_stands_in_the_file(compose: dict[str, Any]) -> None:
    for name, one in compose.items():
        for key, value in one.get("environment", {}).items():
            assert not re.search(r"://[^/@]*:[^/@]+@", value), (name, key)
            if key.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in {each["source"] for each in one["secrets"]}, (name, key)


def test_engines_come_in_an_exact_version(compose: dict[str, Any]) -> None:
    for name in ENGINES:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", compose[name]["image"]), name


def test_the_image_is_built_from_wheels_with_hashes_and_runs_without_rights() -> None:
    dockerfile = pytest.importorskip("dockerfile", reason="no wheel of the official parser for this platform")
    steps = [(step.cmd.upper(), step.value, step.flags) for step in dockerfile.parse_file(str(ROOT / "Dockerfile"))]
    for value in (value for command, value, _ in steps if command == "FROM"):
        assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", value[0])
    installs = [value[0] for command, value, _ in steps if command == "RUN" and "pip install" in value[0]]
    assert all("--require-hashes" in one and "--only-binary :all:" in one for one in installs)
    assert len(installs) == 1
    assert [value for command, value, _ in steps if command == "USER"][-1] == ("10001:10001",)
    # Neither the environment nor the image's own Python can install anything.
    assert sum(value[0].count("pip uninstall --yes pip") for command, value, _ in steps if command == "RUN") == 2
    assert not any("apt-get" in value[0] for command, value, _ in steps if command == "RUN")
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {one for command, value, flags in steps if command == "COPY" and not flags for one in value[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_passwords_come_from_files_and_keep_their_letters(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss:w/rd\n")
    given = {
        "DATABASE_URL": "postgresql://app@db:5432/hotline",
        "DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        "REDIS_URL": "redis://valkey:6379/0",
        "SMTP_URL": "smtps://post@mail:465",
        "SMTP_PASSWORD_FILE": str(tmp_path / "empty"),
    }
    (tmp_path / "empty").touch()
    assert addresses(given) == {
        "DATABASE_URL": "postgresql://app:p%40ss%3Aw%2Frd@db:5432/hotline",
        "SMTP_URL": "smtps://post@mail:465",
    }
    assert with_password("redis://valkey:6379/0", "x") == "redis://:x@valkey:6379/0"


def test_an_empty_file_of_accounts_means_that_no_short_messages_are_sent(tmp_path: Path) -> None:
    """Compose wants every secret's file to exist."""
    file = tmp_path / "sms_accounts"
    file.touch()
    assert read_accounts(str(file)) is None


def test_a_containers_user_without_a_name_is_noted_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])
    assert me() == f"command:{os.getuid()}"
