"""Health and metrics, and what is answered while PostgreSQL cannot serve (FAULTS 4.9, P8)."""

import re

import pytest
import redis

from intake import stores
from intake.health import ALARM_SECONDS
from shared import jobs
from shared.domain.follow_ups import JobKind
from shared.ledger.write import lock_one
from shared.settings import settings
from tests.integration.api import BODY, Api
from tests.integration.stage import UNIT


def test_a_living_process_says_so_without_asking_anybody(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    point_nowhere(monkeypatch)
    assert api.public().get("/health/live").json == {"status": "alive"}


def test_ready_tells_how_old_the_oldest_due_job_is_and_whether_the_bell_works(api: Api) -> None:
    api.file()
    api.stage.as_owner("UPDATE job SET due_at = due_at - interval '10 seconds'")
    said = api.public().get("/health/ready")
    assert (said.status_code, said.json["redis"]) == (200, False)
    assert 10 <= said.json["oldest_due_job_seconds"] < ALARM_SECONDS
    assert said.json["status"] == "degraded"


def test_with_redis_there_only_late_work_degrades(api: Api, monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    settings.cache_clear()
    api.file()
    assert api.staff().get("/health/ready").json["status"] == "ready"
    api.stage.as_owner("UPDATE job SET due_at = due_at - make_interval(secs => :late)", late=ALARM_SECONDS + 1)
    assert api.staff().get("/health/ready").json["status"] == "degraded"


def test_a_redis_that_answers_but_takes_nothing_in_is_no_bell(
    api: Api, monkeypatch: pytest.MonkeyPatch, valkey_url: str
) -> None:
    with redis.Redis.from_url(valkey_url) as valkey:
        valkey.acl_setuser("reader", enabled=True, passwords=["+read"], keys=["*"], commands=["+@read", "+ping"])
        monkeypatch.setenv("REDIS_URL", re.sub(r"//.*@", "//reader:read@", valkey_url))
        settings.cache_clear()
        said = api.staff().get("/health/ready").json
        valkey.acl_deluser("reader")
    assert (said["status"], said["redis"]) == ("degraded", False)


def test_the_age_of_work_is_told_in_real_seconds_however_fast_the_clock_runs(api: Api) -> None:
    api.file()
    now = api.stage.rows("SELECT business_now() AS now")[0]["now"]
    api.stage.set_clock(now, speed=1000)
    assert api.public().get("/health/ready").json["oldest_due_job_seconds"] < 30


def test_metrics_count_tickets_by_holder_due_and_dead_jobs_and_bells(api: Api) -> None:
    number = api.file_at_console()["number"]
    api.file()
    api.done("lin", number, "dispatch", unit=UNIT)
    jobs.claim(api.stage.engine, JobKind.ROUTE)
    api.stage.as_owner("UPDATE job SET state = 'dead' WHERE kind = 'route' AND state = 'todo'")
    page = api.staff().get("/metrics")
    assert page.mimetype == "text/plain"
    lines = page.get_data(as_text=True).splitlines()
    for line in (
        'hotline_tickets_held{holder="unit"} 1.0', 'hotline_tickets_held{holder="router"} 1.0', "hotline_jobs_dead 1.0",
        'hotline_tickets_overdue{holder="unit"} 0.0',
    ):  # fmt: skip
        assert line in lines
    assert any(line.startswith("# TYPE hotline_bells_total counter") for line in lines)


def test_metrics_are_for_the_building_only(api: Api) -> None:
    assert api.public().get("/metrics").status_code == 404


def test_while_postgresql_is_gone_every_answer_is_a_503_that_says_when_to_come_back(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = api.file()
    point_nowhere(monkeypatch)
    for answer in (
        api.public().post("/api/v1/tickets", json={"body": BODY}, headers=api.key()),
        api.follow(accepted),
        api.public().get("/health/ready"),
        api.site.staff.test_client().post("/api/v1/session", json={"login": "lin", "password": "x" * 10}),
    ):
        assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "try_again", "2")
        assert "还没有保存" in answer.json["detail"]


def test_a_ticket_that_somebody_holds_too_long_is_a_503_and_nothing_is_written(api: Api) -> None:
    number = api.file_at_console()["number"]
    client = api.staff("lin")
    with api.stage.engine.begin() as somebody:
        lock_one(somebody, 1)
        answer = client.post(f"/api/v1/tickets/{number}/dispatch", json={"unit": UNIT})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert api.stage.events(1) == ["registered"]


def point_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let intake look for PostgreSQL where there is none."""
    stores.engine().dispose()
    monkeypatch.setenv("DATABASE_URL", "postgresql://hotline_app:x@127.0.0.1:9/none")
    for one in (settings, stores.engine, stores.ledger):
        one.cache_clear()
