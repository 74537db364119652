"""Forms with files are parsed before they have a turn; what does not fit costs the file, never the words."""

import tempfile
from io import BytesIO
from typing import Any

import pytest

from intake.turns import Turns
from intake.uploads import parcels
from intake.uploads.parcels import LARGEST_PARCEL_BYTES, ParcelRequest, Part
from tests import samples

Environ = dict[str, Any]


def environ(path: str, form: dict[str, Any], **more: str) -> Environ:
    body = form["data"]
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": form["content_type"], "SERVER_NAME": "x",
        "SERVER_PORT": "80", "wsgi.url_scheme": "http", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body), **more,
    }  # fmt: skip


def ask(path: str, form: dict[str, Any], **more: str) -> Environ:
    """Let a request have its turn and return what the app was given."""
    given: Environ = {}

    def app(handed: Environ, _start: Any) -> list[bytes]:
        given.update(handed)
        return []

    Turns(app, 1, 1000)(environ(path, form, **more), lambda *_: None)
    return given


@pytest.mark.parametrize("path", ["/new", "/ticket/supplement", "/console", "/tickets/2609/reply", "/api/v1/files"])
def test_a_large_form_with_files_has_come_in_before_it_has_its_turn(path: str) -> None:
    given = ask(path, samples.form(("files", "a.txt", b"x" * 5000), body="words"))
    assert given["wsgi.input"].read() == b""
    with ParcelRequest(given) as request:
        assert (request.form["body"], request.files["files"].stream.read()) == ("words", b"x" * 5000)


@pytest.mark.parametrize("path", ["/login", "/api/v1/tickets", "/follow"])
def test_elsewhere_a_form_as_large_is_not_read(path: str) -> None:
    assert ask(path, samples.form(("files", "a.txt", b"x" * 5000)))["wsgi.input"].tell() == 0


def test_a_parcel_announced_as_too_large_is_not_read_and_one_without_a_length_is_announced_as_that() -> None:
    form = samples.form(("files", "a.txt", b"x" * 5000))
    assert ask("/new", form, CONTENT_LENGTH=str(LARGEST_PARCEL_BYTES + 1))["wsgi.input"].tell() == 0
    given = ask("/new", form, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert int(given["CONTENT_LENGTH"]) > LARGEST_PARCEL_BYTES


def test_of_a_file_past_the_limit_nothing_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "MOST_BYTES", 10)
    part = Part()
    for _ in range(4):
        part.write(b"12345")
    part.seek(0)
    assert (part.size, part.read()) == (20, b"1234512345")
    part.close()


def test_a_full_temporary_disk_costs_the_file_and_not_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/nowhere")  # no folder, so nothing can be written there
    form = samples.form(("files", "a.txt", b"x" * 200_000), ("files", "b.txt", b"y"), body="words")
    with ParcelRequest(environ("/new", form)) as request:
        large, small = (file.stream for file in request.files.getlist("files"))
        assert request.form["body"] == "words"
        assert isinstance(large, Part)
        assert isinstance(small, Part)
        assert (large.is_lost, small.is_lost, small.read()) == (True, False, b"y")
