"""Names of metrics follow Prometheus's conventions, and say in words what they hold."""

import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric

import shared.metrics
from shared import VERSION
from shared.command.paths import ROOT

OURS = [metric for metric in REGISTRY.collect() if metric.name.startswith("hotline_")]
LABELS = {"surface", "endpoint", "status", "channel", "kind", "result", "outcome", "why", "who"}  # closed lists all


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_every_metric_has_a_sentence_and_a_name_that_tells_its_unit(metric: Metric) -> None:
    assert metric.documentation[0].isupper()
    assert metric.documentation.endswith(".")
    if metric.type == "histogram":
        assert metric.name.endswith("_seconds")
        assert re.search(r"\b[Ss]econds\b", metric.documentation)
    assert not re.search(r"_(ms|millis|minutes|kb|mb|percent)$", metric.name)


def test_labels_come_from_closed_lists() -> None:
    named = {name for metric in vars(shared.metrics).values() for name in getattr(metric, "_labelnames", ())}
    assert named == LABELS


def test_the_version_that_is_shown_is_the_projects() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_what_a_process_works_on_begins_at_zero() -> None:
    shared.metrics.expect(["a kind"])
    labels = {"kind": "a kind", "le": "+Inf"}
    assert REGISTRY.get_sample_value("hotline_job_lateness_seconds_bucket", labels) == 0
