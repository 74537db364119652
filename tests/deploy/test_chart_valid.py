"""The chart as helm itself and the schemas of every supported Kubernetes see it."""

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from shared.command.paths import ROOT
from tests.deploy.conftest import CHART, Rendered
from tests.deploy.tools import run

VALUES = sorted(path.stem for path in (CHART / "ci").glob("*.yaml"))
OTHERS_KINDS = {"ScaledObject", "ServiceMonitor", "PodMonitor", "PrometheusRule"}  # no schema for these is to be had
VERSIONS = ["1.30.0", "1.33.0", "1.37.0"]


@pytest.mark.parametrize("values", VALUES)
def test_helm_finds_nothing_to_complain_of(helm: Path, values: str) -> None:
    done = run(helm, "lint", CHART, "--strict", "--values", CHART / "ci" / f"{values}.yaml")
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", VALUES)
def test_every_object_is_one_that_kubernetes_knows_field_by_field(
    rendered: Rendered, values: str, version: str
) -> None:
    for one in rendered(values):
        if one["kind"] not in OTHERS_KINDS:
            kubernetes_validate.validate(one, version, strict=True)


def test_the_schemas_do_refuse_a_field_that_does_not_exist(rendered: Rendered) -> None:
    deployment = next(one for one in rendered("claim") if one["kind"] == "Deployment")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment | {"spec": deployment["spec"] | {"replica": 1}}, "1.37.0", strict=True)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("database.host=", "/database/host"),
        ("image.tag=latest", "/image/tag"),
        ("processes.router.replicas=0", "/processes/router/replicas"),
        ("processes.rooter.replicas=1", "rooter"),
        ("settings.SMTP_PASSWORD=x", "SMTP_PASSWORD"),
        ("autoscaling.mode=vpa", "/autoscaling/mode"),
        ("files.existingClaim=", "existingClaim"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(helm: Path, setting: str, said: str) -> None:
    done = run(helm, "template", "rel", CHART, "--values", CHART / "ci" / "claim.yaml", "--set", setting)
    assert done.returncode != 0
    assert said in done.stderr


def test_without_any_values_the_chart_names_what_is_missing(helm: Path) -> None:
    said = run(helm, "template", "rel", CHART).stderr
    assert "/database/host" in said
    assert "/valkey/host" in said


def test_the_alerts_in_the_chart_are_those_that_promtool_proved(rendered: Rendered) -> None:
    rule = next(one for one in rendered("bucket") if one["kind"] == "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())


def test_every_value_has_its_line_in_the_schema_and_a_default() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    assert set(values) | {"global"} == set(schema["properties"])
