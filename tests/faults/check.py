"""What must hold after a fault is healed (FAULTS 5.3), each invariant a function that returns what breaks it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import redis

from shared.domain.events import PUBLIC
from shared.domain.numbers import ticket_id_of
from tests.faults.load import NAME, PHONE, Told, percentile
from tests.faults.queries import LATENESS, broken_rows
from tests.faults.stack import Stack

LONGEST_SECONDS = 10.0
LATE_P99_SECONDS, LATE_SECONDS = 15.0, 75.0
SAMPLE, SHOWN = 10, 20
LOST = "I1 every 201 has its ticket"
DOUBLED = "I1 a key always gets the same number"
PLANTED = "I14 nothing personal and no secret in a log or in Redis"
ALWAYS = frozenset({201})


@dataclass(frozen=True)
class Look:
    """What is known after a fault: the product, what clients were told, and what this fault allows."""

    stack: Stack
    told: Told
    answers: frozenset[int] = ALWAYS  # statuses that clients may have seen; 0: a connection that broke
    outage: float = 0.0  # seconds that nobody could work, so that instants may be later by as much
    since: object = None  # the database's wall clock at the beginning
    before: dict[str, tuple[int, int]] = field(default_factory=dict)  # processes and open files by program
    longest: float = LONGEST_SECONDS
    without: tuple[str, ...] = ()  # names of invariants that this fault breaks on purpose, with its reason beside


Invariant = Callable[[Look], list[object]]
INVARIANTS: dict[str, Invariant] = {}


def invariant(name: str) -> Callable[[Invariant], Invariant]:
    """Let a function be asked after every fault."""

    def keep(function: Invariant) -> Invariant:
        INVARIANTS[name] = function
        return function

    return keep


def broken(look: Look) -> dict[str, list[object]]:
    """Return each invariant that does not hold with the ids that break it; empty when all is well.

    Once it is known what Redis holds it is emptied: nothing of what follows may rest on it (I16).
    """
    found: dict[str, list[object]] = {PLANTED: nothing_planted(look)}
    with redis.Redis.from_url(look.stack.redis_url) as client:
        client.flushall()
    found |= broken_rows(look.stack.rows)
    found |= {name: ask(look) for name, ask in INVARIANTS.items()}
    return {name: ids for name, ids in found.items() if ids and name not in look.without}


def shown(found: dict[str, list[object]]) -> list[str]:
    """Return a line for each invariant that does not hold: how many ids break it, and the first of them."""
    return [f"{name}: {len(ids)}, {ids[:SHOWN]}" for name, ids in found.items()]


def check(stack: Stack, told: Told) -> None:
    """Fail with whatever does not hold."""
    found = broken(Look(stack, told))
    assert not found, shown(found)


@invariant(LOST)
def has_its_ticket(look: Look) -> list[object]:
    query = "SELECT i.key, t.id FROM idempotency i JOIN ticket t ON t.id = i.ticket_id"
    kept: dict[str, int] = dict(look.stack.rows(query))
    return [
        (key, number, kept.get(key))
        for key, number in look.told.numbers.items()
        if kept.get(key) is None or kept[key] != ticket_id_of(number)
    ]


@invariant(DOUBLED)
def same_number(look: Look) -> list[object]:
    return list(look.told.differing)


@invariant("I1 the same request again gets the same answer, another one with its key is refused")
def same_answer(look: Look) -> list[object]:
    wrong: list[object] = []
    with httpx.Client(base_url=look.stack.public_url, trust_env=False, timeout=20) as client:
        for key, number in list(look.told.numbers.items())[-SAMPLE:]:
            asked, headers = look.told.requests[key], {"Idempotency-Key": key}
            again = client.post("/api/v1/tickets", json=asked, headers=headers)
            if (again.status_code, again.json().get("number")) != (201, number):
                wrong.append((key, again.status_code, again.text[:100]))
            other = client.post("/api/v1/tickets", json=asked | {"body": "别的事"}, headers=headers)
            if other.status_code != 422:
                wrong.append((key, other.status_code, "another request was not refused"))
    return wrong


@invariant("every client knows in the end")
def all_known(look: Look) -> list[object]:
    told = look.told  # a client that died of an error of its own has told nobody
    return sorted(told.requests.keys() - told.numbers.keys() - told.refused.keys() | set(told.unknown))


@invariant("I3 no refused request left a ticket")
def nothing_of_the_refused(look: Look) -> list[object]:
    kept = {key for (key,) in look.stack.rows("SELECT key FROM idempotency")}
    return sorted(kept & look.told.refused.keys())


@invariant("I6 instants fire in time")
def in_time(look: Look) -> list[object]:
    if look.since is None or not look.stack.pace.is_fit:
        return []
    late = lateness(look)
    p99, worst = percentile(late, 0.99), max(late, default=0.0)
    slowness = look.stack.pace.slowness
    most_p99, most = (limit * slowness + look.outage for limit in (LATE_P99_SECONDS, LATE_SECONDS))
    wrong = [f"p99 {p99:.1f} s"] if p99 > most_p99 else []
    return [*wrong, *([f"worst {worst:.1f} s"] if worst > most else [])]


@invariant("I4 I5 I7 I8 I12 the audit finds nothing")
def audited(look: Look) -> list[object]:
    said = look.stack.audit()
    return list(said.splitlines()) if said else []


@invariant("I10 clients saw nothing but what the fault allows")
def only_these_answers(look: Look) -> list[object]:
    seen = look.told.statuses()
    unwelcome: list[object] = [
        f"{status}: {count} times" for status, count in seen.items() if status not in look.answers
    ]
    silent = [one for one in look.told.attempts if one.status == 503 and not one.retry_after]
    return unwelcome + [f"{len(silent)} answers 503 without Retry-After"] * bool(silent)


@invariant("I11 no request takes longer than ten seconds")
def none_hangs(look: Look) -> list[object]:
    return [round(one, 2) for one in look.told.latencies() if one > look.longest]


@invariant("I13 the follow page equals the ticket's public events")
def pages_are_current(look: Look) -> list[object]:
    wrong: list[object] = []
    with httpx.Client(base_url=look.stack.public_url, trust_env=False, timeout=20) as client:
        for key, number in list(look.told.numbers.items())[:: max(1, len(look.told.numbers) // SAMPLE)][:SAMPLE]:
            answer = client.get(f"/api/v1/tickets/{number}", headers={"Pick-Up-Code": look.told.codes[key]})
            query = "SELECT kind FROM ticket_event WHERE ticket_id = %s ORDER BY seq"
            expected = [kind for (kind,) in look.stack.rows(query, ticket_id_of(number)) if kind in set(PUBLIC)]
            shown = [step["kind"] for step in answer.json().get("timeline", [])]
            if sorted(shown) != sorted(expected):
                wrong.append((number, answer.status_code, shown, expected))
    return wrong


def nothing_planted(look: Look) -> list[object]:
    said = list(look.told.requests.values())[-2000:]
    planted = {words[part].encode() for words in said for part in ("name", "phone")}
    looks_planted = re.compile(rf"{re.escape(NAME)}\d+|{PHONE}\d{{6}}".encode())
    secrets = [one.encode() for one in _secrets(look.stack)]
    found: list[object] = []
    for name, content in _where_nothing_may_be(look.stack):
        hits = planted & set(looks_planted.findall(content))
        found += [(name, len(hits), "planted words")] if hits else []
        found += [(name, "a password")] if any(secret in content for secret in secrets) else []
    return found


def _secrets(stack: Stack) -> list[str]:
    addresses = [stack.environment[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")]
    return [url.rpartition("@")[0].rpartition(":")[2] for url in addresses] + [
        stack.home.secret_file.read_text().strip()
    ]


def _where_nothing_may_be(stack: Stack) -> list[tuple[str, bytes]]:
    places = [(file.name, file.read_bytes()) for file in stack.home.logs.iterdir() if file.is_file()]
    with redis.Redis.from_url(stack.redis_url) as client:
        return [*places, *((f"Redis {key!r}", key + (client.dump(key) or b"")) for key in client.scan_iter())]


@invariant("I15 as many processes and open files as before")
def nothing_leaks(look: Look) -> list[object]:
    after = look.stack.burden() if look.before else {}
    grown: list[object] = []
    for program, (processes, files) in look.before.items():
        now_processes, now_files = after.get(program, (0, 0))
        if abs(now_processes - processes) > max(1, processes * 0.1) or now_files > files * 1.1 + 25:
            grown.append((program, f"{processes} processes, {files} files, now {now_processes} and {now_files}"))
    return grown


def lateness(look: Look) -> list[float]:
    """Return how late, in sorted seconds, each instant was that fired since the beginning."""
    return [seconds for (seconds,) in look.stack.rows(LATENESS, look.since)] if look.since else []
