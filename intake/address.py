"""Where a request comes from: behind as many proxies as are ours, and by which network its limits count."""

import ipaddress

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.settings import settings

_IPV6_SITE = 64  # what one subscriber has; any address inside costs nothing


def behind_proxies(app: Flask) -> None:
    """Believe X-Forwarded-For as far as our own proxies wrote it; without any, not at all (SECURITY S26)."""
    if settings().trusted_proxies:
        ours = ProxyFix(app.wsgi_app, x_for=settings().trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0)
        app.wsgi_app = ours  # type: ignore[method-assign]


def network() -> str:
    """Return what limits by address count: an IPv4 address, or the /64 of an IPv6 one."""
    address = _parsed()
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False))
    return str(address or "")


def is_exempt() -> bool:
    """Tell whether many people share this address, so that limits by address do not count it."""
    address = _parsed()
    return address is not None and any(address in network for network in settings().exempt_networks)


def _parsed() -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
