"""A system that listens to webhooks: verifies by the sample consumer and misbehaves as it is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from tests.integration.http_servers import Outsider, serving

_SPEC = spec_from_file_location(
    "webhook_consumer", Path(__file__).parents[2] / "docs" / "samples" / "webhook_consumer.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
sample = module_from_spec(_SPEC)
_SPEC.loader.exec_module(sample)


@dataclass
class Listener:
    """One endpoint. `behave` may answer for it: a status, headers to it, or a mood."""

    port: int = 0
    receiver: Any = None
    calls: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    behave: Callable[[], str] = lambda: "ok"
    headers: dict[str, str] = field(default_factory=dict)
    read: int = 0  # bytes of a huge answer that the other side has taken

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def trust(self, secret: str) -> None:
        self.receiver = sample.Receiver(secret)

    @property
    def ids(self) -> list[str]:
        return [call["webhook-id"] for call in self.calls]


@contextmanager
def listening() -> Iterator[Listener]:
    """Let an endpoint answer on a port of this machine."""
    one = Listener()

    class Handler(Outsider):
        def take(self, body: bytes) -> None:
            named = {name.lower(): value for name, value in self.headers.items()}
            one.calls.append(named)
            one.bodies.append(body)
            mood = one.behave()
            if mood == "reset":
                self.reset()
            elif mood == "huge":
                self._huge()
            else:
                self._answer(one.receiver.receive(body, named) if mood == "ok" else int(mood))

        def _answer(self, status: int) -> None:
            self.send_response(status)
            for name, value in one.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _huge(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(10**9))
            self.end_headers()
            try:
                while one.read < 10**9:
                    self.wfile.write(b"x" * 65536)
                    one.read += 65536
            except OSError:
                return

    with serving(Handler) as port:
        one.port = port
        yield one
