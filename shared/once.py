"""One per process, however many threads ask for it first: `functools.cache` alone makes one for each of them."""

import threading
from collections.abc import Callable
from functools import cache, update_wrapper
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class once(Generic[Kept]):  # noqa: N801 a decorator
    """Decorates a function without parameters whose result holds connections or threads."""

    def __init__(self, make: Callable[[], Kept]) -> None:
        kept = cache(make)
        self._kept, self._lock = kept, threading.RLock()
        self.cache_info, self.cache_clear = kept.cache_info, kept.cache_clear
        update_wrapper(self, make)

    def __call__(self) -> Kept:
        """Return what was made."""
        with self._lock:
            return self._kept()
