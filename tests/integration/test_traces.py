"""Traces as a collector gets them: one for each ticket, each span below what caused it. Off unless asked for."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from router.handlers import think
from shared import traces
from shared.command.paths import ROOT
from shared.command.ports import any_free
from shared.consumer import drain, through_ledger
from shared.domain.follow_ups import JobKind
from tests.integration.api import Api
from tests.integration.otlp import Collector
from tests.integration.post_office import Server, by_mail

PLANTED = ("欧阳探针", "13987654321", "probe-canary@example.cn")


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    found = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
    traces._exporter.cache_clear()
    yield found
    traces._exporter(os.getpid())[1].shutdown()
    traces._exporter.cache_clear()
    found.close()


def all_of(collector: Collector) -> list[Span]:
    """Return what has been sent, with everything that waits."""
    traces._exporter(os.getpid())[1].force_flush()
    return collector.spans


def the_whole_way(api: Api) -> str:
    """File a request, route it, tell the caller by mail of both steps; return the request's id."""
    said = {"body": "春熙路停水", "name": PLANTED[0], "phone": PLANTED[1], "email": PLANTED[2]}
    answer = api.public().post("/api/v1/tickets", json=said, headers=api.key())
    drain(api.stage.engine, JobKind.ROUTE, through_ledger(api.stage.ledger, think), 5)
    port = any_free()
    post = Controller(Server(), hostname="127.0.0.1", port=port)
    post.start()
    drain(api.stage.engine, JobKind.NOTIFY, by_mail(api.stage, port).handle, 5)
    post.stop()
    return str(answer.headers["X-Request-Id"])


def test_request_job_and_notice_are_one_trace_and_each_hangs_below_its_cause(api: Api, collector: Collector) -> None:
    request_id = the_whole_way(api)
    spans = {span.span_id: span for span in all_of(collector)}
    assert {span.trace_id for span in spans.values()} == {traces.trace_of(("step", 1), 1).to_bytes(16, "big")}
    notice = next(span for span in spans.values() if span.name == "notice email" and _said(span, "cause_seq") == 2)
    way = [notice]
    while way[-1].parent_span_id:
        way.append(spans[way[-1].parent_span_id])
    assert [span.name for span in way] == [
        "notice email", "job notify", "step dispatched", "job route", "step registered", "request public_api.register",
    ]  # fmt: skip
    assert _said(way[-1], "request_id") == request_id
    assert _said(notice, "result") == "sent"
    for above, below in zip(way[1:], way, strict=False):
        assert above.start_time_unix_nano <= below.start_time_unix_nano
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in spans.values())


def test_nothing_personal_and_no_number_is_in_a_trace(api: Api, collector: Collector) -> None:
    the_whole_way(api)
    all_of(collector)
    assert b"hotline.cause_seq" in collector.raw
    for planted in (*PLANTED, "停水"):
        assert planted.encode() not in collector.raw


def test_a_request_that_wrote_nothing_and_one_that_failed_have_traces_of_their_own(
    api: Api, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> None:
        raise KeyError

    api.public().get("/nowhere")
    api.public().get("/health/live")
    api.staff().get("/metrics")
    monkeypatch.setattr("intake.public_api.register_ticket", fails)
    api.public().post("/api/v1/tickets", json={"body": "停水"}, headers=api.key())
    gone, failed = all_of(collector)
    assert (gone.name, _said(gone, "status")) == ("request none", 404)
    assert (failed.status.code, _said(failed, "status")) == (2, 500)
    assert gone.trace_id != failed.trace_id


def test_a_collector_that_is_gone_costs_nobody_a_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{any_free()}")
    traces._exporter.cache_clear()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    assert api.file()["number"]
    traces._exporter(os.getpid())[1].shutdown()
    traces._exporter.cache_clear()


def test_without_an_endpoint_nothing_of_opentelemetry_is_needed() -> None:
    # As where its lock is not installed; redis would import it for purposes of its own if it were there.
    code = (
        "import sys; sys.modules['opentelemetry'] = None;"
        "import intake.app, intake.stream, worker.sender, router.handlers, shared.service, shared.traces;"
        "sys.exit(shared.traces.is_on())"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False).returncode == 0


def _said(span: Span, name: str) -> object:
    for attribute in span.attributes:
        if attribute.key == f"hotline.{name}":
            return getattr(attribute.value, str(attribute.value.WhichOneof("value")))
    return None
