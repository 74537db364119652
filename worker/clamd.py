"""Asks a clamd whether bytes hold a virus: its INSTREAM command over TCP or a socket of this machine."""

import socket
import struct
import time
from urllib.parse import urlsplit

TOTAL_SECONDS = 10.0  # for the whole talk, however slowly the scanner reads or answers
_CHUNK = 64_000


class NoAnswer(Exception):
    """The scanner did not say clean or found; the message says what, and nothing of the file."""


def is_clean(url: str, content: bytes) -> bool:
    """Return whether the scanner finds nothing. Raises `NoAnswer`."""
    until = time.monotonic() + TOTAL_SECONDS
    try:
        with _connected(url) as scanner:
            scanner.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), _CHUNK):
                chunk = content[at : at + _CHUNK]
                _wait_no_longer(scanner, until)
                scanner.sendall(struct.pack(">I", len(chunk)) + chunk)
            scanner.sendall(struct.pack(">I", 0))
            said = _answer(scanner, until)
    except OSError as error:
        raise NoAnswer(type(error).__name__) from None
    if said.endswith(b"FOUND"):
        return False
    if not said.endswith(b": OK"):
        raise NoAnswer("scanner_error")  # its own size limit, for one: the file stays held
    return True


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX)
        scanner.settimeout(TOTAL_SECONDS)
        scanner.connect(parts.path)
        return scanner
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), TOTAL_SECONDS)


def _wait_no_longer(scanner: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    scanner.settimeout(left)


def _answer(scanner: socket.socket, until: float) -> bytes:
    said = b""
    while b"\0" not in said and len(said) < _CHUNK:
        _wait_no_longer(scanner, until)
        piece = scanner.recv(4096)
        if not piece:
            break
        said += piece
    return said.partition(b"\0")[0]
