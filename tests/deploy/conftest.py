"""Helm, once for all tests, and what it makes of the chart."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.command.paths import ROOT
from tests.deploy.tools import helm_into, run

CHART = ROOT / "deploy" / "helm" / "yihaotong"
Rendered = Callable[..., list[Mapping[str, Any]]]


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return helm_into(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def rendered(helm: Path) -> Rendered:
    """Return what `helm template` makes of a file of values, by name, with single values set besides."""

    @cache
    def template(values: str, *settings: str) -> list[Mapping[str, Any]]:
        chosen = [word for setting in settings for word in ("--set", setting)]
        done = run(helm, "template", "rel", CHART, "--values", CHART / "ci" / f"{values}.yaml", *chosen)
        assert done.returncode == 0, done.stderr
        return [one for one in yaml.safe_load_all(done.stdout) if one]

    return template
