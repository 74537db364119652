"""`hotline feed` through the real public API, with the real router behind it."""

import json
import os
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import structlog

from router.handlers import think
from shared.command import feed
from shared.command.feed_file import Message, UnusableFile, read_messages
from shared.command.feed_post import Posting
from shared.command.ports import any_free
from shared.consumer import drain, through_ledger
from shared.domain.follow_ups import JobKind
from tests.integration.stage import SECRET, Stage

ROWS = [
    ("小区停水", "锦江区某小区停水两天了，请尽快恢复供水。"),
    ("", "天府新区的路灯坏了一个月，晚上看不见路。"),
    ("长" * 250, "成华区一处工地半夜施工，吵得睡不着。"),
    ("咨询", "请问住房公积金怎么提取？"),
    ("只有标题", ""),
    ("太长", "水" * 10_001),
    ("", ""),
]


@pytest.fixture
def public_url(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The public surface in a process of its own."""
    port = any_free()
    url = f"http://127.0.0.1:{port}"
    database = stage.engine.url.render_as_string(hide_password=False)
    env = {"DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:9/0", "HOTLINE_SECRET": SECRET.decode()}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--workers", "1", "--no-access-log", "intake.wsgi:public"],
        env={**os.environ, **env, "HOTLINE_DEV": "1", "PUBLIC_URL": url},
        stdout=subprocess.DEVNULL,
    )
    monkeypatch.setenv("PUBLIC_URL", url)
    until = time.monotonic() + 60
    while not _answers(url):
        assert time.monotonic() < until
        assert server.poll() is None
        time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def routing(
    stage: Stage, public_url: str, as_settings: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The router's own consumer, in a thread that logs nothing where the verb says its piece."""
    as_settings(stage)
    monkeypatch.setattr("shared.ledger.ledger.log", structlog.wrap_logger(structlog.ReturnLogger()))
    over = threading.Event()
    handle = through_ledger(stage.ledger, think)

    def work() -> None:
        while not over.wait(0.05):
            drain(stage.engine, JobKind.ROUTE, handle, 5)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def write(path: Path, rows: list[tuple[str, str]], encoding: str = "utf-8", header: str = "id,title,text") -> Path:
    lines = [header, *(f'{place},"{title}","{text}"' for place, (title, text) in enumerate(rows))]
    path.write_text("\n".join(lines), encoding=encoding)
    return path


def run(file: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, dict[str, Any]]:
    code = feed.run(Namespace(**({"file": file, "rate": None, "limit": None, "json": True} | options)))
    return code, json.loads(capsys.readouterr().out)


def test_every_message_is_posted_once_and_told_where_it_went(
    stage: Stage, routing: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "messages.csv", ROWS)
    code, said = run(file, capsys)
    assert code == 1
    assert (said["posted"], said["accepted"], said["refused"], said["titles_cut"]) == (6, 5, 1, 1)
    assert said["refused_why"][0]["why"].startswith("HTTP 400 bad_input: body: ")
    assert said["refused_why"][0]["lines"] == [7]
    placed = sum(said["units"].values()) + sum(said["seats"].values()) + said["triage"]
    assert (placed, said["with_router"], said["not_found"]) == (5, 0, 0)
    assert said["accepted_ms"]["p99"] > 0
    assert said["dispatched_ms"]["p50"] > 0
    code, again = run(file, capsys)
    assert (again["accepted"], again["known_from_before"]) == (5, 5)
    assert stage.rows("SELECT count(*) AS n FROM ticket")[0]["n"] == 5


def test_the_way_is_timed_in_real_seconds_when_the_clock_runs_fast(
    stage: Stage, routing: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = stage.rows("SELECT business_now() AS now")[0]["now"]
    stage.set_clock(now, speed=1440)
    _, said = run(write(tmp_path / "messages.csv", ROWS[:2]), capsys, limit=1)
    assert said["posted"] == 1
    assert said["dispatched_ms"]["max"] < 60_000


def test_a_file_in_gb18030_is_read_like_one_in_utf_8(tmp_path: Path) -> None:
    one = list(read_messages(write(tmp_path / "a.csv", ROWS)))
    tmp_path.joinpath("b").mkdir()
    two = list(read_messages(write(tmp_path / "b" / "a.csv", ROWS, encoding="gb18030")))
    assert one == two
    with_mark = list(read_messages(write(tmp_path / "b" / "a.csv", ROWS, encoding="utf-8-sig", header="id,Title,TEXT")))
    assert one == with_mark


def test_a_title_is_taken_from_the_text_where_it_is_empty(tmp_path: Path) -> None:
    messages = list(read_messages(write(tmp_path / "a.csv", [("", "水" * 60), ("标题", "")])))
    assert [(one.title, one.body) for one in messages] == [("水" * 40, "水" * 60), ("标题", "标题")]


def test_a_file_without_the_right_header_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="must name the columns `title` and `text`; it says: 1, 停水, 没有水"):
        list(read_messages(write(tmp_path / "a.csv", ROWS, header="1,停水,没有水")))
    tmp_path.joinpath("binary.csv").write_bytes(b"title,text\n\xff\xff\xff")
    with pytest.raises(UnusableFile, match="neither UTF-8 nor GB18030"):
        list(read_messages(tmp_path / "binary.csv"))
    with pytest.raises(UnusableFile, match="No such file"):
        list(read_messages(tmp_path / "missing.csv"))


class Busy(BaseHTTPRequestHandler):
    """Says 503 to each key twice before it accepts it."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        key = self.headers["Idempotency-Key"]
        Busy.seen.append(key)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"number": "260907000013"}' if Busy.seen.count(key) > 2 else b"{}"
        self.send_response(201 if Busy.seen.count(key) > 2 else 503)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_a_busy_api_is_asked_again_under_the_same_key() -> None:
    Busy.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        posting = Posting(f"http://127.0.0.1:{server.server_port}", threads=2)
        posting.run(Message(line, "题", "文", f"feed-{line}", is_cut=False) for line in range(4))
        server.shutdown()
    assert (posting.progress.accepted, posting.progress.waits) == (4, 8)
    assert sorted(Busy.seen) == sorted([f"feed-{line}" for line in range(4)] * 3)
