"""Bad input on the real server: an answer that fits, never a 500, never a dead worker, never somebody else's time."""

import json
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.load import Load, figures, percentile, seed_of_this_run
from tests.faults.stack import Stack
from tests.system import raw

SLOW_SENDERS, SLOW_SECONDS = 24, 8.0
# Others wait for nobody; the rest of a second is what a busy machine takes.
OTHERS_P99_SECONDS = 1.0


@pytest.mark.parametrize("surface", ["public", "staff"])
def test_whatever_comes_in_gets_an_answer_that_fits_and_kills_no_worker(stack: Stack, surface: str) -> None:
    url = stack.public_url if surface == "public" else stack.staff_url
    before = stack.pids(f"intake-{surface}")
    wrong = {}
    for name, request, statuses in raw.bad_requests():
        answer = raw.send(url, request)
        # The staff surface asks who it is before it looks at what was sent.
        fits = statuses if surface == "public" else statuses | {401}
        if answer.status not in fits or "Traceback" in answer.body.decode("utf-8", "replace"):
            wrong[name] = (answer.status, answer.body[:200])
    assert wrong == {}
    assert stack.pids(f"intake-{surface}") == before
    if surface == "public":
        assert raw.send(url, raw.post(raw.GOOD)).status == 201
        assert raw.send(url, raw.chunked([raw.GOOD[:9], raw.GOOD[9:]])).status == 201


def test_a_refusal_names_the_field_as_a_problem(stack: Stack) -> None:
    answer = raw.send(stack.public_url, raw.post(b'{"body":"x","state":"closed","phone":"12"}'))
    problem = json.loads(answer.body)
    assert "application/problem+json" in answer.head.lower()
    assert (answer.status, problem["status"], problem["code"]) == (400, 400, "bad_input")
    assert set(problem["errors"]["json"]) == {"state", "phone"}
    assert problem["request_id"]


def _send_slowly(url: str, until: float) -> None:
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as connection:
        connection.sendall(raw.post(b"", length=5000))
        while time.monotonic() < until:
            connection.sendall(b"{")
            time.sleep(1)


def test_senders_of_a_byte_a_second_take_nobody_elses_time(stack: Stack, tmp_path: Path) -> None:
    until = time.monotonic() + SLOW_SECONDS
    slow = [threading.Thread(target=_send_slowly, args=(stack.public_url, until)) for _ in range(SLOW_SENDERS)]
    for sender in slow:
        sender.start()
    time.sleep(0.5)
    load = Load(stack.public_url, tmp_path / "history.jsonl", seed_of_this_run(), threads=4, per_second=20).start()
    time.sleep(max(0.0, until - time.monotonic() - 0.5))
    told = load.stop()
    for sender in slow:
        sender.join()
    print(f"{SLOW_SENDERS} slow senders; {figures(told)}")
    assert set(told.statuses()) == {201}
    assert percentile(told.latencies(201), 0.99) <= OTHERS_P99_SECONDS


def test_a_sender_who_goes_away_halfway_files_nothing(stack: Stack) -> None:
    before = stack.value("SELECT count(*) FROM ticket")
    parts = urlsplit(stack.public_url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as connection:
        connection.sendall(raw.post(raw.GOOD, length=len(raw.GOOD) + 1))
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        assert b" 201 " not in connection.recv(65536)
    assert stack.value("SELECT count(*) FROM ticket") == before
