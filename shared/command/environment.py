"""The environment of an instance's processes. Pure: one dictionary out of values."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from shared.command.leftovers import MARK
from shared.command.paths import ROOT, Home
from shared.command.programs import Ports


@dataclass(frozen=True)
class Addresses:
    """Where an instance's data live."""

    database_url: str
    owner_url: str
    redis_url: str


def compose(home: Home, host: str, ports: Ports, addresses: Addresses, outside: Mapping[str, str]) -> dict[str, str]:
    """Return what the services read. `outside` is the person's own environment: their addresses and secret win."""
    is_demo = home.name == "demo"
    made = {
        "DATABASE_URL": addresses.database_url,
        "DATABASE_OWNER_URL": addresses.owner_url,
        "REDIS_URL": addresses.redis_url,
        "HOTLINE_CITY": outside.get("HOTLINE_CITY", "chengdu"),
        "HOTLINE_DEMO": "1" if is_demo else "0",
        # Cookies without Secure are for this machine alone; on any other address a TLS proxy must stand in front.
        "HOTLINE_DEV": "1" if is_loopback(host) else "0",
        "PUBLIC_URL": outside.get("PUBLIC_URL") or base_url(host, ports.public),
        "STAFF_URL": outside.get("STAFF_URL") or base_url(host, ports.staff),
        "STREAM_URL": outside.get("STREAM_URL") or base_url(host, ports.stream),
        "HOTLINE_FILES_URL": outside.get("HOTLINE_FILES_URL") or home.files.as_uri(),
        "MAIL_FROM": outside.get("MAIL_FROM", "12345@localhost"),
        "HOTLINE_EXEMPT_NETWORKS": outside.get("HOTLINE_EXEMPT_NETWORKS", _own_machine(host, outside)),
        "HOTLINE_SECOND_FACTOR": outside.get("HOTLINE_SECOND_FACTOR") or ("off" if is_demo else "required"),
        "PROMETHEUS_MULTIPROC_DIR": str(home.metrics),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        MARK: str(home.run),
    }
    if is_demo or not (outside.get("HOTLINE_SECRET") or outside.get("HOTLINE_SECRET_FILE")):
        made["HOTLINE_SECRET_FILE"] = str(home.secret_file)
    return made


def without_engine_variables(outside: Mapping[str, str]) -> dict[str, str]:
    """Return the person's environment for supervisord: no PG* (it would redirect PostgreSQL) and no passwords."""
    secret = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
    return {name: value for name, value in outside.items() if not name.startswith("PG") and name not in secret}


def _own_machine(host: str, outside: Mapping[str, str]) -> str:
    """Return the networks without a limit by address: whoever reaches a loopback address sits at this machine.

    Behind a proxy that is not so, and the proxy's number is set.
    """
    return "127.0.0.0/8 ::1/128" if is_loopback(host) and not outside.get("HOTLINE_TRUSTED_PROXIES") else ""


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def base_url(host: str, port: int) -> str:
    """Return an address for a browser; a server that listens everywhere is shown by its loopback address."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
