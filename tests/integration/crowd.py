"""Many people at one door at the same instant, behind the turns that a deployment has."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from intake.app import LARGEST_BODY_BYTES
from intake.turns import Turns
from intake.wsgi import TURNS
from tests.integration.site import Site

One, Result = TypeVar("One"), TypeVar("Result")
_LONGEST_WAIT = 60.0


def behind_turns(site: Site) -> None:
    """Let both surfaces take as many at a time as they do in a deployment."""
    doors: tuple[tuple[str, Flask], ...] = (("public", site.public), ("staff", site.staff))
    for surface, app in doors:
        app.wsgi_app = Turns(app.wsgi_app, TURNS[surface], LARGEST_BODY_BYTES)  # type: ignore[method-assign]


def at_once(people: Sequence[One], do: Callable[[One], Result]) -> list[Result]:
    """Let everybody do the same at the same instant; return what each got, in the order of the people."""
    start = threading.Barrier(len(people), timeout=_LONGEST_WAIT)

    def wait_and_do(one: One) -> Result:
        start.wait()
        return do(one)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(wait_and_do, people))
