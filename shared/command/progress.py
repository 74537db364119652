"""What a person sees while the command works: one line per step, with the seconds since the start."""

import os
import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Prints steps at once, so that nobody wonders whether anything happens."""

    def __init__(self, to: TextIO | None = None) -> None:
        self._to = to
        # `hotline` tells when it began: making the environment is part of what a person waits for.
        self._began = float(os.environ.pop("HOTLINE_BEGAN", time.monotonic()))

    def step(self, text: str) -> None:
        """Print one line."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {text}", file=self._to, flush=True)

    def plain(self, text: str = "") -> None:
        """Print a line that is a result, not a step."""
        print(text, file=self._to, flush=True)

    def wait(self, is_done: Callable[[], bool], what: Callable[[], str], seconds: float, every: float = 0.1) -> bool:
        """Poll until done; say every 5 s what is still awaited. False when the time is over."""
        began = told = time.monotonic()
        while not is_done():
            now = time.monotonic()
            if now - began > seconds:
                return False
            if now - told > 5:
                told = now
                self.step(f"still waiting for {what()}")
            time.sleep(every)
        return True


def complain(text: str) -> int:
    """Print a sentence for a person on stderr; returns the exit code."""
    print(text, file=sys.stderr, flush=True)
    return 1
