"""A telephony adapter as the hotline knows it: signed CloudEvents, in the order of the test's choice."""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from intake.adapters import ADAPTER, SIGNATURE, TIMESTAMP
from tests.integration.api import Api

NAME, SECRET = "asterisk/main", "the secret of the asterisk in the main building"
NOON = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
PHONE, SEAT = "13812345678", "801"
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(step: str, seconds: float = 0, call: str = "c1", **data: Any) -> dict[str, Any]:
    """Return one event of a call that began at noon."""
    return {
        "specversion": "1.0",
        "id": f"asterisk:main:{call}:{step}:{seconds}",
        "source": f"/pbx/{NAME}",
        "type": f"hotline.call.{step}.v1",
        "subject": call,
        "time": (NOON + timedelta(seconds=seconds)).isoformat(),
        "data": data,
    }


def rings(call: str = "c1", phone: str = PHONE, seat: str = SEAT, seconds: float = 0) -> list[dict[str, Any]]:
    """Return the events of a call that rings at a seat two seconds after it came."""
    return [
        event("offered", seconds, call, direction="in", line="12345", caller={"number": phone}),
        event("ringing", seconds + 2, call, leg={"role": "seat", "agent_id": seat}),
    ]


def answered(call: str = "c1", phone: str = PHONE, seat: str = SEAT, seconds: float = 0) -> list[dict[str, Any]]:
    """Return the events of a call that is answered after ten seconds."""
    talks = event("answered", seconds + 10, call, leg={"role": "seat", "agent_id": seat})
    return [*rings(call, phone, seat, seconds), talks]


def missed(call: str = "c1", phone: str = PHONE, seconds: float = 0) -> list[dict[str, Any]]:
    """Return the events of a call that nobody answered for twenty seconds."""
    return [*rings(call, phone, seconds=seconds), event("abandoned", seconds + 20, call)]


@dataclass
class Adapter:
    """Sends events, signed unless a test says otherwise."""

    api: Api
    secret: str = SECRET

    def send(self, *events: dict[str, Any], **odd: str) -> TestResponse:
        """Send one event, or several as a batch."""
        body = json.dumps(events[0] if len(events) == 1 else list(events)).encode()
        return self.send_raw(body, ONE if len(events) == 1 else BATCH, **odd)

    def send_raw(self, body: bytes, kind: str = ONE, **odd: str) -> TestResponse:
        """Send a body; `odd` are headers that are not as they should be."""
        headers = self.signed(body, odd.get(TIMESTAMP)) | {"Content-Type": kind} | odd
        return self.api.staff().post("/api/v1/calls/events", data=body, headers=headers)

    def signed(self, body: bytes, at: str | None = None) -> dict[str, str]:
        """Return the headers of a body."""
        at = at or str(self.now())
        right = hmac.new(self.secret.encode(), at.encode() + b"." + body, "sha256").hexdigest()
        return {ADAPTER: NAME, TIMESTAMP: at, SIGNATURE: f"v1={right}", "Content-Type": ONE}

    def now(self) -> int:
        """Return the real time in Unix seconds."""
        return int(self.api.stage.rows("SELECT extract(epoch FROM clock_timestamp())::bigint AS now")[0]["now"])

    def hear(self, *events: dict[str, Any]) -> int:
        """Send events that must be taken, each alone; return how many were new."""
        new = 0
        for one in events:
            response = self.send(one)
            assert response.status_code == 202, response.json
            new += response.json["new"]
        return new
