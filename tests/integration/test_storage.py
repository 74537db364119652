"""Files lie on disk or in a bucket: durable when stored, whole or not at all, and a full disk says so (FAULTS T22)."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from shared.settings import SettingsError
from shared.storage import NotStored, Storage, StorageError

CONTENT = b"hello" * 100


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of a server that speaks S3."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "key")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        httpx.put(f"http://{host}:{port}/files", trust_env=False).raise_for_status()
        yield f"s3://files?endpoint=http://{host}:{port}&region=us-east-1"
        server.stop()


@pytest.fixture(params=["disk", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    url = (tmp_path / "files").as_uri() if request.param == "disk" else request.getfixturevalue("bucket")
    return Storage(url)


def test_what_was_stored_is_there_until_it_is_deleted(place: Storage) -> None:
    place.put("ab/abc", CONTENT)
    assert place.get("ab/abc") == CONTENT
    place.delete("ab/abc")
    place.delete("ab/abc")
    with pytest.raises(NotStored):
        place.get("ab/abc")


def test_a_file_is_on_the_disk_before_anybody_hears_that_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    Storage(tmp_path.as_uri()).put("ab/abc", CONTENT)
    assert synced == [str(tmp_path / "ab/abc"), str(tmp_path / "ab"), str(tmp_path)]


def test_a_bucket_that_does_not_answer_is_an_error_soon() -> None:
    with pytest.raises(StorageError) as caught:
        Storage("s3://files?endpoint=http://127.0.0.1:9").put("ab/abc", CONTENT)
    assert not caught.value.is_full


def test_a_full_disk_says_that_it_is_full_and_keeps_no_half_file(small_disk: Path) -> None:
    place = Storage((small_disk / "files").as_uri())
    place.put("ab/first", CONTENT)
    with pytest.raises(StorageError) as caught:
        place.put("ab/second", b"x" * 500_000)
    assert caught.value.is_full
    assert [path.name for path in (small_disk / "files").rglob("*") if path.is_file()] == ["first"]
    assert place.get("ab/first") == CONTENT
    place.put("ab/third", CONTENT)


def test_a_place_that_cannot_be_named_stops_the_start() -> None:
    for url in ("ftp://files", "/srv/files", "s3:///", "file://"):
        with pytest.raises(SettingsError, match="HOTLINE_FILES_URL"):
            Storage(url)
