"""Documents that are taken as they are, once they are what they claim to be and nothing besides."""

import io
import re
import zipfile
from functools import partial

MOST_UNPACKED, MOST_RATIO, MOST_MEMBERS = 200_000_000, 200, 5_000
_TAIL = 2_048
_MARKUP = re.compile(r"\s*(<(!doctype|html|head|body|script|svg|iframe|\?)|#!)", re.IGNORECASE)
_ARCHIVE_END = b"PK\x05\x06"
_BREAKS = "\t\n\r\f"


class Unfit(Exception):
    """The file is not what it claims; the message says so to the person."""


def pdf(content: bytes) -> bytes:
    """A PDF from the first byte to its end mark."""
    end = content.rfind(b"%%EOF")
    if not content.startswith(b"%PDF-") or end < 0 or content[end + 5 :].strip(b"\r\n\t \0"):
        raise Unfit("这个 PDF 不完整，或者里面还有别的文件。请重新导出后再上传。")
    if _ARCHIVE_END in content[-_TAIL:]:
        raise Unfit("这个 PDF 里还有别的文件。请重新导出后再上传。")
    return content


def text(content: bytes) -> bytes:
    """Plain text in UTF-8 or GB 18030; kept as UTF-8."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            read = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(ord(letter) < 0x20 and letter not in _BREAKS for letter in read) or _MARKUP.match(read):
            break
        return read.encode()
    raise Unfit("这不是纯文本文件。请另存为 UTF-8 纯文本后再上传。")


def _office(main: str, content: bytes) -> bytes:
    damaged = Unfit("这个文档打不开或不完整。请重新保存后再上传。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members, comment = archive.infolist(), archive.comment
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):
        raise damaged from None
    names = {member.filename for member in members}
    unpacked = sum(member.file_size for member in members)
    if not content.startswith(b"PK\x03\x04") or comment or not {"[Content_Types].xml", main} <= names:
        raise damaged
    if content.rfind(_ARCHIVE_END) != len(content) - 22 or min(member.header_offset for member in members):
        raise Unfit("这个文档里还有别的文件。请重新保存后再上传。")
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(content):
        raise Unfit("这个文档展开后太大。请拆成几个再上传。")
    if any("vba" in name.lower() or name.lower().endswith((".bin", ".exe", ".dll")) for name in names):
        raise Unfit("这个文档带有宏或嵌入的程序。请另存为不带宏的文档再上传。")
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise damaged
    return content


docx = partial(_office, "word/document.xml")
xlsx = partial(_office, "xl/workbook.xml")
