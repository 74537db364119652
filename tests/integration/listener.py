"""A system that listens to webhooks: verifies by the sample consumer and misbehaves as it is told."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            named = {name.lower(): value for name, value in self.headers.items()}
            one.calls.append(named)
            one.bodies.append(body)
            mood = one.behave()
            if mood == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
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

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    one.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
