"""The job table 作业: claim, close, bury. The only writer of `job`; arming is part of the ledger's statement below."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection, Engine

from shared.database import at_once
from shared.domain.follow_ups import OUTBOUND, JobKind
from shared.metrics import CLAIMS
from shared.trips import Row, Statement, together

BATCH = 100
MAX_ATTEMPTS = 5
MAX_STALES = 5
LATE_SECONDS = 3.0
HELD = "held"  # the outcome of a job that a restore keeps from leaving the house

# A few seconds more than the kind's hard time limit, so that what a killed consumer held is soon back (FAULTS P3).
LEASE_SECONDS = {
    JobKind.ROUTE: 40, JobKind.WARN: 40, JobKind.OVERDUE: 40, JobKind.RED: 40,
    JobKind.NOTIFY: 60, JobKind.TEXT: 60, JobKind.HOOK: 60, JobKind.RECOUNT: 60, JobKind.TIDY: 60, JobKind.SCAN: 60,
}  # fmt: skip

# For the ledger's statement, whose `given.rows` holds "jobs", a list of {ticket_id, cause_seq, kind, part, due_at}.
ARM_SQL = """INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)
 SELECT ticket_id, cause_seq, kind, part, 'todo', due_at, 0, 0
 FROM given, jsonb_to_recordset(given.rows -> 'jobs')
      AS j(ticket_id bigint, cause_seq int, kind text, part text, due_at timestamptz)
 ON CONFLICT ON CONSTRAINT job_cause DO NOTHING"""

# The same for each webhook that listens; "published" is a list of {ticket_id, seq, kind, at, city}.
PUBLISH_SQL = """INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)
 SELECT p.ticket_id, p.seq, 'hook', 'webhook:' || w.id, 'todo', p.at, 0, 0
 FROM given, jsonb_to_recordset(given.rows -> 'published')
      AS p(ticket_id bigint, seq int, kind text, at timestamptz, city text)
      JOIN webhook w ON w.state = 'active' AND w.city = p.city AND p.kind = ANY (w.kinds)
 ON CONFLICT ON CONSTRAINT job_cause DO NOTHING"""

# Orders its rows, because two transactions may disarm the same ticket's jobs (FAULTS M23).
_DISARM_SQL = """UPDATE job SET state = 'cancelled', ended_at = clock_timestamp() WHERE id IN (
 SELECT job.id FROM job JOIN unnest(%(tickets)s::bigint[], %(kinds)s::text[], %(parts)s::text[])
     AS d(ticket_id, kind, part)
     ON job.ticket_id = d.ticket_id AND job.kind = d.kind AND job.part = coalesce(d.part, job.part)
 WHERE job.state = 'todo' AND job.id <> ALL(%(but)s::bigint[]) ORDER BY job.id FOR UPDATE OF job)"""

# A lease that ends later than any can was written before the database's clock was set back: it holds nobody.
# What has been tried before is taken alone: a death counts for nothing that had not begun.
_CLAIM_SQL = """WITH free AS (SELECT id, due_at, attempts FROM job WHERE state = 'todo' AND kind = %(kind)s
     AND attempts < %(most)s AND due_at <= business_now() AND id <> ALL(%(but)s::bigint[])
     AND (leased_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '2 minutes') IS NOT TRUE
     ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
 UPDATE job SET attempts = attempts + 1, attempted_at = clock_timestamp(),
 leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE id IN (SELECT id FROM free ORDER BY attempts = 0, due_at, id
     LIMIT CASE WHEN EXISTS (SELECT FROM free WHERE attempts > 0) THEN 1 END)
 RETURNING id, ticket_id, cause_seq, kind, part, due_at, attempts, leased_until, stales, error,
     extract(epoch FROM real_lag(due_at))::float8 AS late_seconds"""

# A job that is no longer as claimed (its lease ended and another has it) is not ours to close.
_HOLD_SQL = """SELECT job.id FROM job JOIN unnest(%(ids)s::bigint[], %(attempts)s::int[], %(leases)s::timestamptz[])
     AS c(id, attempts, leased_until) ON job.id = c.id
 WHERE job.state = 'todo' AND job.attempts = c.attempts AND job.leased_until = c.leased_until
 ORDER BY job.id FOR UPDATE OF job"""

_CLOSE_SQL = """UPDATE job SET state = c.state, outcome = c.outcome, error = c.error, stales = c.stales,
 attempts = job.attempts - c.refund, due_at = coalesce(c.due_at, job.due_at),
 leased_until = CASE WHEN c.keep_lease THEN job.leased_until END,
 ended_at = CASE WHEN c.state <> 'todo' THEN clock_timestamp() END
 FROM jsonb_to_recordset(%(rows)s::jsonb) AS c(id bigint, state text, outcome text, error text, stales int, refund int,
     due_at timestamptz, keep_lease boolean)
 WHERE job.id = c.id"""

# In these words the index of one webhook's jobs is found.
_CLAIM_HOOK_SQL = _CLAIM_SQL.replace("kind = %(kind)s", "kind = 'hook' AND part = %(part)s")

# The earlier of a ticket's jobs for one recipient that is still to do: whoever listens hears a ticket in order.
_EARLIER_SQL = """SELECT greatest(due_at, business_now() + interval '1 second'
     * coalesce((SELECT speed FROM business_clock), 1)) FROM job
 WHERE ticket_id = %(ticket)s AND kind = %(kind)s AND part = %(part)s AND cause_seq < %(seq)s AND state = 'todo'
 ORDER BY cause_seq DESC LIMIT 1"""

_AGAIN_SQL = """INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)
 SELECT a.ticket_id, a.cause_seq, %(kind)s, %(part)s, 'todo', business_now(), 0, 0
 FROM unnest(%(tickets)s::bigint[], %(seqs)s::int[]) AS a(ticket_id, cause_seq)
 ON CONFLICT ON CONSTRAINT job_cause DO UPDATE SET state = 'todo', due_at = business_now(), attempts = 0, stales = 0,
     leased_until = NULL, ended_at = NULL, outcome = NULL, error = NULL"""

_VANISHED_SQL = """UPDATE job SET leased_until = clock_timestamp() + interval '10 seconds'
 WHERE id IN (SELECT id FROM job WHERE state = 'todo' AND kind = ANY(%(kinds)s) AND attempts >= %(most)s
     AND due_at <= business_now()
     AND (leased_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '2 minutes') IS NOT TRUE
     ORDER BY due_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
 RETURNING id, ticket_id, cause_seq, kind, part, due_at, attempts, leased_until, stales, error"""

# A new lease is a new token: whoever else has claimed one of them finds it gone.
_TAKE_ALONG_SQL = """UPDATE job SET attempts = greatest(attempts, 1), attempted_at = clock_timestamp(),
 leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE id IN (SELECT id FROM job WHERE state = 'todo' AND id = ANY(%(ids)s::bigint[]) ORDER BY id FOR UPDATE)
 RETURNING id, ticket_id, cause_seq, kind, part, due_at, attempts, leased_until, stales, error"""

# What a restore holds is due later and later; once released it is due now.
_HURRY_SQL = "UPDATE job SET due_at = business_now(), outcome = NULL WHERE state = 'todo' AND outcome = %s"
_DROP_SQL = """UPDATE job SET state = 'done', outcome = 'dropped', leased_until = NULL, ended_at = clock_timestamp()
 WHERE state = 'todo' AND kind = ANY(%(kinds)s) AND id <= %(last)s RETURNING ticket_id, cause_seq, part"""

_ARM_UNTIED_SQL = """INSERT INTO job (ticket_id, cause_seq, kind, part, state, due_at, attempts, stales)
 VALUES (NULL, 0, %(kind)s, %(part)s, 'todo', %(due_at)s, 0, 0) ON CONFLICT ON CONSTRAINT job_cause DO NOTHING"""

# By windows of the primary key, because an index on ended_at would cost every job an entry to save one scan a day.
_TIDY_SQL = """WITH looked_at AS (SELECT id, state, ended_at FROM job WHERE id > %(after)s ORDER BY id LIMIT %(batch)s),
 gone AS (DELETE FROM job WHERE state <> 'todo' AND id IN (SELECT id FROM looked_at
     WHERE state IN ('done', 'cancelled') AND ended_at < clock_timestamp() - %(keep)s))
 SELECT max(id), count(*) FROM looked_at"""

_WAITING_SQL = """SELECT k.kind, (SELECT extract(epoch FROM real_lag(j.due_at)) FROM job j
     WHERE j.state = 'todo' AND j.kind = k.kind AND j.due_at <= business_now()
         AND (j.leased_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '2 minutes') IS NOT TRUE
     ORDER BY j.due_at, j.id LIMIT 1)::float8 AS lag
 FROM unnest(%(kinds)s::text[]) AS k(kind)"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job under lease. `(attempts, leased_until)` is the fencing token: without it nothing is closed."""

    id: int
    ticket_id: int | None
    cause_seq: int
    kind: JobKind
    part: str
    due_at: datetime
    attempts: int
    leased_until: datetime
    stales: int
    error: str | None = None  # what was written when it went back to the queue
    late_seconds: float = 0.0  # real ones, at the claim


@dataclass(frozen=True, slots=True)
class Closing:
    """How one claimed job leaves its lease: closed, or back to the queue (`state` todo)."""

    job: Claimed
    state: str
    outcome: str
    error: str | None = None
    refund: int = 0
    stales: int = 0
    due_at: datetime | None = None
    keep_lease: bool = False  # back only when the lease ends


def claim(
    engine: Engine, kind: JobKind, batch: int = BATCH, part: str | None = None, but: Collection[int] = ()
) -> list[Claimed]:
    """Lease up to `batch` due jobs of `kind`, oldest first, in its own transaction; any number may call at once.

    A job that has been tried before comes alone, before all others. `part`: of this webhook alone; `but`: not these.
    """
    wanted = {"kind": kind, "lease": LEASE_SECONDS[kind], "most": MAX_ATTEMPTS, "batch": batch}
    wanted |= {"part": part, "but": list(but)}
    with at_once(engine) as connection:
        (rows,) = together(connection, Statement(_CLAIM_SQL if part is None else _CLAIM_HOOK_SQL, wanted))
    CLAIMS.labels(kind, "taken" if rows else "empty").inc()
    return sorted((_claimed(row) for row in rows), key=lambda job: (job.due_at, job.id))


def claim_vanished(engine: Engine, kinds: Iterable[JobKind]) -> list[Claimed]:
    """Lease jobs whose last attempt neither ended nor failed before its lease did: whoever had them is gone."""
    wanted = {"kinds": [str(kind) for kind in kinds], "most": MAX_ATTEMPTS, "batch": BATCH}
    with at_once(engine) as connection:
        (rows,) = together(connection, Statement(_VANISHED_SQL, wanted))
    return [_claimed(row) for row in rows]


def hold(connection: Connection, claimed: Sequence[Claimed]) -> set[int]:
    """Lock the claimed jobs by id and return the ids that are still ours."""
    (rows,) = together(connection, holding(claimed))
    return {row["id"] for row in rows}


def holding(claimed: Sequence[Claimed]) -> Statement:
    """Return what locks the claimed jobs by id; it gives the ids that are still ours."""
    wanted = {
        "ids": [job.id for job in claimed],
        "attempts": [job.attempts for job in claimed],
        "leases": [job.leased_until for job in claimed],
    }
    return Statement(_HOLD_SQL, wanted)


def take_along(connection: Connection, kind: JobKind, ids: Sequence[int]) -> list[Claimed]:
    """Lease what is still to do of these jobs, though others may have leased it; due or not.

    Only for jobs of which nothing has begun without the lock that the caller has.
    """
    if not ids:
        return []
    (rows,) = together(connection, Statement(_TAKE_ALONG_SQL, {"ids": list(ids), "lease": LEASE_SECONDS[kind]}))
    return sorted((_claimed(row) for row in rows), key=lambda job: (job.due_at, job.id))


def close(connection: Connection, closings: Sequence[Closing], as_json: Any) -> None:
    """Write the outcomes of jobs that `hold` has locked. `as_json` turns a list of rows into a JSON parameter."""
    together(connection, *closing(closings, as_json))


def closing(closings: Sequence[Closing], as_json: Any) -> list[Statement]:
    """Return what writes the outcomes of jobs that are locked."""
    rows = [
        {
            "id": c.job.id,
            "state": c.state,
            "outcome": c.outcome,
            "error": c.error,
            "stales": c.stales,
            "refund": c.refund,
            "due_at": c.due_at,
            "keep_lease": c.keep_lease,
        }
        for c in closings
    ]
    return [Statement(_CLOSE_SQL, {"rows": as_json(rows)})] if rows else []


def disarming(named: Sequence[tuple[int, JobKind, str | None]], but: Iterable[int] = ()) -> list[Statement]:
    """Return what cancels the rest of each (ticket, kind, part; None: any); `but` are jobs that the caller closes."""
    if not named:
        return []
    tickets, kinds, parts = zip(*named, strict=True)
    wanted = {"tickets": list(tickets), "kinds": list(map(str, kinds)), "parts": list(parts), "but": list(but)}
    return [Statement(_DISARM_SQL, wanted)]


def arm_untied(connection: Connection, kind: JobKind, part: str, due_at: datetime) -> None:
    """Arm a job that belongs to no ticket; `part` names the occasion, and each occasion is armed once."""
    connection.exec_driver_sql(_ARM_UNTIED_SQL, {"kind": str(kind), "part": part, "due_at": due_at})


def hurry_held(connection: Connection) -> int:
    """Let what a restore held be due now; return how many jobs that are."""
    return connection.exec_driver_sql(_HURRY_SQL, (HELD,)).rowcount


def drop(connection: Connection, last_id: int) -> list[tuple[int | None, int, str]]:
    """End unsent what would leave the house and has an id up to `last_id`; return each job's ticket, cause and part."""
    wanted = {"kinds": [str(kind) for kind in OUTBOUND], "last": last_id}
    return [(row[0], row[1], row[2]) for row in connection.exec_driver_sql(_DROP_SQL, wanted)]


def earlier(connection: Connection, job: Claimed) -> datetime | None:
    """Return when to come back, if an earlier job of the same ticket for the same recipient is still to do."""
    wanted = {"ticket": job.ticket_id, "kind": job.kind, "part": job.part, "seq": job.cause_seq}
    found: datetime | None = connection.exec_driver_sql(_EARLIER_SQL, wanted).scalar_one_or_none()
    return found


def arm_again(connection: Connection, kind: JobKind, part: str, causes: Sequence[tuple[int | None, int]]) -> None:
    """Let jobs, named by (ticket, event), be done once more, whatever became of them."""
    tickets, seqs = [cause[0] for cause in causes], [cause[1] for cause in causes]
    wanted = {"kind": str(kind), "part": part, "tickets": tickets, "seqs": seqs}
    connection.exec_driver_sql(_AGAIN_SQL, wanted)


def tidy(connection: Connection, after: int, keep: timedelta, batch: int) -> int | None:
    """Of the next `batch` jobs with an id above `after`, delete those that ended longer ago than `keep`, in real time.

    Returns the last id looked at, None at the end of the table. Dead jobs stay: a person has to see them.
    """
    wanted = {"after": after, "keep": keep, "batch": batch}
    last, seen = connection.exec_driver_sql(_TIDY_SQL, wanted).one()
    return last if seen == batch else None


def bury_untied(engine: Engine, claimed: Sequence[Claimed], as_json: Any) -> None:
    """Give up claimed jobs that belong to no ticket and that nobody survived."""
    with engine.begin() as connection:
        held = hold(connection, claimed)
        close(connection, [Closing(job, "dead", "failed", "vanished") for job in claimed if job.id in held], as_json)


def waiting(connection: Connection, kinds: Iterable[JobKind]) -> dict[JobKind, float]:
    """Return for each kind with work due and unleased how many real seconds its oldest job is late."""
    rows = connection.exec_driver_sql(_WAITING_SQL, {"kinds": [str(kind) for kind in kinds]})
    return {JobKind(kind): lag for kind, lag in rows if lag is not None}


def _claimed(row: Row) -> Claimed:
    return Claimed(**row | {"kind": JobKind(row["kind"])})
