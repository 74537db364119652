"""A container is healthy while its service's work does not wait."""

import os
import subprocess
import sys

import psycopg
import pytest

from shared.command.paths import ROOT
from tests.conftest import Database


@pytest.mark.parametrize(("late_seconds", "code"), [(10, 0), (100, 1)])
def test_a_service_whose_work_waits_for_more_than_75_seconds_is_unhealthy(
    database: Database, late_seconds: int, code: int
) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            "INSERT INTO job (cause_seq, kind, part, state, due_at, attempts, stales)"
            " VALUES (0, 'tidy', 'today', 'todo', clock_timestamp() - make_interval(secs => %s), 0, 0)",
            (late_seconds,),
        )
    environment = os.environ | {
        "DATABASE_URL": database.app_url,
        "REDIS_URL": "redis://:none@127.0.0.1:1/0",
        "HOTLINE_SECRET": "x" * 40,
        "PYTHONPATH": str(ROOT),
    }
    for service, expected in (("worker", code), ("router", 0)):
        done = subprocess.run([sys.executable, "-m", "shared.command.late", service], env=environment, check=False)
        assert done.returncode == expected
