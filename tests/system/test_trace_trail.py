"""One trace from real processes, a forked child among them, as a collector gets it."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.stack import Stack, wait
from tests.integration.otlp import Collector

TRACED = ("intake-public", "router", "router-watch")  # whichever of the last two does the work


@pytest.fixture
def collector(stack: Stack) -> Iterator[Collector]:
    found = Collector()
    for program in TRACED:
        stack.restart(program, OTEL_EXPORTER_OTLP_ENDPOINT=found.url, OTEL_BSP_SCHEDULE_DELAY="200")
    wait(stack.is_ready, "the instance to be whole again", 60)
    yield found
    for program in TRACED:
        stack.restart(program)
    wait(stack.is_ready, "the instance to be whole again", 60)
    found.close()


def test_what_three_processes_do_for_one_request_is_one_trace(stack: Stack, collector: Collector) -> None:
    answer = httpx.post(
        f"{stack.public_url}/api/v1/tickets",
        json={"body": "锦江区春熙路昨天起停水，打电话没人管。"},
        headers={"Idempotency-Key": uuid.uuid4().hex},
        trust_env=False,
        timeout=20,
    )
    assert answer.status_code == 201
    names = ["request public_api.register", "step registered", "job route", "step dispatched"]
    wait(lambda: {span.name for span in list(collector.spans)} >= set(names), f"spans {names}", 30)
    way = [next(span for span in collector.spans if span.name == name) for name in names]
    assert len({span.trace_id for span in way}) == 1
    assert [span.parent_span_id for span in way] == [b"", *(span.span_id for span in way[:-1])]
