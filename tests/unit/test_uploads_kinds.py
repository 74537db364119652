"""What a file holds and what its name says must agree, and nothing else may hide in it (SECURITY S37)."""

import io
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from intake.uploads import pictures
from intake.uploads.kinds import KINDS, checked
from intake.uploads.names import LONGEST_STEM, split_name
from intake.uploads.serving import MIMETYPES
from shared.domain.errors import Refused
from shared.domain.files import MOST_BYTES
from tests import samples

GOOD: dict[str, Callable[[], bytes]] = {
    "a.jpg": samples.photo,
    "a.JPEG": samples.picture,
    "a.png": lambda: samples.picture("PNG"),
    "a.webp": lambda: samples.picture("WEBP"),
    "a.gif": lambda: samples.picture("GIF"),
    "a.pdf": samples.pdf,
    "a.txt": "水管坏了".encode,
    "a.docx": samples.docx,
    "a.xlsx": lambda: samples.office("xl/workbook.xml"),
    "a.wav": samples.wav,
    "a.mp3": samples.mp3,
    "a.m4a": lambda: samples.mp4(b"M4A "),
    "a.mp4": samples.mp4,
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PHP = b"<?php system($_GET['c']);"
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


def refused(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        checked(name, content)
    return caught.value.code


def outcome(name: str, content: bytes) -> str:
    try:
        checked(name, content)
    except Refused as refusal:
        return refusal.code
    return "taken"


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_that_is_taken_is_taken(name: str) -> None:
    kept = checked(name, GOOD[name]())
    assert kept.content
    assert kept.extension == KINDS[name.rpartition(".")[2].lower()].extension


def test_every_kind_has_a_type_to_be_served_as() -> None:
    assert {kind.extension for kind in KINDS.values()} == set(MIMETYPES)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_a_file_under_the_name_of_another_kind_is_refused(name: str, other: str) -> None:
    kinds = {KINDS[each.rpartition(".")[2].lower()].extension for each in (name, other)}
    if len(kinds) > 1 and kinds != {"m4a", "mp4"}:  # one container; which it is, nobody can tell from outside
        assert refused(other, GOOD[name]()) == "file_kind"


@pytest.mark.parametrize("content", [SVG, PHP, HTML, b"MZ\x90\0" + b"\0" * 99, b"#!/bin/sh\n", b"\0" * 50])
@pytest.mark.parametrize("extension", ["jpg", "png", "pdf", "txt", "docx", "mp3", "mp4", "svg", "html", "js", "exe"])
def test_scripts_and_programs_are_refused_under_every_name(content: bytes, extension: str) -> None:
    assert refused(f"a.{extension}", content) == "file_kind"


def test_an_empty_file_and_one_too_large_are_refused() -> None:
    assert refused("a.txt", b"") == "file_empty"
    assert refused("a.txt", b"x" * (MOST_BYTES + 1)) == "file_too_large"
    assert checked("a.txt", b"x" * MOST_BYTES).content


def test_a_picture_is_painted_anew_without_place_camera_or_comment() -> None:
    kept = checked("a.jpg", samples.photo()).content
    assert b"Wang Fang" in samples.photo()
    assert b"Wang Fang" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (dict(image.getexif()), image.info.get("comment")) == ({}, None)
        assert image.size == (30, 40), "turned as the camera said, for nothing says so any more"


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "gif"])
def test_what_hides_behind_a_picture_does_not_come_along(form: str) -> None:
    polyglot = samples.picture({"jpg": "JPEG"}.get(form, form.upper())) + samples.docx() + HTML + PHP
    kept = checked(f"a.{form}", polyglot).content
    assert not any(marker in kept for marker in (b"PK\x03\x04", b"<script", b"<?php"))


def test_a_small_file_with_very_many_pixels_is_refused_and_a_large_photo_is_made_smaller() -> None:
    assert refused("a.png", bomb()) == "file_kind"
    kept = checked("a.jpg", samples.picture(size=(5000, 1000))).content
    with Image.open(io.BytesIO(kept)) as image:
        assert max(image.size) == pictures.LONGEST_SIDE


def bomb() -> bytes:
    """A picture of which the head alone says that it is large."""
    content = bytearray(samples.picture("PNG"))
    content[16:24] = (100_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.jpg", samples.picture(size=(400, 300))[:300]),
        ("behind.pdf", samples.pdf() + samples.docx()),
        ("behind-html.pdf", samples.pdf() + HTML),
        ("before.pdf", HTML + samples.pdf()),
        ("cut.pdf", samples.pdf()[:-20]),
        ("before.docx", b"GIF89a" + samples.docx()),
        ("behind.docx", samples.docx() + PHP),
        ("plain-zip.docx", samples.office("readme.txt")),
        ("macro.docx", samples.office("word/document.xml", "word/vbaProject.bin")),
        ("climbs.docx", samples.office("word/document.xml", "../../etc/passwd")),
        ("bomb.xlsx", samples.office("xl/workbook.xml", "big", big=b"\0" * 30_000_000)),
        ("behind.wav", samples.wav() + HTML),
        ("behind.mp3", samples.mp3() + HTML),
        ("behind.mp4", samples.mp4() + HTML),
        ("no-sound.mp4", samples.mp4()[:24]),
        ("control.txt", b"\x1b[2J hello"),
    ],
)
def test_what_is_damaged_or_holds_a_second_file_is_refused(name: str, content: bytes) -> None:
    assert refused(name, content) == "file_kind"


def test_text_may_be_in_the_old_chinese_encoding_and_is_kept_as_utf_8() -> None:
    assert checked("a.txt", "停水三天".encode("gb18030")).content.decode() == "停水三天"


@pytest.mark.parametrize(
    ("raw", "stem", "extension"),
    [
        ("../../etc/passwd", "passwd", ""),
        ("C:\\photos\\pipe.JPG", "pipe", "jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie x=1", "jpg"),
        ("photo\u202egpj.exe", "photogpj", "exe"),
        ("…  .jpg", "…", "jpg"),
        (".jpg", "file", "jpg"),
        ("水管" * 150 + ".pdf", ("水管" * 150)[:LONGEST_STEM], "pdf"),
        ("\ud800.txt", "file", "txt"),
    ],
)
def test_nothing_in_a_name_steers_a_header_a_folder_or_a_reader(raw: str, stem: str, extension: str) -> None:
    assert split_name(raw) == (stem, extension)


@given(st.text(max_size=400))
def test_no_name_does(raw: str) -> None:
    stem, _ = split_name(raw)
    assert 0 < len(stem) <= LONGEST_STEM
    assert not set(stem) & set(
        '/\
\0:"<>|'
    )
    assert not stem.startswith(".")


@given(st.binary(max_size=3000), st.sampled_from(sorted(KINDS)))
def test_no_bytes_make_the_checks_stumble(content: bytes, extension: str) -> None:
    assert outcome(f"a.{extension}", content) in ("taken", "file_kind", "file_empty")


@pytest.mark.filterwarnings("ignore:.*EXIF")
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 5000), st.binary(min_size=1, max_size=20))
def test_no_damage_makes_them_stumble(name: str, at: int, damage: bytes) -> None:
    content = bytearray(GOOD[name]())
    content[at % len(content) : at % len(content) + len(damage)] = damage
    assert outcome(name, bytes(content)) in ("taken", "file_kind")
