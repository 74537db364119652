"""Each process as a container runs it, entry point included: its figures can be read at a port of its own."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.command.paths import ROOT, Home
from shared.command.ports import any_free
from shared.command.programs import Ports, services
from tests.faults.stack import Stack, wait

LAUNCH_WORDS = 4
# What each has counted as soon as it is there: a series that nothing but the process itself can have begun.
SAYS = {
    "intake-public": 'hotline_request_seconds_count{endpoint="health.live",status="2xx",surface="public"}',
    "stream": "hotline_pool_wait_seconds_count",
    "router": 'hotline_job_lateness_seconds_count{kind="route"}',
    "router-watch": 'hotline_jobs_done_by_watch_total{kind="route"}',
    "worker": 'hotline_job_lateness_seconds_count{kind="warn"}',
    "sender": 'hotline_claims_total{kind="text",result="empty"}',
}


@pytest.mark.parametrize("name", SAYS)
def test_a_containers_figures_can_be_read_at_its_port(stack: Stack, name: str, tmp_path: Path) -> None:
    ports, metrics = Ports(any_free(), any_free(), any_free()), any_free()
    program = {one.name: one for one in services(Home(tmp_path, "up"), "127.0.0.1", ports, None)}[name]
    environment = os.environ | stack.environment | {"HOTLINE_METRICS_PORT": str(metrics), "TMPDIR": str(tmp_path)}
    environment.pop("PROMETHEUS_MULTIPROC_DIR")
    command = [
        sys.executable,
        "-P",
        "-m",
        "shared.command.container",
        sys.executable,
        *program.command[LAUNCH_WORDS + 1 :],
    ]
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def shows() -> bool:
        assert running.poll() is None, (tmp_path / "log").read_text()
        try:
            if name == "intake-public":
                httpx.get(f"http://127.0.0.1:{ports.public}/health/live", trust_env=False)
            return SAYS[name] in httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).text
        except httpx.HTTPError:
            return False

    try:
        wait(shows, f"{name} to show {SAYS[name]}", 60)
    finally:
        running.terminate()
        assert running.wait(50) in (0, -15)
