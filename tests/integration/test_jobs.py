"""The job table: claims never overlap, leases end, nothing is armed twice (FAULTS 4.6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shared import jobs
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.jobs import LEASE_SECONDS, MAX_ATTEMPTS, Claimed
from shared.ledger.write import as_json
from shared.trips import together
from tests.integration.stage import MONDAY, OPERATOR, UNIT, Stage

CLAIMERS = 4
HUNDREDS = 5


def fill(stage: Stage, count: int, kind: JobKind = JobKind.TIDY) -> None:
    """Add due jobs without a ticket, each a second younger than the one before."""
    stage.as_owner(
        "INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)"
        " SELECT NULL, 0, :kind, n::text, 'todo', business_now() - (:count - n) * interval '1 second', 0, 0"
        " FROM generate_series(0, :count - 1) AS n",
        kind=str(kind),
        count=count,
    )


def claim(stage: Stage, batch: int = jobs.BATCH) -> list[Claimed]:
    return jobs.claim(stage.engine, JobKind.TIDY, batch)


def close(stage: Stage, *closings: jobs.Closing) -> None:
    with stage.engine.begin() as connection:
        held = jobs.hold(connection, [one.job for one in closings])
        jobs.close(connection, [one for one in closings if one.job.id in held], as_json)


def test_claims_of_many_at_once_never_overlap_and_miss_nothing(stage: Stage) -> None:
    fill(stage, 100 * HUNDREDS)

    def claim_until_empty(_: int) -> list[int]:
        found: list[int] = []
        while claimed := claim(stage, 20):
            found += [job.id for job in claimed]
        return found

    with ThreadPoolExecutor(CLAIMERS) as pool:
        each = list(pool.map(claim_until_empty, range(CLAIMERS)))
    together = sorted(job_id for found in each for job_id in found)
    assert together == [row["id"] for row in stage.rows("SELECT id FROM job ORDER BY id")]


def test_a_claimer_does_not_wait_for_rows_that_another_has_locked(stage: Stage) -> None:
    fill(stage, 3)
    with stage.engine.begin() as other:
        other.execute(sa.text("SELECT id FROM job ORDER BY id LIMIT 1 FOR UPDATE"))
        assert [job.part for job in claim(stage)] == ["1", "2"]
    assert [job.part for job in claim(stage)] == ["0"]


def test_the_oldest_come_first_and_a_batch_has_its_size(stage: Stage) -> None:
    fill(stage, 150)
    assert [job.part for job in claim(stage)] == [str(n) for n in range(100)]
    assert [job.part for job in claim(stage, 2)] == ["100", "101"]


def test_what_is_not_due_yet_is_not_claimed_and_business_time_decides(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        jobs.arm_untied(connection, JobKind.TIDY, "tomorrow", MONDAY + timedelta(days=1))
    assert claim(stage) == []
    stage.set_clock(MONDAY + timedelta(days=1))
    assert [job.part for job in claim(stage)] == ["tomorrow"]


def test_a_leased_job_is_claimed_again_only_when_its_lease_is_over(stage: Stage) -> None:
    fill(stage, 1)
    first = claim(stage)[0]
    assert claim(stage) == []
    stage.end_leases()
    second = claim(stage)[0]
    assert (second.attempts, second.leased_until > first.leased_until) == (first.attempts + 1, True)


def test_a_lease_from_before_the_databases_clock_was_set_back_holds_nobody(stage: Stage) -> None:
    fill(stage, 1)
    claim(stage)
    stage.as_owner("UPDATE job SET leased_until = leased_until + interval '10 minutes'")
    assert len(claim(stage)) == 1


def test_a_lease_is_as_long_as_its_kind_says_in_real_time_whatever_the_business_clock(stage: Stage) -> None:
    stage.set_clock(MONDAY, speed=10_000)
    fill(stage, 1)
    claim(stage)
    lease = stage.rows("SELECT extract(epoch FROM leased_until - attempted_at)::float8 AS seconds FROM job")[0][
        "seconds"
    ]
    assert lease == pytest.approx(LEASE_SECONDS[JobKind.TIDY], abs=1)


def test_every_kind_has_a_lease_longer_than_the_time_limit_of_its_consumer() -> None:
    assert set(LEASE_SECONDS) == set(JobKind)
    assert min(LEASE_SECONDS.values()) > 30


def test_after_the_last_attempt_only_the_watch_takes_a_job_and_only_when_its_lease_is_over(stage: Stage) -> None:
    fill(stage, 1)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert claim(stage)[0].attempts == attempt
        assert jobs.claim_vanished(stage.engine, [JobKind.TIDY]) == []
        stage.end_leases()
    assert claim(stage) == []
    vanished = jobs.claim_vanished(stage.engine, [JobKind.TIDY])
    assert [job.attempts for job in vanished] == [MAX_ATTEMPTS]
    assert jobs.claim_vanished(stage.engine, [JobKind.TIDY]) == []
    jobs.bury_untied(stage.engine, vanished, as_json)
    assert stage.rows("SELECT state, error FROM job") == [{"state": "dead", "error": "vanished"}]


def test_a_job_is_closed_once_and_by_its_holder_only(stage: Stage) -> None:
    fill(stage, 1)
    slow = claim(stage)[0]
    stage.end_leases()
    quick = claim(stage)[0]
    close(stage, jobs.Closing(slow, "dead", "failed"))
    assert stage.rows("SELECT state FROM job") == [{"state": "todo"}]
    close(stage, jobs.Closing(quick, "done", "done"))
    close(stage, jobs.Closing(quick, "dead", "failed"))
    assert stage.rows("SELECT state, outcome FROM job") == [{"state": "done", "outcome": "done"}]


def test_a_refund_gives_the_attempt_back_and_a_new_due_time_moves_the_job(stage: Stage) -> None:
    fill(stage, 1)
    close(stage, jobs.Closing(claim(stage)[0], "todo", "busy", refund=1, due_at=MONDAY + timedelta(hours=1)))
    row = stage.rows("SELECT state, attempts, leased_until, due_at, ended_at FROM job")[0]
    assert row == {
        "state": "todo", "attempts": 0, "leased_until": None, "due_at": MONDAY + timedelta(hours=1), "ended_at": None,
    }  # fmt: skip


def test_an_occasion_is_armed_once_however_often_it_is_asked_for(stage: Stage) -> None:
    for _ in range(3):
        with stage.engine.begin() as connection:
            jobs.arm_untied(connection, JobKind.TIDY, "2026-09-08", MONDAY)
    assert len(stage.jobs(None, JobKind.TIDY)) == 1


def test_an_event_arms_its_job_once_because_the_job_is_named_by_its_cause(stage: Stage) -> None:
    ticket_id = stage.register()
    armed = [{"ticket_id": ticket_id, "cause_seq": 1, "kind": "route", "part": "", "due_at": MONDAY}]
    with stage.engine.begin() as connection:
        given = "WITH given AS (SELECT %(rows)s::jsonb AS rows) "
        connection.exec_driver_sql(given + jobs.ARM_SQL, {"rows": as_json({"jobs": armed})})
    assert len(stage.jobs(ticket_id, JobKind.ROUTE)) == 1


def test_disarming_spares_what_the_caller_closes_itself(stage: Stage) -> None:
    ticket_id = stage.register()
    job = jobs.claim(stage.engine, JobKind.ROUTE)[0]
    with stage.engine.begin() as connection:
        together(connection, *jobs.disarming([(ticket_id, JobKind.ROUTE, None)], but=[job.id]))
    assert stage.jobs(ticket_id, JobKind.ROUTE)[0]["state"] == "todo"
    with stage.engine.begin() as connection:
        together(connection, *jobs.disarming([(ticket_id, JobKind.ROUTE, None), (ticket_id, JobKind.WARN, "reply")]))
    assert stage.jobs(ticket_id, JobKind.ROUTE)[0]["state"] == "cancelled"


def test_the_watch_learns_how_late_the_oldest_job_of_each_kind_is_in_real_seconds(stage: Stage) -> None:
    stage.set_clock(MONDAY, speed=60)
    with stage.engine.begin() as connection:
        jobs.arm_untied(connection, JobKind.TIDY, "an hour ago", MONDAY - timedelta(hours=1))
        lags = jobs.waiting(connection, [JobKind.TIDY, JobKind.ROUTE])
    assert set(lags) == {JobKind.TIDY}
    assert lags[JobKind.TIDY] >= 60
    claim(stage)
    with stage.engine.connect() as connection:
        assert jobs.waiting(connection, JobKind) == {}


def test_transactions_that_disarm_the_same_tickets_crosswise_do_not_deadlock(stage: Stage) -> None:
    tickets = [stage.register() for _ in range(8)]

    def move(order: int) -> None:
        for ticket_id in tickets[::order]:
            stage.act(c.Supplement, ticket_id, OPERATOR, text="再说一遍")
            with stage.engine.begin() as connection:
                together(
                    connection, *jobs.disarming([(one, kind, None) for one in tickets[::order] for kind in JobKind])
                )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(move, (1, -1)))
    stage.act(c.Dispatch, tickets[0], OPERATOR, unit=UNIT)
