"""Alert rules: each says how bad it is and where to read on, is proved by promtool, and has a page in the runbook."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.command.__main__ import VERBS
from shared.command.paths import ROOT, Home
from shared.command.programs import Ports, services

FOLDER = ROOT / "deploy" / "prometheus"
GROUPS = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
PARTS = ("Noticed", "See", "Do", "Tried")


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_how_bad_it_is_and_what_to_read(name: str) -> None:
    rule: Mapping[str, Any] = RULES[name]
    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    summary = rule["annotations"]["summary"]
    assert re.search(r"[\u4e00-\u9fff]", summary)
    assert re.search(r"[A-Za-z]{3}", re.sub(r"\{\{.*?\}\}", "", summary))


@pytest.mark.parametrize("name", RULES)
def test_the_runbook_says_of_every_alert_what_is_noticed_how_to_see_it_what_to_do_and_how_it_was_tried(
    name: str,
) -> None:
    section = section_of(name)
    for part in PARTS:
        assert re.search(rf"^- \*\*{part}\*\* \S", section, re.MULTILINE), part
    for verb in re.findall(r"\./hotline ([a-z]+)", section):
        assert verb in VERBS, verb


def test_the_runbook_knows_no_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (Hotline\w+)$", RUNBOOK, re.MULTILINE)) == set(RULES)


@pytest.mark.parametrize(
    "command", ["check rules alerts.yaml", "test rules alerts_test.yaml", "check config prometheus.yaml"]
)
def test_prometheus_itself_finds_the_files_right(command: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on the PATH (Debian: package prometheus)")
    done = subprocess.run([promtool, *command.split()], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_every_alert_is_seen_firing_by_a_test_of_its_own() -> None:
    tried = set(re.findall(r"alertname='(\w+)'", (FOLDER / "alerts_test.yaml").read_text()))
    assert tried == set(RULES)


def section_of(name: str) -> str:
    """Return what stands under an alert's heading."""
    found = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {name}"
    return found[1]


def test_every_container_is_scraped() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    found = dict(target.split(":") for target in jobs[0]["static_configs"][0]["targets"])
    programs = services(Home(Path("/nowhere"), "up"), "127.0.0.1", Ports(8000, 8001, 8002), None)
    port = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-environment"]["HOTLINE_METRICS_PORT"]
    assert found == {one.name: port for one in programs} | {"intake-staff": "8001"}
    assert jobs[0]["job_name"] == "hotline"
