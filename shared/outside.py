"""Which of other people's servers may be called at all (SECURITY S34). Resolves names, connects to nothing.

Checked when an address is saved and again when it is used, and connected to is the address that was checked: a name may
lead elsewhere a second later.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.domain.errors import Refused
from shared.settings import Network

LONGEST_URL = 500
_PORTS = frozenset({443, 8443})
_PLAIN_PORTS = frozenset({80, 8080})
_DEFAULT_PORT = {"https": 443, "http": 80}
# An address of the old internet inside one of the new would lead past the check.
_CARRIERS = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class BadAddress(Refused):
    """It must not be called, and `why` says what to enter instead."""

    def __init__(self, why: str) -> None:
        super().__init__("bad_address", why, field="url")


@dataclass(frozen=True, slots=True)
class Outside:
    """`networks` are allowed whatever they are, without TLS, on any port; on a developer's machine TLS may be off."""

    networks: tuple[Network, ...] = ()
    is_dev: bool = False

    def check(self, url: str) -> None:
        """Refuse an address that could not be called. Resolves its name."""
        host, port, is_plain = _parts(url)
        self.address_of(host, port, is_plain=is_plain)

    def address_of(self, host: str, port: int, *, is_plain: bool) -> str:
        """Resolve a name once and return the address to connect to. All of its addresses must be allowed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise BadAddress("找不到这个服务器名。请检查地址。(The name cannot be resolved.)") from None
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        if not addresses:
            raise BadAddress("找不到这个服务器名。请检查地址。(The name cannot be resolved.)")
        if all(any(address in network for network in self.networks) for address in addresses):
            return str(addresses[0])
        if not all(_is_public(address) for address in addresses):
            raise BadAddress("这个地址在内网，不能用。(The address is not on the public internet.)")
        if is_plain and not self.is_dev:
            raise BadAddress("请填 https:// 开头的地址。(Use https.)")
        if port not in (_PORTS | _PLAIN_PORTS if is_plain else _PORTS):
            raise BadAddress("端口只能是 443 或 8443。(Use port 443 or 8443.)")
        return str(addresses[0])


def _parts(url: str) -> tuple[str, int, bool]:
    wrong = BadAddress("请填完整的地址，例如 https://example.org/hook。(Enter a whole https address.)")
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORT.get(parts.scheme)
    except ValueError:
        raise wrong from None
    if not parts.hostname or port is None or parts.fragment:
        raise wrong
    if parts.username is not None or parts.password is not None:
        raise BadAddress("地址里不要写用户名或密码。(No user name or password in the address.)")
    return parts.hostname, port, parts.scheme == "http"


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if any(address in network for network in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
