"""Which files are taken: what a file holds and what its name says must agree (SECURITY S37). No storing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import puremagic

from intake.uploads import documents, media, pictures
from intake.uploads.names import split_name
from shared.domain.errors import Refused
from shared.domain.files import MOST_BYTES

Check = Callable[[bytes], bytes]  # returns what is kept; raises `documents.Unfit`


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `magic`: what the library may call it, empty where no first bytes tell."""

    extension: str
    check: Check
    magic: frozenset[str]


def _kind(extension: str, check: Check, *magic: str) -> Kind:
    return Kind(extension, check, frozenset(magic))


_JPG = _kind("jpg", pictures.jpeg, ".jpg", ".jpeg", ".jfif")
KINDS: Mapping[str, Kind] = {
    "jpg": _JPG,
    "jpeg": _JPG,
    "png": _kind("png", pictures.png, ".png"),
    "webp": _kind("webp", pictures.webp, ".webp"),
    "gif": _kind("gif", pictures.gif, ".gif"),
    "pdf": _kind("pdf", documents.pdf, ".pdf"),
    "txt": _kind("txt", documents.text),
    "docx": _kind("docx", documents.docx, ".docx"),
    "xlsx": _kind("xlsx", documents.xlsx, ".xlsx"),
    "wav": _kind("wav", media.wav, ".wav"),
    "mp3": _kind("mp3", media.mp3, ".mp3", ".mpga"),
    "m4a": _kind("m4a", media.m4a, ".m4a", ".f4a", ".mp4"),
    "mp4": _kind("mp4", media.mp4, ".mp4", ".m4v"),
}
ACCEPTED = "、".join(dict.fromkeys(kind.extension for kind in KINDS.values()))


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as it is kept: its name without anything a name must not hold, its kind and its bytes."""

    name: str
    extension: str
    content: bytes


def checked(raw_name: str, content: bytes) -> Checked:
    """Check a file and return what is kept of it. Raises `Refused`; what it says names no file."""
    stem, extension = split_name(raw_name)
    kind = KINDS.get(extension)
    if not content:
        raise Refused("file_empty", "附件是空的（0 字节）。请重新选择文件。", field="files")
    if len(content) > MOST_BYTES:
        raise too_large()
    if kind is None:
        raise _unfit(f"不收这种文件。可以上传：{ACCEPTED}。")
    if kind.magic and not kind.magic & _called(content):
        raise _unfit(f"文件内容不是 {kind.extension}，和文件名不符。请检查后重新上传。")
    try:
        kept = kind.check(content)
    except documents.Unfit as unfit:
        raise _unfit(str(unfit)) from None
    return Checked(f"{stem}.{kind.extension}", kind.extension, kept)


def too_large() -> Refused:
    """Return the refusal of a file that is too large."""
    most = MOST_BYTES // 1_000_000
    return Refused("file_too_large", f"附件太大，每个最多 {most} MB。请压缩或分开上传。", field="files")


def _unfit(why: str) -> Refused:
    return Refused("file_kind", why, field="files")


def _called(content: bytes) -> set[str]:
    try:
        return {match.extension for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()
