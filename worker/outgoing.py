"""One HTTP request to somebody else's server: to the checked address, within 15 s, 64 KB of the answer at most.

httpx would resolve the name a second time and follows its own clock; its engine httpcore takes a network of our own.
"""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpcore

from shared.outside import BadAddress, Outside

CONNECT_SECONDS, TOTAL_SECONDS = 10.0, 15.0
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: its status, and when it wants to be asked again, as it wrote it."""

    status: int
    retry_after: str


class Unreachable(Exception):
    """There was no answer. The message is a code; `is_unsure`: the request may have been read all the same."""

    def __init__(self, code: str, *, is_unsure: bool) -> None:
        super().__init__(code)
        self.is_unsure = is_unsure


def post(outside: Outside, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Post once; redirects are answers like others. Raises `Unreachable`."""
    until = monotonic() + TOTAL_SECONDS
    network = _Network(outside, until, is_plain=urlsplit(url).scheme == "http")
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), http2=False, retries=0, network_backend=network) as pool,
            pool.stream("POST", url, headers=sent, content=body) as response,
        ):
            seen = 0
            for chunk in response.iter_stream():
                seen += len(chunk)
                if seen > MOST_BYTES:
                    break
            said = {name.lower(): value for name, value in response.headers}
            return Answer(response.status, said.get(b"retry-after", b"").decode("ascii", "replace")[:100])
    except BadAddress:
        raise Unreachable("bad_address", is_unsure=False) from None
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise Unreachable(type(error).__name__, is_unsure=False) from None
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise Unreachable(type(error).__name__, is_unsure=True) from None


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Network(httpcore.NetworkBackend):
    """Connects to the checked address under the name that was asked for, which TLS goes on to verify."""

    def __init__(self, outside: Outside, until: float, *, is_plain: bool) -> None:
        self._outside, self._until, self._is_plain = outside, until, is_plain

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._outside.address_of(host, port, is_plain=self._is_plain)
        seconds = min(CONNECT_SECONDS, _left(self._until))
        return _Stream(httpcore.SyncBackend().connect_tcp(address, port, seconds), self._until)


class _Stream(httpcore.NetworkStream):
    """A stream that knows when the whole request must be over, however slowly the other side drips."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._until))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._until))
        return _Stream(inner, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(until: float) -> float:
    seconds = until - monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds
