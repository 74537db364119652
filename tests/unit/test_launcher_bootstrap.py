"""What `hotline` does before anything is installed."""

import importlib.machinery
import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from shared.command.lock import SOURCES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def hotline() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("hotline_script", str(ROOT / "hotline"))
    spec = importlib.util.spec_from_loader("hotline_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_pips_own_index_is_told_to_uv_and_its_environment_wins_over_its_files(hotline: ModuleType) -> None:
    listing = r"""global.index-url='https://first.invalid/simple'
:env:.index-url='https://second.invalid/simple'
global.extra-index-url='\nhttps://a.invalid/simple\nhttps://b.invalid/simple'
global.timeout='60'
freeze.trusted-host='elsewhere.invalid'"""
    assert hotline.parsed(listing) == {
        "index-url": "https://second.invalid/simple",
        "extra-index-url": "https://a.invalid/simple https://b.invalid/simple",
    }


def test_a_machine_without_pip_settings_sends_uv_nowhere_special(hotline: ModuleType) -> None:
    assert hotline.parsed("global.timeout='60'\n") == {}


def test_a_changed_lock_file_makes_the_environment_out_of_date(
    hotline: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotline, "ROOT", tmp_path)
    monkeypatch.setattr(hotline, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(hotline, "is_usable", lambda: True)
    (tmp_path / "requirements.lock").write_text("a==1\n")
    target = hotline.wanted(["requirements.lock"])
    assert not hotline.is_current(target)
    hotline.STAMP.write_text(json.dumps(target | {"requirements-dev.lock": "x"}))
    assert hotline.is_current(target)
    (tmp_path / "requirements.lock").write_text("a==2\n")
    assert not hotline.is_current(hotline.wanted(["requirements.lock"]))


def test_what_would_send_python_elsewhere_is_not_handed_on(
    hotline: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")
    kept = hotline.clean_environment()
    assert kept["PIP_INDEX_URL"] == "https://mirror.invalid/simple"
    assert not {"PYTHONPATH", "PIP_TARGET"} & kept.keys()


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_lock_file_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    packages = [line for line in text.splitlines() if line[:1].isalnum()]
    assert packages
    assert all(line.endswith("\\") and "==" in line for line in packages)
    assert "://" not in text
    assert not any(line.startswith(("-", "--")) for line in text.splitlines())


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    sets = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-dev.lock": project["dependency-groups"]["dev"],
        "requirements-traces.lock": project["dependency-groups"]["traces"],
        "requirements-deploy.lock": project["dependency-groups"]["deploy"],
        "requirements-browser.lock": project["dependency-groups"]["browser"],
        "requirements-uv.lock": project["dependency-groups"]["install"],
    }
    assert sets.keys() == SOURCES.keys()
    for name, wanted in sets.items():
        locked = {line.split("==")[0] for line in (ROOT / name).read_text().splitlines() if line[:1].isalnum()}
        missing = {_package(one) for one in wanted} - locked
        assert not missing, f"{name} lacks {missing}: run ./hotline lock"


def _package(requirement: str) -> str:
    return re.split(r"[\[<>=;!~ ]", requirement)[0].lower().replace("_", "-")
