"""Stand-ins for two providers of short messages: they compute each request's signature anew and refuse a wrong one."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from shared.settings import settings
from shared.sms_accounts import read_accounts
from tests.integration.http_servers import Outsider, serving

KEY_ID, KEY_SECRET, APP_ID, SIGN = "key-id", "key-secret", "1400000000", "成都热线"
RECEIPT_SECRET = "the-receipts-secret-of-32-letters-or-more"


@dataclass
class Sink:
    """One provider. `behave` is asked for each message and may answer with a provider's code, a status or a mood."""

    provider: str
    port: int = 0
    messages: list[dict[str, str]] = field(default_factory=list)
    forged: int = 0
    behave: Callable[[dict[str, str]], str] = lambda _: "ok"

    @property
    def account(self) -> str:
        """Return its entry of the deployment's file."""
        return (
            f'[[account]]\nprovider = "{self.provider}"\nendpoint = "http://127.0.0.1:{self.port}"\n'
            f'key_id = "{KEY_ID}"\n'
            f'key_secret = "{KEY_SECRET}"\nsign = "{SIGN}"\nreceipt_secret = "{RECEIPT_SECRET}"\napp_id = "{APP_ID}"\n'
        )


def both_accounts(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the deployment have an account at either provider, at a port where nobody answers."""
    file = folder / "sms.toml"
    file.write_text(Sink("aliyun", 1).account + Sink("tencent", 1).account, "utf-8")
    monkeypatch.setenv("HOTLINE_SMS_FILE", str(file))
    settings.cache_clear()
    read_accounts.cache_clear()


@contextmanager
def sink(provider: str) -> Iterator[Sink]:
    """Let a provider answer on a port of this machine."""
    one = Sink(provider)

    class Handler(Outsider):
        def take(self, body: bytes) -> None:
            read, answer = (_read_aliyun, _aliyun) if provider == "aliyun" else (_read_tencent, _tencent)
            if not _is_signed(provider, self, body):
                one.forged += 1
                return self._say(403, answer("SignatureDoesNotMatch", 0))
            message = read(self.path, body)
            one.messages.append(message)
            mood = one.behave(message)
            if mood == "reset":
                self.reset()
                return None
            if mood.isdecimal():
                return self._say(int(mood), b"<html>oops</html>")
            return self._say(200, answer(mood, len(one.messages)))

        def _say(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Handler) as port:
        one.port = port
        yield one


def _aliyun(mood: str, count: int) -> bytes:
    code = "OK" if mood == "ok" else mood
    return json.dumps({"Code": code, "Message": "x", "BizId": f"biz-{count}", "RequestId": "r"}).encode()


def _tencent(mood: str, count: int) -> bytes:
    status = {"SerialNo": f"serial-{count}", "Code": "Ok" if mood == "ok" else mood, "Message": "x"}
    return json.dumps({"Response": {"SendStatusSet": [status], "RequestId": "r"}}).encode()


def _read_aliyun(path: str, body: bytes) -> dict[str, str]:
    said = dict(parse_qsl(urlsplit(path).query))
    return json.loads(said["TemplateParam"]) | {
        "to": said["PhoneNumbers"], "template": said["TemplateCode"], "sign": said["SignName"], "ours": said["OutId"],
    }  # fmt: skip


def _read_tencent(path: str, body: bytes) -> dict[str, str]:
    said = json.loads(body)
    number, code = said["TemplateParamSet"]
    [phone] = said["PhoneNumberSet"]
    return {
        "number": number, "code": code, "to": phone, "template": said["TemplateId"], "sign": said["SignName"],
        "ours": said["SessionContext"], "app": said["SmsSdkAppId"],
    }  # fmt: skip


def _is_signed(provider: str, request: Outsider, body: bytes) -> bool:
    given = request.headers.get("Authorization", "")
    right = _acs3(request, body) if provider == "aliyun" else _tc3(request, body)
    return hmac.compare_digest(given.rpartition("Signature=")[2], right)


def _acs3(request: Outsider, body: bytes) -> str:
    """Return what 阿里云 documents as ACS3-HMAC-SHA256 (V3 request body and signature)."""
    names = request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"} <= set(names)
    address = urlsplit(request.path)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(parse_qsl(address.query))
    )
    headers = "".join(f"{name}:{(request.headers.get(name) or '').strip()}\n" for name in names)
    digest = hashlib.sha256(body).hexdigest()
    if request.headers["x-acs-content-sha256"] != digest:
        return ""
    canonical = "\n".join(["POST", address.path or "/", query, headers, ";".join(names), digest])
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(KEY_SECRET.encode(), to_sign.encode(), "sha256").hexdigest()


def _tc3(request: Outsider, body: bytes) -> str:
    """Return what 腾讯云 documents as TC3-HMAC-SHA256 (signature v3)."""
    at = request.headers["X-TC-Timestamp"]
    if abs(time.time() - int(at)) > 300:  # noqa: TID251 the provider's own clock
        return ""
    names = request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in names)
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(["POST", "/", "", headers, ";".join(names), digest])
    day = time.strftime("%Y-%m-%d", time.gmtime(int(at)))
    scope = f"{day}/sms/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"TC3" + KEY_SECRET.encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()
