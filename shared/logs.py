"""Logs: one JSON line per event on standard output; ids and codes, never names, phones or texts."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Any, Protocol

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import ExcInfo

_TRANSFORM = ExceptionDictTransformer(show_locals=False, max_frames=200)
_LIBRARIES = "site-packages"


def configure_logs() -> None:
    """Set the process's logging up; safe to call twice."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_exception_without_values),
            structlog.processors.JSONRenderer(),  # ASCII: no character in it breaks a line or moves a cursor
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_to_standard_output,
    )


class Named(Protocol):
    """A job, named by its cause."""

    @property
    def id(self) -> int: ...
    @property
    def ticket_id(self) -> int | None: ...
    @property
    def cause_seq(self) -> int: ...
    @property
    def kind(self) -> str: ...


def names_of(job: Named) -> dict[str, Any]:
    """Return what a line about a job says, so that it is found by the step that armed it: `ticket` and `cause_seq`."""
    return {"job": job.id, "kind": str(job.kind), "ticket": job.ticket_id, "cause_seq": job.cause_seq}


def request_id() -> str:
    """Return the id of the request that this thread answers; nothing outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def said_of(job: Named) -> AbstractContextManager[None]:
    """Let every line of this thread name the job meanwhile."""
    return structlog.contextvars.bound_contextvars(**names_of(job))


def _to_standard_output(*_name: object) -> structlog.PrintLogger:
    """Return what writes to standard output as it is now, not as it was when the process began."""
    return structlog.PrintLogger(sys.stdout)


def _exception_without_values(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Return where it happened; messages and local variables may repeat what a caller wrote."""
    return [{"type": stack["exc_type"], "at": _places(stack["frames"])} for stack in _TRANSFORM(exc_info)]


def _places(frames: list[dict[str, Any]]) -> list[str]:
    """Return the way through our own code, and where it ended."""
    shown = [frame for frame in frames[:-1] if _LIBRARIES not in frame["filename"]] + frames[-1:]
    return [f"{frame['filename']}:{frame['lineno']} {frame['name']}" for frame in shown]
