"""What /metrics shows: figures of the database at each scrape, counters of the processes, nothing of any person."""

import json
import re
import socket
import time
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
import yaml

from intake import stores
from intake.stream import create_stream
from shared import jobs
from shared.command.paths import ROOT
from shared.consumer import drain
from shared.domain.follow_ups import JobKind
from shared.ledger import Item
from shared.metrics import serve
from shared.settings import settings
from tests.faults.stack import wait
from tests.integration.api import Api


def read(api: Api) -> dict[str, float]:
    """Return every sample of a scrape by its name and labels."""
    page = api.staff().get("/metrics").get_data(as_text=True)
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", page, re.MULTILINE)}


def test_requests_are_timed_by_endpoint_and_class_of_status_never_by_path(api: Api) -> None:
    number = api.file()["number"]
    api.public().get(f"/api/v1/tickets/{number}")
    api.public().get(f"/nowhere/{number}")
    found = read(api)
    for endpoint, status in (("public_api.register", "2xx"), ("none", "4xx")):
        labels = f'endpoint="{endpoint}",status="{status}",surface="public"'
        assert found[f"hotline_request_seconds_count{{{labels}}}"] >= 1
    assert not [name for name in found if number in name]


def test_work_is_counted_by_kind_and_outcome_and_its_lateness_is_real_seconds(api: Api) -> None:
    before = read(api)
    api.file()
    api.stage.set_clock(api.stage.rows("SELECT business_now() AS now")[0]["now"], speed=1000)
    api.stage.as_owner("UPDATE job SET due_at = due_at - interval '1 hour' WHERE kind = 'route'")

    def refused(claimed: list[jobs.Claimed]) -> None:
        api.stage.ledger.execute_many([Item(job, ValueError()) for job in claimed])

    drain(api.stage.engine, JobKind.ROUTE, refused, 5)
    drain(api.stage.engine, JobKind.WARN, refused, 5)
    after = read(api)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('hotline_claims_total{kind="route",result="taken"}') == 1
    assert more('hotline_claims_total{kind="warn",result="empty"}') == 1
    assert more('hotline_job_attempts_total{kind="route",outcome="failed"}') == 1
    assert more('hotline_tickets_registered_total{channel="web"}') == 1
    assert more("hotline_commit_seconds_count") > 0
    assert more("hotline_pool_wait_seconds_count") > 0
    # An hour of a clock a thousand times as fast is 3.6 s.
    assert more('hotline_job_lateness_seconds_bucket{kind="route",le="3.0"}') == 0
    assert more('hotline_job_lateness_seconds_bucket{kind="route",le="300.0"}') == 1


def test_every_surface_tells_its_requests_id_in_the_answer(api: Api) -> None:
    ids = set()
    for client in (api.public(), api.staff(), create_stream().test_client()):
        ids |= {client.get(path).headers["X-Request-Id"] for path in ("/health/live", "/nowhere")}
    assert create_stream().test_client().get("/nowhere").status_code == 404
    assert len(ids) == 6
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)


def test_without_redis_or_database_a_scrape_says_so_and_still_shows_the_counters(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(api)
    assert (found["hotline_database_up"], found["hotline_redis_up"]) == (1, 0)
    assert "hotline_bells_unacked" not in found
    stores.engine().dispose()
    url = settings().database_url.rsplit("/", 1)[0] + "/no_such_database"
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    stores.engine.cache_clear()
    found = read(api)
    assert found["hotline_database_up"] == 0
    assert "hotline_commit_seconds_count" in found
    assert "hotline_jobs_dead" not in found
    stores.engine.cache_clear()


def test_with_redis_there_bells_nobody_acknowledged_are_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch, valkey_url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    settings.cache_clear()
    found = read(api)
    assert (found["hotline_redis_up"], found["hotline_bells_unacked"]) == (1, 0)


def test_a_kind_of_which_nothing_is_due_is_not_late(api: Api) -> None:
    found = read(api)
    for kind in JobKind:
        assert found[f'hotline_oldest_due_job_seconds{{kind="{kind}"}}'] == 0
    api.file()
    api.stage.as_owner("UPDATE job SET due_at = due_at - interval '9 seconds' WHERE kind = 'route'")
    found = read(api)
    assert found['hotline_jobs_due{kind="route"}'] == 1
    assert found['hotline_oldest_due_job_seconds{kind="route"}'] >= 9


def test_webhooks_are_counted_by_how_they_do(api: Api) -> None:
    api.stage.as_owner(
        "INSERT INTO webhook (city, url, kinds, secrets, state, why, failing_since, made_at)"
        " SELECT 'chengdu', 'https://a.example', '{}', '', state, why, failing_since, business_now() FROM (VALUES"
        " ('active', NULL, NULL), ('active', NULL, business_now()), ('disabled', 'gone', NULL))"
        " AS w (state, why, failing_since)"
    )
    found = read(api)
    assert [found[f'hotline_webhooks{{state="{state}"}}'] for state in ("active", "failing", "disabled")] == [1, 1, 1]


def test_of_two_processes_at_one_port_the_second_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = socket.create_server(("0.0.0.0", 0))  # noqa: S104 a container's port
    port = first.getsockname()[1]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        first.close()
        time.sleep(0.05)

    monkeypatch.setattr("shared.metrics.time", SimpleNamespace(sleep=sleep))
    serve(port)
    serve(None)

    def answers() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as page:
                return b"hotline_commit_seconds" in page.read()
        except OSError:
            return False

    wait(answers, "the second process to have the port", 20)
    assert waits, "the first had it before"


def test_alerts_and_dashboard_ask_only_for_metrics_that_are_there(api: Api) -> None:
    page = api.staff().get("/metrics").get_data(as_text=True)
    shown = {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE):
        shown |= dict.fromkeys(
            [f"{name}_{end}" for end in ("bucket", "count", "sum")] if kind == "histogram" else [name]
        )
    # What Redis alone knows is not shown without it.
    known = set(shown) | {"hotline_bells_unacked"}
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())
    alerts = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((ROOT / "deploy/grafana/yihaotong.json").read_text())
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    for asked in (alerts, panels):
        names = {name for expression in asked for name in re.findall(r"\bhotline_\w+", expression)}
        assert len(names) > 10
        assert names <= known
    unwatched = {name for name in known if not re.search(r"_(bucket|sum|count|created)$", name)}
    assert {name for name in unwatched if name.startswith("hotline_")} <= set(re.findall(r"hotline_\w+", str(panels)))
