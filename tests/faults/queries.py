"""Invariants that the database alone can answer (FAULTS 5.3): each query returns the ids that break one."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.jobs import ARM_SQL

WITH_THE_ROUTER = "SELECT count(*) FROM ticket WHERE holder_kind = 'router'"
# While time goes on something comes due at every moment: what counts has waited, in real time.
_WAITING = (
    "SELECT id FROM job WHERE state = 'todo' AND due_at <= business_now() AND real_lag(due_at) > interval '3 seconds'"
)
LONG_DUE = f"SELECT count(*) FROM ({_WAITING}) AS waiting"  # noqa: S608 words of our own
DUE_AND_UNDONE = "SELECT count(*) FROM job WHERE state = 'todo' AND due_at <= business_now()"
# Nobody but the router acts in these runs, so a ticket leaves it exactly once.
_LEFT_THE_ROUTER = (
    "SELECT t.id FROM ticket t LEFT JOIN ticket_event e ON e.ticket_id = t.id AND e.kind IN"
    " ('dispatched', 'sent_to_triage', 'sent_to_seat', 'answered_directly', 'not_accepted', 'job_buried')"
    " GROUP BY t.id HAVING count(e.seq) "
)
_ROUTE_JOBS = (
    "SELECT t.id FROM ticket t LEFT JOIN job j ON j.ticket_id = t.id AND j.kind = 'route'"
    " GROUP BY t.id HAVING count(j.id) "
)

BROKEN = {
    "I2 one ticket per key": (
        "SELECT t.id FROM ticket t LEFT JOIN idempotency i ON i.ticket_id = t.id GROUP BY t.id HAVING count(i.key) <> 1"
    ),
    "I2 one key per ticket": (
        "SELECT i.key FROM idempotency i LEFT JOIN ticket t ON t.id = i.ticket_id WHERE t.id IS NULL"
    ),
    "I4 no ticket is left with the router": "SELECT id FROM ticket WHERE holder_kind = 'router'",
    "I5 seq is 1..n without a gap": (
        "SELECT t.id FROM ticket t JOIN ticket_event e ON e.ticket_id = t.id GROUP BY t.id, t.seq"
        " HAVING min(e.seq) <> 1 OR max(e.seq) <> t.seq OR count(*) <> t.seq"
    ),
    "I6 each ticket left the router": _LEFT_THE_ROUTER + "= 0",
    "I6 no ticket left the router twice": _LEFT_THE_ROUTER + "> 1",
    "I6 each registration has its route job, done": _ROUTE_JOBS + "= 0 OR bool_or(j.state <> 'done')",
    "I6 one route job per registration": _ROUTE_JOBS + "> 1",
    "I6 of each clock one instant is armed at most": (
        "SELECT ticket_id FROM job WHERE state = 'todo' AND kind IN ('warn', 'overdue', 'red')"
        " GROUP BY ticket_id, part HAVING count(*) > 1"
    ),
    # Who acts after an instant but before it fired notes it along with the act: more events than jobs, never fewer.
    "I6 each instant that fired is in the log": (
        "SELECT j.ticket_id FROM (SELECT ticket_id, count(*) AS n FROM job WHERE kind IN ('warn', 'overdue', 'red')"
        " AND outcome = 'done' GROUP BY ticket_id) AS j WHERE n > (SELECT count(*) FROM ticket_event e"
        " WHERE e.ticket_id = j.ticket_id AND kind IN"
        " ('warned', 'overdue', 'red_carded', 'stage_warned', 'stage_overdue'))"
    ),
    "I6 each instant is in the log once": (
        "SELECT ticket_id FROM ticket_event WHERE kind IN"
        " ('warned', 'overdue', 'red_carded', 'stage_warned', 'stage_overdue')"
        " GROUP BY ticket_id, kind, body::jsonb #>> '{facts,stage}' HAVING count(*) > 1"
    ),
    "I6 no instant fired early": (
        "SELECT id FROM job WHERE kind IN ('warn', 'overdue', 'red') AND state = 'done'"
        " AND ended_at < clock_timestamp() - real_lag(due_at) - interval '5 milliseconds'"
    ),
    "I7 nothing is due and undone": _WAITING,
    "I7 no job was given up": "SELECT id FROM job WHERE state = 'dead'",
    "I8 one notice per ticket, event, channel and recipient": (
        "SELECT ticket_id FROM notice GROUP BY ticket_id, seq, part HAVING count(*) > 1"
    ),
}
# Those of them that say that something happened twice.
DOUBLING = frozenset(
    {
        "I2 one ticket per key",
        "I6 no ticket left the router twice",
        "I6 one route job per registration",
        "I6 of each clock one instant is armed at most",
        "I6 each instant is in the log once",
        "I8 one notice per ticket, event, channel and recipient",
    }
)
assert BROKEN.keys() >= DOUBLING

# How late, in real seconds, each instant was that was done since `%s`, an instant of the database's wall clock. An
# instant that lay in the past when it was armed is late from then on.
LATENESS = (
    "SELECT extract(epoch FROM j.ended_at - greatest(clock_timestamp() - real_lag(j.due_at),"
    " clock_timestamp() - real_lag(e.at)))::float8 AS late FROM job j"
    " JOIN ticket_event e ON e.ticket_id = j.ticket_id AND e.seq = j.cause_seq"
    " WHERE j.kind IN ('warn', 'overdue', 'red') AND j.state = 'done' AND j.ended_at > %s ORDER BY late"
)
# The same for leaving the router.
ROUTING = (
    "SELECT extract(epoch FROM j.ended_at - (clock_timestamp() - real_lag(t.registered_at)))::float8 AS took"
    " FROM job j JOIN ticket t ON t.id = j.ticket_id WHERE j.kind = 'route' AND j.ended_at > %s ORDER BY took"
)

# Arms once more, by the product's own words and for now, what was ever armed, as events that came twice would.
ARM_AGAIN = """WITH given AS (SELECT jsonb_build_object('jobs', jsonb_agg(j)) AS rows FROM
 (SELECT ticket_id, cause_seq, kind, part, business_now() AS due_at FROM job
 WHERE ticket_id IS NOT NULL AND kind <> 'hook') AS j), armed AS (ARM_SQL) SELECT count(*) FROM given""".replace(
    "ARM_SQL", ARM_SQL
)


def broken_rows(ask: Callable[[str], Sequence[tuple[Any, ...]]]) -> dict[str, list[object]]:
    """Return each invariant that does not hold in the database with the ids that break it."""
    answers = {name: [row[0] for row in ask(query)] for name, query in BROKEN.items()}
    return {name: ids for name, ids in answers.items() if ids}
