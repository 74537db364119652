"""HTTP as an attacker writes it: bytes on a socket, nothing put right by a client library."""

import contextlib
import gzip
import json
import socket
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

PATH, LIMIT = "/api/v1/tickets", 1_000_000
GOOD = json.dumps({"body": "锦江区春熙路停水三天了"}).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Status 0: the server closed the connection without a word."""

    status: int
    head: str
    body: bytes


def send(url: str, data: bytes, seconds: float = 10) -> Answer:
    """Write bytes, read one answer; a server that stops reading early may still have answered."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=seconds) as connection:
        received = bytearray()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            while not _is_whole(bytes(received)) and (some := connection.recv(65536)):
                received += some
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return Answer(int(words[1]) if len(words) > 1 else 0, head.decode("latin-1"), body)


def _is_whole(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(separator) and bool(lengths) and len(body) >= int(lengths[0])


def head(line: str, *headers: str) -> bytes:
    """Return a request's head."""
    return "\r\n".join((f"{line} HTTP/1.1", "Host: hotline.test", *headers, "", "")).encode("latin-1")


def post(body: bytes, *headers: str, kind: str = "application/json", length: int | None = None) -> bytes:
    """Return a whole POST; `length` is what its head says if that is not the truth, -1 for nothing."""
    said = len(body) if length is None else length
    lengths = [f"Content-Length: {said}"] if said >= 0 else []
    key = f"Idempotency-Key: {uuid.uuid4().hex}"
    return head(f"POST {PATH}", f"Content-Type: {kind}", key, *lengths, *headers) + body


def chunked(pieces: Iterable[bytes]) -> bytes:
    """Return a POST whose length nobody knows beforehand."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    return post(body, "Transfer-Encoding: chunked", length=-1)


def bad_requests() -> Iterator[tuple[str, bytes, set[int]]]:
    """Return what may come: a name, the bytes, and the statuses that fit."""
    yield "a body one byte too long", post(b'{"body":"' + b"x" * (LIMIT - 10) + b'"}'), {413}
    yield "a body said to be huge", post(b"{", length=10**11), {413}
    yield "a body too long without a length", chunked([b'{"body":"', *[b"x" * 60_000] * 40, b'"}']), {413}
    yield "a broken chunk", post(b"zz\r\nfoo\r\n", "Transfer-Encoding: chunked", length=-1), {400}
    yield "a negative length", post(b"{}", "Content-Length: -5", length=-1), {400}
    yield "two lengths", post(b"{}", "Content-Length: 3"), {400}
    yield "a compressed body", post(gzip.compress(GOOD), "Content-Encoding: gzip"), {400, 415}
    yield "a form", post(b"body=x", kind="application/x-www-form-urlencoded"), {400, 415}
    yield "a text", post(GOOD, kind="text/plain"), {400, 415}
    for name, body in _bad_bodies():
        yield name, post(body), {400}
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        yield f"the method {method}", head(f"{method} {PATH}"), {405}
    parameters = "&".join(f"a{number}=1" for number in range(10_000))
    yield "10,000 query parameters", head(f"GET {PATH}/1?{parameters}"), {400, 404, 414}
    yield "a long path", head(f"GET /{'a' * 70_000}"), {404, 414}
    yield "a huge header", head("GET /health/live", f"X-A: {'a' * 600_000}"), {400, 431}
    yield "many headers", head("GET /health/live", *(f"X-{number}: a" for number in range(500))), {400, 431}
    yield "cookies that are no text", head(f"GET {PATH}/1", "Cookie: follow=\xff\xfe", "Pick-Up-Code: \xff"), {400, 404}
    yield "a path that is no UTF-8", head(f"GET {PATH}/%ff%00%zz", "Pick-Up-Code: ABCDE"), {400, 404}
    yield "a number without an end", head(f"GET {PATH}/{'9' * 5000}", "Pick-Up-Code: ABCDE"), {404}
    yield "a way out of the folder", head("GET /static/../../../etc/passwd"), {400, 404}
    yield "no HTTP at all", b"\x00\x01\x02 garbage\r\n\r\n", {0, 400}


def _bad_bodies() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "5,000 brackets", b"[" * 5000
    yield "3,000 objects in one another", b'{"a":' * 3000 + b"1" + b"}" * 3000
    yield "a list", b"[1]"
    yield "NaN", b'{"body":NaN}'
    yield "Infinity", b'{"body":"x","title":-Infinity}'
    yield "NUL", b'{"body":"a\\u0000b"}'
    yield "a raw NUL", b'{"body":"a\x00b"}'
    yield "a lone surrogate", b'{"body":"\\ud800"}'
    yield "no UTF-8", b'{"body":"\xe9"}'
    yield "UTF-16", '{"body":"x"}'.encode("utf-16")
    yield "a number of 5,000 digits", b'{"body":1' + b"0" * 5000 + b"}"
    yield "a number too large for a float", b'{"body":1e999}'
    yield "a field twice", b'{"body":"a","body":"b"}'
    yield "an unknown field", b'{"body":"x","state":"closed"}'
    yield "an object for a text", b'{"body":{"a":1}}'
    yield "null", b'{"body":null}'
    yield "blanks", b'{"body":"   "}'
    yield "something after the end", b'{"body":"x"} x'
