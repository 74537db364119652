"""Which telephony adapter speaks: proved by an HMAC over time and raw body, or by an API key that bears its name."""

import hmac
from datetime import timedelta

import sqlalchemy as sa
from flask import Request, g

from intake.fields import whole_number
from intake.stores import reading
from shared.domain.errors import Refused
from shared.settings import settings

ADAPTER, TIMESTAMP, SIGNATURE = "Call-Adapter", "Call-Timestamp", "Call-Signature"
WINDOW = timedelta(minutes=5)
_LONGEST_TIMESTAMP = 12


def identified(request: Request) -> str:
    """Return the adapter's name. Raises `Refused` without saying whether name, secret or body is wrong."""
    if g.api_key is not None:
        return str(g.api_key.name)  # the access table has asked for its scope
    name, timestamp = request.headers.get(ADAPTER, ""), request.headers.get(TIMESTAMP, "")
    seconds = whole_number(timestamp, _LONGEST_TIMESTAMP)
    if seconds is None:
        raise _refusal(f"{TIMESTAMP} 要是现在的 Unix 秒数。(Send the Unix time in seconds.)")
    # An unknown adapter is compared too, so that the time it takes tells nothing.
    secrets = settings().call_secrets.get(name, ())
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    signed = timestamp.encode() + b"." + request.get_data()
    right = [hmac.compare_digest(given, signature(secret, signed)) for secret in secrets or (b"nobody's",)]
    if not (secrets and any(right)):
        raise _refusal("适配器的名字或签名不对。(The adapter's name or its signature is wrong.)")
    with reading() as connection:
        age = connection.execute(sa.select(sa.func.abs(sa.extract("epoch", sa.func.clock_timestamp()) - seconds)))
        if age.scalar_one() > WINDOW.total_seconds():
            raise _refusal(f"{TIMESTAMP} 与现在相差超过 5 分钟。(The timestamp is more than 5 minutes off.)")
    return name


def signature(secret: bytes, signed: bytes) -> bytes:
    """Return `v1=` and the hexadecimal HMAC-SHA256."""
    return b"v1=" + hmac.new(secret, signed, "sha256").hexdigest().encode()


def _refusal(why: str) -> Refused:
    return Refused("bad_signature", why)
