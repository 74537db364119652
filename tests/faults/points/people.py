"""Ways to the points that people and other systems reach by a request."""

import hmac
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from intake.adapters import ADAPTER, SIGNATURE, TIMESTAMP
from shared import people
from shared.domain.numbers import number_of
from shared.domain.terms import Role
from shared.people import NewStaff
from tests.faults.points.house import House
from tests.faults.points.ways import Way
from tests.integration.sms_sinks import RECEIPT_SECRET
from tests.integration.stage import CITY, rules_of
from tests.integration.telephony import NAME, ONE, event
from tests.integration.telephony import SECRET as ADAPTER_SECRET

PASSWORD, BODY = "a long enough one", "锦江区春熙路停水三天了，没有人管"
EXTENSION, MOST_TRIES = "801", 50
LONGEST = 15.0  # than any request may take
_INPUT = re.compile(r'<input[^>]*name="([a-z_]+)"[^>]*value="([^"]*)"')
_HIDDEN = ("csrf_token", "key", "version", "writer", "call")


def patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask, and again as long as the machine is too busy."""
    for _ in range(MOST_TRIES):
        answer = ask()
        if answer.status_code != 503:
            break
    return answer


def post(url: str, **more: Any) -> httpx.Response:
    """Post, and again as long as the machine is too busy."""
    return patiently(lambda: httpx.post(url, trust_env=False, **{"timeout": LONGEST} | more))


# A caller files a request.


def file(house: House, url: str, seconds: float = LONGEST) -> Mapping[str, Any]:
    """File always the same request."""
    headers = {"Idempotency-Key": "always-the-same"}
    answer = post(
        f"{url}/api/v1/tickets", json={"body": BODY, "phone": "13800000000"}, headers=headers, timeout=seconds
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def one_ticket(house: House) -> None:
    """Prove that the request has one ticket, and that its caller heard the same of it each time."""
    assert house.kept["answer"] == house.kept["again"]
    assert len(house.stage.rows("SELECT id FROM ticket")) == 1
    assert len(house.stage.rows("SELECT key FROM idempotency")) == 1


FILING = Way("public", act=file, proves=one_ticket, more=("router",))

# An operator registers from a call, out of a draft.


def _staff(house: House, role: Role, **more: Any) -> dict[str, str]:
    """Return the cookies of a new person who has logged in."""
    new = NewStaff(city=CITY, login=f"{role}{uuid.uuid4().hex[:6]}", password=PASSWORD, name="Li", role=role, **more)
    with house.stage.engine.begin() as connection:
        staff_id = people.add_staff(connection, new)
        house.kept["login"] = new.login
        house.kept["staff"] = staff_id
        return {"staff": people.open_session(connection, staff_id)}


def _console(house: House) -> None:
    house.kept["cookies"] = _staff(house, Role.OPERATOR)
    house.stage.as_owner("UPDATE staff SET extension = :at", at=EXTENSION)
    with house.running("staff") as process:
        for step in (
            event("offered", 0, direction="in", caller={"number": "13812345678"}),
            event("answered", 9, leg={"role": "seat", "agent_id": EXTENSION}),
        ):
            _hear(process.url, step)
    [house.kept["call"]] = house.stage.rows("SELECT id FROM call")


def type_and_register(house: House, url: str) -> Any:
    """Open the form of a call, save it as a draft, and register it."""
    call_id = house.kept["call"]["id"]
    with httpx.Client(base_url=url, timeout=15, trust_env=False, cookies=house.kept["cookies"]) as client:
        page = patiently(lambda: client.get("/console", params={"call": call_id}))
        if page.status_code == 303:
            return page.headers["Location"]
        fields = {name: value for name, value in _INPUT.findall(page.text) if name in _HIDDEN}
        assert fields["key"] == f"call-{call_id:08d}", fields
        typed = fields | {"title": "停水", "body": BODY}
        typed |= {"channel": "phone", "phone": "13812345678"}
        as_json = {"Accept": "application/json"}
        saved = patiently(lambda: client.post("/console/draft", data=typed, headers=as_json))
        assert saved.status_code == 200, saved.text[:2000]
        whole = typed | {"version": saved.json()["version"]}
        done = patiently(lambda: client.post("/console", data=whole))
        assert done.status_code == 303, done.text[:4000]
        return done.headers["Location"]


def from_a_call(house: House) -> None:
    """Prove one ticket, bound to the call, and no draft left of the form."""
    bound = house.stage.rows("SELECT call.id FROM ticket JOIN call ON call.ticket_id = ticket.id")
    assert (len(house.stage.rows("SELECT id FROM ticket")), len(bound)) == (1, 1)
    assert house.stage.rows("SELECT key FROM draft") == []


CONSOLE = Way("staff", _console, type_and_register, proves=from_a_call, more=("router",))

# A department signs for its ticket.


def _routed(house: House) -> None:
    house.stage.register(body=BODY)
    house.work("router")
    [ticket] = house.stage.rows("SELECT id, unit, seq, holder_kind, registered_at FROM ticket")
    assert ticket["holder_kind"] == "unit", ticket
    house.kept |= ticket | {"cookies": _staff(house, Role.HANDLER, unit=ticket["unit"])}


def sign(house: House, url: str) -> Any:
    """Sign; whoever comes a second time is told that it is done."""
    number = number_of(house.kept["id"], house.kept["registered_at"], rules_of(CITY).zone)
    target = f"{url}/api/v1/tickets/{number}/sign"
    answer = post(target, json={"seen_seq": house.kept["seq"]}, cookies=house.kept["cookies"])
    assert answer.status_code in (200, 409), answer.text
    return answer.status_code


def signed_once(house: House) -> None:
    """Prove one event, whoever has heard of it."""
    assert house.stage.events(house.kept["id"]).count("signed") == 1
    assert house.kept["again"] == 409


SIGNING = Way("staff", _routed, sign, proves=signed_once)

# Somebody sends a file, and never says what for.


def upload(house: House, url: str) -> Any:
    """Send a file."""
    answer = post(f"{url}/api/v1/files", files={"file": ("water.txt", BODY.encode())})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def nothing_is_lost_or_left(house: House) -> None:
    """Prove that each file that was taken is whole, and that the day's tidying finds whatever a death left behind."""
    folder = house.folder / "files"
    for name in ("answer", "again"):
        assert (folder / house.kept[name][:2] / house.kept[name]).read_bytes() == BODY.encode()
    assert len(house.stage.rows("SELECT id FROM attachment WHERE state = 'writing'")) == 1
    house.stage.as_owner("UPDATE attachment SET uploaded_at = uploaded_at - interval '2 days'")
    tidy_now(house)
    house.work("worker")
    assert house.stage.rows("SELECT id FROM attachment") == []
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def tidy_now(house: House) -> None:
    """Let the daily tidying be due."""
    house.stage.as_owner(
        "INSERT INTO job (cause_seq, kind, part, state, due_at, attempts, stales)"
        " VALUES (0, 'tidy', '2026-09-06', 'todo', business_now(), 0, 0)"
    )


