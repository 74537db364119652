"""The chart runs the product's processes, sealed as in docker-compose.yml, and lets each talk to whom it must."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.bell import SERVICE_OF
from shared.command.paths import ROOT, Home
from shared.command.programs import Ports, services
from tests.deploy.conftest import Rendered

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
LAUNCH_WORDS = 4
ENGINES = {"postgres", "valkey"}
PROCESSES = {
    one.name: ["python", *one.command[LAUNCH_WORDS + 1 :]]
    for one in services(Home(Path("/nowhere"), "up"), "0.0.0.0", Ports(8000, 8001, 8002), None)  # noqa: S104 compared
}


def by_name(objects: list[Mapping[str, Any]], kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the objects of a kind by their names without the release's."""
    return {one["metadata"]["name"].removeprefix("rel-"): one for one in objects if one["kind"] == kind}


def pods(objects: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the pods of every process and of the migration."""
    return {
        name: one["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, one in by_name(objects, kind).items()
    }


@pytest.mark.parametrize("values", ["bucket", "claim"])
def test_the_deployments_are_the_processes_of_the_product(rendered: Rendered, values: str) -> None:
    found = by_name(rendered(values), "Deployment")
    args = {name: one["spec"]["template"]["spec"]["containers"][0]["args"] for name, one in found.items()}
    assert args == PROCESSES
    for one in found.values():
        assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 45


def test_settings_are_those_of_compose(rendered: Rendered) -> None:
    wanted = set(COMPOSE["x-environment"])
    for name, pod in pods(rendered("bucket")).items():
        env = {one["name"] for one in pod["containers"][0]["env"]}
        more = {"DATABASE_OWNER_URL", "DATABASE_OWNER_PASSWORD_FILE"} if name == "migrate" else {"OTEL_SERVICE_NAME"}
        assert env == wanted | more, name


def test_a_pod_has_no_rights_and_nothing_to_write_to(rendered: Rendered) -> None:
    for name, pod in pods(rendered("claim")).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        container = pod["containers"][0]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["resources"]["limits"]["memory"], name
        writable = {one["mountPath"] for one in container["volumeMounts"] if not one.get("readOnly")}
        assert writable == {"/tmp", "/files"}, name  # noqa: S108 the container's own


def test_what_a_pod_writes_to_tmp_counts_as_its_memory_and_never_evicts_it(rendered: Rendered) -> None:
    for name, pod in pods(rendered("claim")).items():
        volume = next(one for one in pod["volumes"] if one["name"] == "tmp")
        assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "256Mi"}, name
        if name.startswith("intake-"):  # files on their way lie there
            assert pod["containers"][0]["resources"]["limits"]["memory"] == "1Gi", name


def test_secrets_are_files_and_the_owners_password_is_the_migrations_alone(rendered: Rendered) -> None:
    for name, pod in pods(rendered("bucket")).items():
        volume = next(one for one in pod["volumes"] if one["name"] == "secrets")
        keys = {item["key"] for item in volume["secret"]["items"]}
        assert keys == set(COMPOSE["secrets"]) - (set() if name == "migrate" else {"owner_password"}), name
        for one in pod["containers"][0]["env"]:
            value = one.get("value", "")
            assert not re.search(r"://[^/@]*:[^/@]+@", value), (name, one)
            if one["name"].endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in keys, (name, one)


def test_a_pod_is_ready_when_its_container_would_be_healthy_in_compose(rendered: Rendered) -> None:
    for name, one in by_name(rendered("claim"), "Deployment").items():
        container = one["spec"]["template"]["spec"]["containers"][0]
        health = COMPOSE["services"][name]["healthcheck"]["test"]
        ready = container["readinessProbe"]
        if "exec" in ready:
            assert ["CMD", *ready["exec"]["command"]] == health, name
        else:
            port = {each["name"]: each["containerPort"] for each in container["ports"]}["http"]
            assert f"http://127.0.0.1:{port}{ready['httpGet']['path']}" in health[-1], name
        # Alive says less than ready: a database that is away must not kill what waits for it.
        for probe in ("startupProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["path"] in ("/health/live", "/metrics"), (name, probe)


def test_the_schema_is_brought_up_to_date_before_anything_starts(rendered: Rendered) -> None:
    job = by_name(rendered("bucket"), "Job")["migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == COMPOSE["services"]["migrate"]["command"]


@pytest.mark.parametrize("values", ["bucket", "claim"])
def test_services_scale_by_the_age_of_their_own_jobs(rendered: Rendered, values: str) -> None:
    of_service: dict[str, set[str]] = {}
    for kind, service in SERVICE_OF.items():
        of_service.setdefault(service, set()).add(kind.value)
    found = {}
    for name, one in by_name(rendered("claim"), "HorizontalPodAutoscaler").items():
        # Series that one entry matches would be summed: one for each kind.
        external = [each["external"]["metric"] for each in one["spec"]["metrics"]]
        assert {each["name"] for each in external} == {"hotline_oldest_due_job_seconds"}
        kinds = [each["selector"]["matchLabels"]["kind"] for each in external]
        assert len(kinds) == len(set(kinds)), name
        found[name] = set(kinds)
    asked = {}
    for name, one in by_name(rendered("bucket"), "ScaledObject").items():
        query = one["spec"]["triggers"][0]["metadata"]["query"]
        asked[name] = set(re.findall(r'kind=~"(.*?)"', query)[0].split("|"))
    assert (found if values == "claim" else asked) == of_service
    for name, one in by_name(rendered(values), "Deployment").items():
        assert ("replicas" in one["spec"]) == (name not in of_service), name


def test_every_process_may_be_moved_one_at_a_time(rendered: Rendered) -> None:
    budgets = by_name(rendered("claim"), "PodDisruptionBudget")
    assert set(budgets) == set(PROCESSES)
    assert {one["spec"]["maxUnavailable"] for one in budgets.values()} == {1}


def ports(rules: list[Mapping[str, Any]] | None) -> set[int]:
    return {port["port"] for rule in rules or () for port in rule["ports"]}


def test_who_may_talk_to_whom(rendered: Rendered) -> None:
    policies = by_name(rendered("bucket"), "NetworkPolicy")
    assert {kind for one in policies.values() for kind in one["spec"]["policyTypes"]} == {"Ingress", "Egress"}
    nobody = policies["nobody"]["spec"]
    assert nobody["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in nobody
    assert "egress" not in nobody
    stores = policies["stores"]["spec"]["egress"]
    assert [ports([rule]) for rule in stores] == [{53}, {5432}, {6379}]
    assert stores[1]["to"] == [{"ipBlock": {"cidr": "10.0.0.0/24"}}]
    said = {
        name: (ports(one["spec"].get("ingress")), ports(one["spec"].get("egress")))
        for name, one in policies.items()
        if name in PROCESSES
    }
    web = {443, 8443, 4318}
    assert said == {
        "intake-public": ({8000}, web),
        "intake-staff": ({8001}, web),
        "stream": ({8002}, set()),
        "router": (set(), {4318}),
        "router-watch": (set(), {4318}),
        "worker": (set(), web | {465, 587, 3310}),
        "worker-watch": (set(), web | {465, 587, 3310}),
        "sender": (set(), web),
    }


def test_names_are_asked_of_kube_system_or_of_whom_a_deployment_names(rendered: Rendered) -> None:
    def asked(*settings: str) -> Any:
        stores = by_name(rendered("claim", *settings), "NetworkPolicy")["stores"]["spec"]["egress"]
        return stores[0]["to"]

    assert asked() == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]
    node_local = "networkPolicy.dnsTo[0].ipBlock.cidr=169.254.20.10/32"
    assert asked(node_local) == [{"ipBlock": {"cidr": "169.254.20.10/32"}}]


def test_an_empty_list_of_those_who_may_come_in_lets_nobody_in(rendered: Rendered) -> None:
    policies = by_name(rendered("claim"), "NetworkPolicy")
    assert not policies["intake-public"]["spec"]["ingress"]


def test_each_policy_is_about_pods_that_exist(rendered: Rendered) -> None:
    labels = [
        one["spec"]["template"]["metadata"]["labels"].items()
        for one in rendered("bucket")
        if one["kind"] in ("Deployment", "Job")
    ]
    for name, one in by_name(rendered("bucket"), "NetworkPolicy").items():
        wanted = one["spec"]["podSelector"]["matchLabels"].items()
        reached = [pod for pod in labels if wanted <= pod]
        assert len(reached) == (1 if name in PROCESSES else len(labels)), name


def test_surfaces_and_entrances_lead_to_ports_that_are_open(rendered: Rendered) -> None:
    objects = rendered("bucket")
    services_found = by_name(objects, "Service")
    assert set(services_found) == {"intake-public", "intake-staff", "stream"}
    for one in by_name(objects, "Ingress").values():
        path = one["spec"]["rules"][0]["http"]["paths"][0]
        service = services_found[path["backend"]["service"]["name"].removeprefix("rel-")]
        assert service["spec"]["ports"][0]["name"] == path["backend"]["service"]["port"]["name"]
        assert one["spec"]["tls"][0]["hosts"] == [one["spec"]["rules"][0]["host"]]


def test_what_is_scraped_is_scraped_once(rendered: Rendered) -> None:
    objects = rendered("bucket")
    one = by_name(objects, "ServiceMonitor")["hotline"]["spec"]["selector"]["matchLabels"]
    others = by_name(objects, "PodMonitor")["hotline"]["spec"]["selector"]["matchExpressions"][0]
    assert one["app.kubernetes.io/component"] == "intake-staff"
    assert others["values"] == ["intake-staff", "migrate"]
    assert others["operator"] == "NotIn"
    # The alerts ask for `up` by this job.
    for kind, name in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        spec = by_name(objects, kind)["hotline"]["spec"]
        assert [one["relabelings"] for one in spec[name]] == [[{"targetLabel": "job", "replacement": "hotline"}]]
