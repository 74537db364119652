"""Settings, from the environment only and read once. Wrong or missing ones stop the start with a sentence."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.groups import Place, read_groups

SHORTEST_SECRET_BYTES = 32
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting is missing or unusable; the message says which and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A sign-on provider 统一认证 (OIDC), and which of its groups have a place here."""

    issuer: str
    client_id: str
    secret: str
    groups_claim: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one deployment may choose. Addresses are as the browser sees them."""

    database_url: str
    redis_url: str
    secret: bytes
    city: str
    is_demo: bool
    is_dev: bool
    public_url: str
    staff_url: str
    stream_url: str
    smtp_url: str | None
    mail_from: str
    sms_file: str | None  # the accounts with providers of short messages
    # Webhooks may be here whatever these networks are, without TLS and on any port.
    webhook_networks: tuple[Network, ...]
    # By telephony adapter, e.g. `asterisk/main`; two at once while one is being changed for the other.
    call_secrets: Mapping[str, tuple[bytes, ...]]
    # How many proxies of our own stand in front: so many addresses at the end of X-Forwarded-For are believed.
    trusted_proxies: int
    # Networks whose people share an address: limits by address do not count them.
    exempt_networks: tuple[Network, ...]
    # By the name of a limit: how many, within how many seconds; the defaults stand in `shared.attempts`.
    limits: Mapping[str, tuple[int, int]]
    files_url: str | None  # where files lie: `file:///folder` or `s3://bucket?endpoint=…`; None: none are taken
    clamd_url: str | None  # the virus scanner: `tcp://host:port` or `unix:///socket`
    # Whether administrators and supervisors log in with a second factor; a demo does without.
    needs_second_factor: bool
    password_profile: str  # `asvs`: long and uncommon; `djbh3`: three kinds of characters too, changed every 90 days
    provider: Provider | None  # of single sign-on
    metrics_port: int | None  # where each container shows its own figures


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    env = os.environ
    secret = _secret(env.get("HOTLINE_SECRET_FILE"), env.get("HOTLINE_SECRET"))
    is_dev = env.get("HOTLINE_DEV") == "1"
    redis_url = _needed("REDIS_URL")
    if not is_dev and redis_url.startswith("redis://") and "@" not in redis_url:
        raise SettingsError("REDIS_URL has no password. Give one, or a unix socket; HOTLINE_DEV=1 does without.")
    public_url = env.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    return Settings(
        database_url=driver_url(_needed("DATABASE_URL")),
        redis_url=redis_url,
        secret=secret,
        city=city_of(env),
        is_demo=env.get("HOTLINE_DEMO") == "1",
        is_dev=is_dev,
        public_url=public_url,
        staff_url=env.get("STAFF_URL", "http://127.0.0.1:8001").rstrip("/"),
        stream_url=env.get("STREAM_URL", "http://127.0.0.1:8002").rstrip("/"),
        smtp_url=env.get("SMTP_URL") or None,
        mail_from=env.get("MAIL_FROM", "12345@localhost"),
        sms_file=env.get("HOTLINE_SMS_FILE") or None,
        webhook_networks=_networks("HOTLINE_WEBHOOK_NETWORKS"),
        call_secrets=_call_secrets(env.get("HOTLINE_CALL_SECRETS_FILE")),
        trusted_proxies=_count("HOTLINE_TRUSTED_PROXIES"),
        exempt_networks=_networks("HOTLINE_EXEMPT_NETWORKS"),
        limits=_limits("HOTLINE_LIMITS"),
        files_url=env.get("HOTLINE_FILES_URL") or None,
        clamd_url=env.get("HOTLINE_CLAMD_URL") or None,
        needs_second_factor=_one_of("HOTLINE_SECOND_FACTOR", "required", "off") == "required",
        password_profile=_one_of("HOTLINE_PASSWORD_PROFILE", "asvs", "djbh3"),
        provider=_provider(env, is_dev=is_dev),
        metrics_port=_port("HOTLINE_METRICS_PORT"),
    )


def city_of(environment: Mapping[str, str]) -> str:
    """Return the deployment's city."""
    return environment.get("HOTLINE_CITY") or "chengdu"