UPLOADING = Way("public", act=upload, proves=nothing_is_lost_or_left)

# The exchange reports a call.


def _hear(url: str, step: Mapping[str, Any]) -> Any:
    body = json.dumps(step).encode()
    at = str(int(time.time()))  # noqa: TID251 the exchange's own clock
    right = hmac.new(ADAPTER_SECRET.encode(), at.encode() + b"." + body, "sha256").hexdigest()
    headers = {ADAPTER: NAME, TIMESTAMP: at, SIGNATURE: f"v1={right}", "Content-Type": ONE}
    answer = post(f"{url}/api/v1/calls/events", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


def report_a_call(house: House, url: str) -> Any:
    """Report that a call came in."""
    return _hear(url, event("offered", 0, direction="in", caller={"number": "13812345678"}))


def heard_once(house: House) -> None:
    """Prove that the repeat left no trace."""
    assert len(house.stage.rows("SELECT id FROM call_event")) == len(house.stage.rows("SELECT id FROM call")) == 1
    assert house.kept["again"] == {"events": 1, "new": 0}


CALLING = Way("staff", act=report_a_call, proves=heard_once)

# Somebody logs in.


def log_in(house: House, url: str) -> Any:
    """Log in by one request."""
    answer = post(f"{url}/api/v1/session", json={"login": house.kept["login"], "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.status_code


def _account(house: House) -> None:
    _staff(house, Role.OPERATOR)


def sessions_are_whole(house: House) -> None:
    """Prove that whoever logged in has a session and a line in the log, and nobody else has."""
    logged_in = house.stage.rows("SELECT id FROM access_log WHERE action = 'logged_in'")
    assert len(house.stage.rows("SELECT staff_id FROM session")) - 1 == len(logged_in) == 2


LOGIN = Way("staff", _account, log_in, proves=sessions_are_whole)

# A provider reports that a message has arrived.


def _sent(house: House) -> None:
    ticket_id = house.stage.register(tell_by_sms=True, body=BODY)
    house.work("router", "sender")
    [house.kept["row"]] = house.stage.rows("SELECT * FROM notice WHERE seq = 1 AND ticket_id = :id", id=ticket_id)
    assert house.kept["row"]["state"] == "sent", house.kept["row"]


def give_receipt(house: House, url: str) -> Any:
    """Report it, as often as it takes."""
    row = house.kept["row"]
    report = {"biz_id": row["provider_reference"], "out_id": row["reference"], "success": True, "err_code": "DELIVERED"}
    answer = post(f"{url}/api/v1/receipts/aliyun/{RECEIPT_SECRET}", json=[report])
    assert answer.status_code == 200, answer.text
    return answer.status_code


def delivered(house: House) -> None:
    """Prove that the row says so."""
    [row] = house.stage.rows("SELECT receipt FROM notice WHERE seq = 1")
    assert row["receipt"] == "delivered"


RECEIPT = Way("public", _sent, give_receipt, proves=delivered)

WAYS: Mapping[str, Way] = {
    "open.drawn": FILING,
    "step.written": CONSOLE,
    "open.committed": FILING,
    "register.answered": FILING,
    "execute.decided": SIGNING,
    "execute.committed": SIGNING,
    "file.noted": UPLOADING,
    "file.stored": UPLOADING,
    "call.written": CALLING,
    "call.committed": CALLING,
    "draft.saved": CONSOLE,
    "login.opened": LOGIN,
    "receipt.kept": RECEIPT,
}
