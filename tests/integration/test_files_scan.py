"""With a virus scanner files are held until it has spoken, however long it is away (SECURITY S37)."""

import socketserver
import struct
import threading
from collections.abc import Iterator

import pytest

from shared import jobs
from shared.command.ports import any_free
from shared.domain.follow_ups import JobKind
from shared.settings import settings
from shared.storage import NotStored, Storage, StorageError, storage
from tests.integration.api import Api
from tests.integration.test_files_api import fetch, files_of, place, sent
from worker.scanning import Scanning

VIRUS = b"X5O!P%@AP-a-test-virus"


class Scanner(socketserver.BaseRequestHandler):
    """Speaks clamd's INSTREAM and finds one virus."""

    def handle(self) -> None:
        with self.request.makefile("rb") as asked:
            assert asked.read(10) == b"zINSTREAM\0"
            content = b""
            while (length := struct.unpack(">I", asked.read(4))[0]) > 0:
                content += asked.read(length)
        answer = b"stream: Test-Virus FOUND\0" if VIRUS in content else b"stream: OK\0"
        self.request.sendall(b"INSTREAM size limit exceeded. ERROR\0" if b"too much" in content else answer)


@pytest.fixture
def scanner(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A scanner that answers, and a deployment that knows it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"tcp://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("HOTLINE_CLAMD_URL", url)
        settings.cache_clear()
        yield url
        server.shutdown()
        thread.join()


def scan(api: Api, url: str | None) -> None:
    api.stage.work({JobKind.SCAN: Scanning(api.stage.engine, storage(), url).handle}, JobKind.SCAN)


def test_a_file_opens_when_the_scanner_has_found_nothing(api: Api, scanner: str) -> None:
    file_id = sent(api.public(), b"harmless", "a.txt")
    number = api.file(files=[file_id])["number"]
    held = fetch(api, "lin", number, file_id)
    assert (held.status_code, held.json and held.json["code"]) == (409, "file_held")
    scan(api, scanner)
    assert (fetch(api, "lin", number, file_id).status_code, files_of(api, "lin", number)[0]["state"]) == (200, "clean")


def test_a_file_with_a_virus_is_deleted_and_the_ticket_says_so(api: Api, scanner: str) -> None:
    file_id = sent(api.public(), VIRUS, "a.txt")
    number = api.file(files=[file_id])["number"]
    scan(api, scanner)
    refused = fetch(api, "lin", number, file_id)
    assert (refused.status_code, refused.json and refused.json["code"]) == (409, "file_infected")
    with pytest.raises(Exception, match=file_id):
        place().get(f"{file_id[:2]}/{file_id}")


@pytest.mark.parametrize("why", ["away", "refuses"])
def test_while_the_scanner_does_not_speak_files_stay_held_and_no_attempt_is_lost(
    api: Api, scanner: str, why: str
) -> None:
    file_id = sent(api.public(), b"too much" if why == "refuses" else b"x", "a.txt")
    number = api.file(files=[file_id])["number"]
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        scan(api, f"tcp://127.0.0.1:{any_free()}" if why == "away" else scanner)
        api.stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind = 'scan'")
    (job,) = api.stage.jobs(None, JobKind.SCAN)
    assert (job["state"], job["attempts"]) == ("todo", 0)
    assert fetch(api, "lin", number, file_id).status_code == 409


def test_what_one_batch_has_no_time_for_is_handed_back_and_loses_no_attempt(
    api: Api, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(api.public(), b"one", "a.txt")
    sent(api.public(), b"two", "b.txt")
    monkeypatch.setattr("worker.untied.BUDGET_SECONDS", 0)
    claimed = jobs.claim(api.stage.engine, JobKind.SCAN)
    Scanning(api.stage.engine, storage(), scanner).handle(claimed)
    rows = api.stage.rows("SELECT state, attempts, leased_until FROM job WHERE kind = 'scan'")
    assert rows == [{"state": "todo", "attempts": 0, "leased_until": None}] * 2


def test_a_virus_that_cannot_be_deleted_yet_is_not_served_and_deleted_later(
    api: Api, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = sent(api.public(), VIRUS, "a.txt")
    number = api.file(files=[file_id])["number"]
    with monkeypatch.context() as broken:
        broken.setattr(Storage, "delete", refuses)
        scan(api, scanner)
    assert fetch(api, "lin", number, file_id).json["code"] == "file_infected"
    assert place().get(f"{file_id[:2]}/{file_id}") == VIRUS
    api.stage.as_owner("UPDATE job SET due_at = business_now() WHERE kind = 'scan'")
    scan(api, scanner)
    with pytest.raises(NotStored):
        place().get(f"{file_id[:2]}/{file_id}")


def refuses(_: Storage, name: str) -> None:
    raise StorageError("no_answer")
