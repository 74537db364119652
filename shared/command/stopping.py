"""Ctrl-C, SIGTERM and a closed terminal: asked for once, raised where it does no harm."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """A person or the machine asks this process to stop."""


class _Request:
    """A process has one set of signal handlers, so there is one of these."""

    def __init__(self) -> None:
        self.shields, self.is_asked, self.is_raised = 0, False, False

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Raise StopAsked once: stopping in order takes its time, and a second Ctrl-C must not cut it short."""
        self.is_asked = True
        if not self.shields and not self.is_raised:
            self.is_raised = True
            raise StopAsked


_request = _Request()


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the first stop signal into StopAsked while the block runs."""
    before = {number: signal.signal(number, _request.ask) for number in NUMBERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Let a step that must not be cut in two end; a stop asked for meanwhile is raised after it."""
    _request.shields += 1
    try:
        yield
    finally:
        _request.shields -= 1
    if _request.is_asked:
        _request.ask()