def driver_url(url: str) -> str:
    """Return a PostgreSQL address as SQLAlchemy wants it, whichever of the usual spellings came in."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _needed(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not set. `./hotline up` sets it; by hand see docs/runbook.md.")
    return value


def _secret(file: str | None, value: str | None) -> bytes:
    secret = Path(file).read_bytes().strip() if file else (value or "").encode()
    if len(secret) < SHORTEST_SECRET_BYTES:
        raise SettingsError(
            f"HOTLINE_SECRET_FILE (or HOTLINE_SECRET) must hold at least {SHORTEST_SECRET_BYTES} bytes; "
            "make one with: openssl rand -hex 32"
        )
    return secret


def _call_secrets(file: str | None) -> Mapping[str, tuple[bytes, ...]]:
    """Read `provider/instance secret`, one a line; without a file no adapter may report calls."""
    found: dict[str, tuple[bytes, ...]] = {}
    for line in Path(file).read_text("utf-8").splitlines() if file else ():
        name, _, secret = line.strip().partition(" ")
        if not name or name.startswith("#"):
            continue
        if name.count("/") != 1 or len(secret.strip().encode()) < SHORTEST_SECRET_BYTES:
            raise SettingsError(
                "HOTLINE_CALL_SECRETS_FILE: each line must be `provider/instance secret`, the secret of at least"
                f" {SHORTEST_SECRET_BYTES} bytes; make one with: openssl rand -hex 32"
            )
        found[name] = (*found.get(name, ()), secret.strip().encode())
    return found


def _provider(env: Mapping[str, str], *, is_dev: bool) -> Provider | None:
    issuer = env.get("HOTLINE_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    if not (issuer.startswith("https://") or (is_dev and issuer.startswith("http://"))):
        raise SettingsError("HOTLINE_OIDC_ISSUER must begin with https://; http:// is for HOTLINE_DEV=1 alone.")
    try:
        places = read_groups(Path(_needed("HOTLINE_OIDC_GROUPS_FILE")).read_text("utf-8"))
    except ValueError as error:
        raise SettingsError(f"HOTLINE_OIDC_GROUPS_FILE: {error}") from None
    return Provider(
        issuer=issuer,
        client_id=_needed("HOTLINE_OIDC_CLIENT_ID"),
        secret=Path(_needed("HOTLINE_OIDC_SECRET_FILE")).read_text("utf-8").strip(),
        groups_claim=env.get("HOTLINE_OIDC_GROUPS_CLAIM") or "groups",
        places=places,
    )


def _count(name: str) -> int:
    value = os.environ.get(name) or "0"
    if not (value.isascii() and value.isdecimal()):
        raise SettingsError(f"{name} must be a number: how many proxies of your own stand in front.")
    return int(value)


def _port(name: str) -> int | None:
    value = os.environ.get(name)
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and 0 < int(value[:6]) < 65536):
        raise SettingsError(f"{name} must be the number of a port.")
    return int(value)


def _one_of(name: str, default: str, *others: str) -> str:
    value = os.environ.get(name) or default
    if value not in (default, *others):
        raise SettingsError(f"{name} must be one of {', '.join((default, *others))}.")
    return value


def _networks(name: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in _words(name))
    except ValueError as error:
        raise SettingsError(f"{name}: {error}. Write networks such as 10.0.0.0/8, blanks between them.") from None


def _limits(name: str) -> Mapping[str, tuple[int, int]]:
    found = {}
    for one in _words(name):
        parts = re.fullmatch(r"([a-z_]+)=([1-9][0-9]{0,8})/([1-9][0-9]{0,8})", one, re.ASCII)
        if parts is None:
            raise SettingsError(f"{name}: `{one}` is not `name=count/seconds`, for example intake_phone=10/3600.")
        found[parts[1]] = (int(parts[2]), int(parts[3]))
    return found


def _words(name: str) -> list[str]:
    return os.environ.get(name, "").replace(",", " ").split()
