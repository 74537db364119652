"""A person's words stay where they belong: not in a process's log, in Redis, in metrics, errors or exports (I14).

The database is looked at too: names, phones and addresses are unreadable there, and texts stand in one table.
"""

import contextlib
import re
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import redis

from tests.faults.stack import Stack, wait

NAME, PHONE, PLACE = "欧阳探针", "13987654321", "探针街九百号"
MAIL, TEXT, ANSWER, INSIDE = "probe-canary@example.cn", "公租房补贴探针正文", "探针答复", "探针内部经过"
PLANTED = (NAME, PHONE, PHONE[-8:], PLACE, MAIL, "probe-canary", "探针")
TEXTS = {"ticket_text"}


@contextmanager
def overhearing(instance: Stack) -> Iterator[list[bytes]]:
    """Listen to all that is said to Redis."""
    heard: list[bytes] = []
    at = urlsplit(instance.redis_url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as line:
        words = ["AUTH", at.username or "default", unquote(at.password)] if at.password else ["PING"]
        line.sendall(_spelt(*words) + _spelt("MONITOR"))

        def listen() -> None:
            with contextlib.suppress(OSError):
                while piece := line.recv(1 << 16):
                    heard.append(piece)

        thread = threading.Thread(target=listen, daemon=True)
        line.settimeout(None)
        thread.start()
        yield heard
        line.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _spelt(*words: str) -> bytes:
    pieces = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return (f"*{len(words)}\r\n" + "".join(pieces)).encode()


def live(instance: Stack) -> dict[str, Any]:
    """Let a ticket full of planted words be filed, answered and closed, with mistakes on the way."""
    said = {"name": NAME, "phone": PHONE, "address": PLACE, "email": MAIL, "body": f"申请{TEXT}，一直没有人答复。"}

    def file(**more: Any) -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return httpx.post(
            f"{instance.public_url}/api/v1/tickets", json=said | more, headers=headers, trust_env=False, timeout=20
        )

    accepted: dict[str, Any] = file().json()
    for mistake in ({"phone": NAME}, {"email": PLACE}, {"county": NAME}, {"unknown": PHONE}):
        assert file(**mistake).status_code == 400
    number = accepted["number"]
    with instance.staff("handler") as handler, instance.staff("operator") as operator:
        wait(lambda: handler.get(f"/api/v1/tickets/{number}").status_code == 200, "the desk", 20)
        for act, form in (
            ("sign", {}),
            ("reply", {"public": ANSWER, "internal": INSIDE, "contacted": True}),
            ("reply", {"public": ANSWER, "internal": INSIDE, "contacted": True}),
            ("resolve", {}),
        ):
            handler.post(f"/api/v1/tickets/{number}/{act}", json=form)
        looked_for(operator, NAME)
        looked_for(operator, PHONE)
        operator.post(f"/api/v1/tickets/{number}/follow_up", json={"result": "solved", "note": INSIDE})
    httpx.get(accepted["link"], trust_env=False)
    return accepted


def looked_for(person: httpx.Client, words: str) -> None:
    """Search as a browser does."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', person.get("/search").text)
    assert token
    answer = person.post("/search", data={"csrf_token": token[1], "q": words})
    assert answer.status_code == 200, answer.text
    assert "data-list" in answer.text


def test_what_a_caller_said_is_in_no_log_no_queue_and_no_column_but_its_own(stack: Stack) -> None:
    with overhearing(stack) as heard:
        accepted = live(stack)
        done = "SELECT count(*) FROM job WHERE kind = 'notify' AND state = 'todo' AND due_at < business_now()"
        wait(lambda: stack.value(done) == 0, "the notices to be sent", 30)
    overheard = b"".join(heard)
    assert b"router.work" in overheard, "Redis was listened to"
    hidden = (*PLANTED, accepted["pick_up_code"], accepted["link"].rsplit("/", 1)[1])
    with redis.Redis.from_url(stack.redis_url) as client:
        kept = overheard + b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())
    logs = {program: stack.log(program, 100_000) for program in stack.programs() if program != "mail-sink"}
    assert any(logs.values()), "there are logs to look at"
    for word in hidden:
        # MONITOR writes what is not ASCII byte by byte.
        spelt = "".join(f"\\x{byte:02x}" if byte > 126 else chr(byte) for byte in word.encode())
        assert word.encode() not in kept, word
        assert spelt.encode() not in kept, word
        assert [program for program, text in logs.items() if word in text] == [], word
    tables = [name for (name,) in stack.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    for table in set(tables) - TEXTS:
        for (row,) in stack.rows(f'SELECT t::text FROM "{table}" AS t'):  # noqa: S608 - names of its own
            assert [word for word in hidden if word in row] == [], table


def test_metrics_and_the_log_export_name_nobody(stack: Stack) -> None:
    accepted = live(stack)
    metrics = httpx.get(f"{stack.staff_url}/metrics", trust_env=False).text
    exported = stack.command("log", "--json").stdout + stack.command("explain", accepted["number"]).stderr
    assert "hotline_" in metrics
    assert exported, "the log has lines"
    for word in PLANTED:
        assert word not in metrics, word
        assert word not in exported, word
