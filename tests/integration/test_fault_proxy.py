"""The fault harness's proxy does to bytes what each weather says, and is harmless when it is fair."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import FAIR, Proxies, Proxy, Weather


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while piece := self.request.recv(65_536):
            self.server.heard += piece  # type: ignore[attr-defined]
            self.request.sendall(piece)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    heard = b""

    def handle_error(self, request: object, client_address: object) -> None:
        """A reset is what these tests are about."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Echo) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield opened
        opened.shutdown()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    host, port = str(server.server_address[0]), int(server.server_address[1])
    proxies = Proxies({"service.echo": lambda: (host, port)})
    yield proxies["service.echo"]
    proxies.close()


def line(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def said(line: socket.socket, words: bytes) -> bytes:
    line.sendall(words)
    heard = b""
    while len(heard) < len(words):
        piece = line.recv(65_536)
        if not piece:
            return heard
        heard += piece
    return heard


def is_silent(line: socket.socket, words: bytes) -> bool:
    line.settimeout(0.3)
    line.sendall(words)
    try:
        line.recv(10)
    except TimeoutError:
        return True
    finally:
        line.settimeout(5)
    return False


def test_in_fair_weather_bytes_pass_unchanged(proxy: Proxy) -> None:
    with line(proxy) as opened:
        assert said(opened, b"x" * 200_000) == b"x" * 200_000


def test_latency_holds_each_chunk_back_on_open_connections_too(proxy: Proxy) -> None:
    with line(proxy) as opened:
        assert said(opened, b"a") == b"a"
        proxy.set(Weather(latency=0.15))
        began = time.monotonic()
        assert said(opened, b"b") == b"b"
        assert time.monotonic() - began >= 0.3


def test_lost_replies_reach_the_server_and_never_come_back_and_the_connection_ends_with_the_weather(
    proxy: Proxy, server: Server
) -> None:
    with line(proxy) as opened:
        proxy.set(Weather(drops_replies=True))
        assert is_silent(opened, b"gone")
        assert server.heard == b"gone"
        proxy.set(FAIR)
        with pytest.raises(ConnectionResetError):
            opened.recv(10)


def test_half_open_forwards_nothing_to_old_and_new_connections(proxy: Proxy, server: Server) -> None:
    with line(proxy) as old:
        assert said(old, b"a") == b"a"
        proxy.set(Weather(is_half_open=True))
        with line(proxy) as new:
            assert is_silent(old, b"b")
            assert is_silent(new, b"c")
    assert server.heard == b"a"


def test_a_connection_is_reset_after_so_many_bytes(proxy: Proxy) -> None:
    proxy.set(Weather(resets_after=10))
    with line(proxy) as opened:
        assert said(opened, b"12345678") == b"12345678"
        with pytest.raises(ConnectionResetError):
            said(opened, b"12345678")


def test_a_refusal_resets_what_is_open_and_ends_with_accept(proxy: Proxy) -> None:
    with line(proxy) as opened:
        assert said(opened, b"a") == b"a"
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            opened.recv(10)
        with pytest.raises(ConnectionRefusedError):
            line(proxy)
        proxy.accept()
        with line(proxy) as again:
            assert said(again, b"b") == b"b"
