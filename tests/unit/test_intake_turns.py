"""Bodies are read before a request takes its turn, and as announced."""

import threading
from io import BytesIO
from typing import Any

from intake.turns import NO_TURN, Turns

Environ = dict[str, Any]


def _ask(app: Turns, body: bytes, **environ: str) -> tuple[str, bytes]:
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _exc: Any = None) -> Any:
        statuses.append(status)

    answer = b"".join(app({"wsgi.input": BytesIO(body), **environ}, start_response))
    return statuses[0], answer


def _echo(environ: Environ, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [f"{environ.get('CONTENT_LENGTH')}:".encode() + environ["wsgi.input"].read()]


def test_a_body_as_announced_is_handed_on() -> None:
    assert _ask(Turns(_echo, 1, 10), b"hello", CONTENT_LENGTH="5") == ("200 OK", b"5:hello")


def test_a_body_that_breaks_off_is_refused() -> None:
    assert _ask(Turns(_echo, 1, 10), b"hel", CONTENT_LENGTH="5")[0] == "400 Bad Request"


def test_a_body_announced_as_too_long_is_not_read() -> None:
    source = BytesIO(b"x" * 50)
    Turns(lambda _environ, _start: [], 1, 10)({"wsgi.input": source, "CONTENT_LENGTH": "50"}, lambda *_: None)
    assert source.tell() == 0


def test_a_body_that_turns_out_too_long_is_announced_as_that() -> None:
    answer = _ask(Turns(_echo, 1, 10), b"x" * 50, HTTP_TRANSFER_ENCODING="chunked")
    assert answer == ("200 OK", b"11:" + b"x" * 11)


def test_only_as_many_as_have_a_turn_work_at_a_time() -> None:
    lock, inside, most, gate = threading.Lock(), [0], [0], threading.Barrier(2)

    def app(_environ: Environ, start_response: Any) -> list[bytes]:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        gate.wait(10)
        with lock:
            inside[0] -= 1
        start_response("200 OK", [])
        return []

    turns = Turns(app, 2, 10)
    threads = [threading.Thread(target=_ask, args=(turns, b"")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most[0] == 2


def test_who_has_waited_too_long_is_let_in_to_be_refused() -> None:
    held, leave = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: Any) -> list[bytes]:
        if NO_TURN in environ:
            start_response("503 Service Unavailable", [])
            return [b"no turn"]
        held.set()
        leave.wait(10)
        start_response("200 OK", [])
        return []

    turns = Turns(app, 1, 10, patience=0.05)
    first = threading.Thread(target=_ask, args=(turns, b""))
    first.start()
    held.wait(10)
    assert _ask(turns, b"") == ("503 Service Unavailable", b"no turn")
    leave.set()
    first.join(20)
