"""HTTP servers of systems outside the building, on ports of this machine."""

import socket
import struct
import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Outsider(BaseHTTPRequestHandler):
    """What a stand-in for an outside system can do besides answering."""

    def do_POST(self) -> None:
        self.take(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    @abstractmethod
    def take(self, body: bytes) -> None:
        """Answer to what was posted."""

    def reset(self) -> None:
        """Break the connection off without a word."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[Outsider]) -> Iterator[int]:
    """Serve while the block runs; give the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
