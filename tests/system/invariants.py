"""What must hold after a fault is healed, asked of the database and of what clients were told (FAULTS 5.3)."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.domain.numbers import ticket_id_of
from tests.system.load import Told
from tests.system.running import Instance

WITH_THE_ROUTER = "SELECT count(*) FROM ticket WHERE holder_kind = 'router'"
DUE_AND_UNDONE = "SELECT count(*) FROM job WHERE state = 'todo' AND due_at <= business_now()"

_BROKEN = {
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
    # Nobody but the router acts in these runs, so a ticket leaves it exactly once.
    "I6 each ticket left the router once": (
        "SELECT t.id FROM ticket t LEFT JOIN ticket_event e ON e.ticket_id = t.id AND e.kind IN"
        " ('dispatched', 'sent_to_triage', 'sent_to_seat', 'answered_directly', 'not_accepted', 'job_buried')"
        " GROUP BY t.id HAVING count(e.seq) <> 1"
    ),
    "I6 one route job per registration, done": (
        "SELECT t.id FROM ticket t LEFT JOIN job j ON j.ticket_id = t.id AND j.kind = 'route'"
        " GROUP BY t.id HAVING count(j.id) <> 1 OR bool_or(j.state <> 'done')"
    ),
    "I6 of each clock one instant is armed at most": (
        "SELECT ticket_id FROM job WHERE state = 'todo' AND kind IN ('warn', 'overdue', 'red')"
        " GROUP BY ticket_id, part HAVING count(*) > 1"
    ),
    "I7 nothing is due and undone": "SELECT id FROM job WHERE state = 'todo' AND due_at <= business_now()",
    "I7 no job was given up": "SELECT id FROM job WHERE state = 'dead'",
}


def broken_rows(ask: Callable[[str], Sequence[tuple[Any, ...]]]) -> dict[str, list[object]]:
    """Return each invariant that does not hold in the database with the ids that break it."""
    answers = {name: [row[0] for row in ask(query)] for name, query in _BROKEN.items()}
    return {name: ids[:20] for name, ids in answers.items() if ids}


def broken(instance: Instance, told: Told) -> dict[str, list[object]]:
    """Return each invariant that does not hold with what breaks it; empty when all is well."""
    found = broken_rows(instance.rows)
    if told.differing:
        found["I1 a key always gets the same number"] = list(told.differing)
    if told.unknown:
        found["every client knows in the end"] = list(told.unknown)
    if told.refused:
        found["I10 no valid request is refused"] = list(told.refused.items())[:20]
    if lost := _lost(instance, told):
        found["I1 every 201 has its ticket"] = lost[:20]
    return found


def _lost(instance: Instance, told: Told) -> list[object]:
    query = "SELECT i.key, t.id FROM idempotency i JOIN ticket t ON t.id = i.ticket_id"
    kept: dict[str, int] = dict(instance.rows(query))  # type: ignore[arg-type]
    return [
        (key, number, kept.get(key))
        for key, number in told.numbers.items()
        if kept.get(key) is None or kept[key] != ticket_id_of(number)
    ]


def check(instance: Instance, told: Told) -> None:
    """Fail with whatever does not hold, the audit's findings included."""
    assert broken(instance, told) == {}
    assert instance.audit() == ""
