"""Traces, where OTEL_EXPORTER_OTLP_ENDPOINT is set: one for each ticket, from the request to the last notice.

Nothing is carried along: a bell has no data, and a job is named by its cause. The ids of a trace and of its spans are
computed from the ticket, the step and the job, so that whoever does the work knows them without being told (ADR 13).
Without the variable nothing of OpenTelemetry is imported.
"""

import atexit
import hmac
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from time import perf_counter, time_ns
from typing import Any

from shared.keys import keys

Name = tuple[str, *tuple[object, ...]]
_here = threading.local()


def is_on() -> bool:
    """Tell whether spans are sent anywhere; ask before computing anything for one."""
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def request(request_id: str) -> Name:
    """Return the name of a request's span."""
    return ("request", request_id)


def step(seq: int) -> Name:
    """Return the name of the span of a ticket's step."""
    return ("step", seq)


def job(job_id: int, attempt: int) -> Name:
    """Return the name of the span of an attempt at a job."""
    return ("job", job_id, attempt)


@dataclass(frozen=True, slots=True)
class Span:
    """What happened: `name` in the trace of a ticket, or of nothing but itself, below `parent`."""

    title: str
    name: Name
    ticket_id: int | None
    parent: Name | None = None
    is_client: bool = False
    has_failed: bool = False


def ended(span: Span, began: float, **said: Any) -> None:
    """Send a span that began at an instant of `perf_counter` and ends now; `said` are its attributes, ids and codes."""
    now, took = time_ns(), perf_counter() - began
    _send(
        os.getpid(),
        span,
        (now - int(took * 1e9), now),
        {key: value for key, value in said.items() if value is not None},
    )


def steps(ticket_id: int, wrote: Iterable[tuple[int, str]], by: Name | str, began: float) -> None:
    """Send a span for each step (its number and kind) that a job or a request, named by its id, wrote."""
    if isinstance(by, str):
        _here.wrote = ticket_id
        by = request(by)
    for seq, kind in wrote:
        ended(Span(f"step {kind}", step(seq), ticket_id, by), began, ticket=ticket_id, seq=seq)


def wrote() -> int | None:
    """Return the ticket that this thread's request wrote to since the last time this was asked."""
    ticket_id: int | None = getattr(_here, "wrote", None)
    _here.wrote = None
    return ticket_id


def trace_of(span_name: Name, ticket_id: int | None) -> int:
    """Return the id of a ticket's trace, or of that of a span without a ticket."""
    return _number(16, "trace", *(span_name if ticket_id is None else ("ticket", ticket_id)))


def _number(size: int, *words: object) -> int:
    # Keyed, so that two deployments that send to one place have different ids.
    return int.from_bytes(hmac.digest(keys().trace, repr(words).encode(), "sha256")[:size], "big")


def _send(pid: int, span: Span, when: tuple[int, int], said: Mapping[str, Any]) -> None:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    with _MAKING:
        provider, processor, scope = _exporter(pid)
    trace = trace_of(span.name, span.ticket_id)
    if not provider.sampler.should_sample(None, trace, span.title).decision.is_sampled():
        return

    def context(name: Name, *, is_remote: bool) -> SpanContext:
        return SpanContext(trace, _number(8, trace, *name), is_remote, TraceFlags(TraceFlags.SAMPLED))

    processor.on_end(
        ReadableSpan(
            name=span.title,
            context=context(span.name, is_remote=False),
            parent=None if span.parent is None else context(span.parent, is_remote=True),
            resource=provider.resource,
            attributes={f"hotline.{key}": value for key, value in said.items()},
            kind=SpanKind.CLIENT if span.is_client else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR if span.has_failed else StatusCode.UNSET),
            start_time=when[0],
            end_time=when[1],
            instrumentation_scope=scope,
        )
    )


_MAKING = threading.Lock()  # `cache` alone would let two first spans make two exporters


@cache
def _exporter(pid: int) -> tuple[Any, Any, Any]:
    """Return what samples, what sends in batches and whose spans these are: a process's own, after the fork."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    name = os.environ.get("OTEL_SERVICE_NAME") or "yihaotong"
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    processor = BatchSpanProcessor(OTLPSpanExporter())
    atexit.register(processor.shutdown)
    return provider, processor, InstrumentationScope("yihaotong")
