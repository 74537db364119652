"""The deployment's accounts with providers of short messages 短信, from one file; without it none are sent."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.settings import SHORTEST_SECRET_BYTES, SettingsError

_ENDPOINTS = {"aliyun": "https://dysmsapi.aliyuncs.com", "tencent": "https://sms.tencentcloudapi.com"}
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_HOW = "HOTLINE_SMS_FILE"


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `receipt_secret` stands in the address that the provider reports deliveries to."""

    provider: str
    endpoint: str
    key_id: str
    key_secret: str
    sign: str
    receipt_secret: str
    app_id: str = ""  # tencent
    region: str = "ap-guangzhou"  # tencent

    @property
    def is_plain(self) -> bool:
        """Tell whether it is spoken to without TLS, which only a stand-in on this machine is."""
        return self.endpoint.startswith("http://")

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc


@dataclass(frozen=True, slots=True)
class SmsAccounts:
    """The accounts in the order in which they are asked, and the most that may go out in a day."""

    accounts: tuple[Account, ...]
    daily: int = 20_000
    daily_per_number: int = 20


@cache
def read_accounts(file: str | None) -> SmsAccounts | None:
    """Read the file once, None where there is none or it is empty."""
    if not file:
        return None
    try:
        said = tomllib.loads(Path(file).read_text("utf-8"))
        if not said:
            return None
        accounts = tuple(_account(one) for one in said.pop("account", []))
        found = SmsAccounts(accounts, **said)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        # The message would repeat a key: the kind of mistake and the file are enough.
        raise SettingsError(f"{_HOW} {file} cannot be read ({type(error).__name__}). See docs/runbook.md.") from None
    if not accounts or len({one.provider for one in accounts}) != len(accounts):
        raise SettingsError(f"{_HOW} must hold one [[account]] at least, and one of each provider at most.")
    return found


def _account(said: Mapping[str, Any]) -> Account:
    provider = said.get("provider")
    if provider not in _ENDPOINTS:
        raise SettingsError(f"{_HOW}: provider must be one of {', '.join(_ENDPOINTS)}.")
    account = Account(**{"endpoint": _ENDPOINTS[provider], **said})
    address = urlsplit(account.endpoint)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOCAL):
        raise SettingsError(f"{_HOW}: the endpoint of {provider} must begin with https://.")
    if len(account.receipt_secret.encode()) < SHORTEST_SECRET_BYTES:
        raise SettingsError(
            f"{_HOW}: the receipt_secret of {provider} needs {SHORTEST_SECRET_BYTES} characters; "
            "make one with: openssl rand -hex 32"
        )
    return account
