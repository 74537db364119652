"""One ticket followed through the processes' real logs by ids alone: request → step → job → step → job → notice."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tests.faults.stack import Stack, wait

Line = dict[str, Any]


def lines(stack: Stack, program: str) -> list[Line]:
    """Return what a process has logged, line by line; every line of ours is one JSON object."""
    said = stack.log(program, 100_000).splitlines()
    return [json.loads(line) for line in said if line.startswith("{")]


def the(stack: Stack, programs: tuple[str, ...], is_it: Callable[[Line], bool]) -> Line:
    """Wait for the one line that fits; any of the programs may have done the work."""
    found: list[Line] = []

    def look() -> bool:
        found[:] = [line for program in programs for line in lines(stack, program) if is_it(line)]
        return bool(found)

    wait(look, f"a line in the logs of {programs}", 30)
    return found[0]


def test_a_ticket_is_followed_from_request_to_notice_by_ids_alone(stack: Stack) -> None:
    said = {"body": "锦江区春熙路昨天起停水，打电话没人管。", "email": "canary@example.cn"}
    answer = httpx.post(
        f"{stack.public_url}/api/v1/tickets",
        json=said,
        headers={"Idempotency-Key": uuid.uuid4().hex},
        trust_env=False,
        timeout=20,
    )
    assert answer.status_code == 201

    request_id = answer.headers["X-Request-Id"]
    step = the(stack, ("intake-public",), lambda line: line.get("request_id") == request_id)
    assert (step["event"], step["kinds"]) == ("steps", ["registered"])

    def caused_by(line: Line, event: str, cause: Line) -> bool:
        is_its = line.get("ticket") == cause["ticket"] and line.get("cause_seq") in cause["steps"]
        return line["event"] == event and is_its

    routed = the(stack, ("router", "router-watch"), lambda line: caused_by(line, "job", step))
    assert (routed["kind"], routed["outcome"]) == ("route", "done")
    told = the(stack, ("worker", "worker-watch"), lambda line: caused_by(line, "notice", step))
    assert (told["kind"], told["part"]) == ("notify", "email:caller")
    next_told = the(stack, ("worker", "worker-watch"), lambda line: caused_by(line, "notice", routed))
    assert next_told["job"] != told["job"]
    known = stack.rows("SELECT ticket_id, cause_seq, kind FROM job WHERE id = %s", told["job"])
    assert known == [(told["ticket"], told["cause_seq"], told["kind"])]
