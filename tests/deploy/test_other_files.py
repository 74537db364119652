"""Dockerfile and dashboard, as hadolint and Grafana's own types read them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.command.paths import ROOT
from tests.deploy.tools import beside_python, run


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    hadolint = beside_python("hadolint")
    if not hadolint.exists():
        pytest.skip("no hadolint for this platform in requirements-deploy.lock")
    done = run(hadolint, "--failure-threshold", "info", ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_grafana_knows_every_field_of_the_dashboard() -> None:
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    written = json.loads((ROOT / "deploy/grafana/yihaotong.json").read_text())
    read = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(written)))
    assert list(lost(written, read)) == []


def lost(written: Any, read: Any, at: str = "") -> Iterator[str]:
    """Yield what Grafana's types do not keep of what was written."""
    if isinstance(written, dict):
        for key, value in written.items():
            if key in read:
                yield from lost(value, read[key], f"{at}/{key}")
            elif value not in (None, "", [], {}):
                yield f"{at}/{key}"
    elif isinstance(written, list):
        if len(written) != len(read):
            yield at
        for place, (one, other) in enumerate(zip(written, read, strict=False)):
            yield from lost(one, other, f"{at}/{place}")
    elif written != read:
        yield at


def test_a_field_that_grafana_does_not_know_would_be_seen() -> None:
    assert list(lost({"panels": [{"titel": "x", "id": 1}]}, {"panels": [{"id": 1}]})) == ["/panels/0/titel"]
