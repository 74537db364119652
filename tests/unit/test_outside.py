"""Which addresses a webhook may have (SECURITY S34)."""

import ipaddress
import socket
from typing import Any

import pytest

from shared.outside import BadAddress, Outside

PUBLIC = "93.184.215.14"
NAMES = {
    "good.example": [PUBLIC], "inside.example": ["10.0.0.5"], "both.example": [PUBLIC, "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"], "nat64.example": ["64:ff9b::7f00:1"], "six.example": ["fd00::1"],
    "6to4.example": ["2002:7f00:1::"], "open6.example": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of our own; literal addresses in every spelling go through the real resolver."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **more: Any) -> Any:
        if host in NAMES:
            return [(0, 0, 0, "", (address, port)) for address in NAMES[host]]
        if host.endswith(".example"):
            raise socket.gaierror
        return real(host, port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("url", ["https://good.example/hook", "https://good.example:8443/", "https://open6.example"])
def test_a_public_server_behind_tls_may_be_called(url: str) -> None:
    Outside().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example/", "https://127.0.0.1/", "https://[::1]/", "https://0.0.0.0/", "https://169.254.169.254/",
        "https://10.1.2.3/", "https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://localhost/",
        "https://localhost./", "https://user@good.example/", "https://user:word@good.example/", "redis://good.example/",
        "gopher://good.example/", "file:///etc/passwd", "https://good.example:6379/", "https://good.example:22/",
        "https://inside.example/", "https://both.example/", "https://mapped.example/", "https://nat64.example/",
        "https://six.example/", "https://6to4.example/", "https://nowhere.example/", "https://[::ffff:10.0.0.1]/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://255.255.255.255/", "https://good.example/#x", "https://",
        "https://good.example:99999/", "https://good.example\\@127.0.0.1/", "https://good.example /", "good.example",
        "https://好.example/", "https://good.example/\n", "https://good.example/" + "x" * 500, "https://[::1", "",
    ],
)  # fmt: skip
def test_nothing_else_may(url: str) -> None:
    with pytest.raises(BadAddress):
        Outside().check(url)


def test_networks_that_are_named_may_be_called_without_tls_and_on_any_port() -> None:
    outside = Outside((ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("127.0.0.0/8")))
    outside.check("http://inside.example:9000/hook")
    outside.check("http://127.0.0.1:5000/")
    for url in ("http://10.0.1.1/", "http://both.example/", "http://good.example/"):
        with pytest.raises(BadAddress):
            outside.check(url)


def test_a_developers_machine_may_do_without_tls_and_no_more() -> None:
    Outside(is_dev=True).check("http://good.example:8080/")
    for url in ("http://127.0.0.1/", "http://good.example:6379/"):
        with pytest.raises(BadAddress):
            Outside(is_dev=True).check(url)
