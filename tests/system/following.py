"""A caller's browser on the live stream: reads server-sent events in a thread of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.faults.stack import Stack


class Following:
    """What a follower has been told so far, step by step."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.ended: str | None = None

    @property
    def kinds(self) -> list[str]:
        return [step["kind"] for step in self.steps]

    def read(self, lines: Iterator[str]) -> None:
        """Read until the stream ends."""
        event = ""
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "status":
                self.steps.append(json.loads(value))


def cookie_of(instance: Stack, link: str) -> dict[str, str]:
    """Exchange a follow link for the caller's cookie, as a browser does on the first click."""
    answer = httpx.get(link, trust_env=False, timeout=20)
    assert answer.status_code == 303, answer.text
    assert link.startswith(instance.public_url)
    return dict(answer.cookies)


@contextmanager
def following(instance: Stack, cookies: dict[str, str]) -> Iterator[Following]:
    """Follow a ticket live while the block runs."""
    follower = Following()
    timeout = httpx.Timeout(20, read=60)
    with (
        httpx.Client(base_url=instance.stream_url, cookies=cookies, trust_env=False, timeout=timeout) as client,
        client.stream("GET", "/stream/ticket") as answer,
    ):
        assert answer.status_code == 200

        def read() -> None:
            try:
                follower.read(answer.iter_lines())
            except httpx.HTTPError as error:
                follower.ended = type(error).__name__  # our own closing, or the server's: the test asks which

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield follower
