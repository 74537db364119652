"""Messages of a CSV file as requests that the public API takes. Reads, posts nothing."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LONGEST_TITLE = 200  # the API's; a longer title is cut and counted
TITLE_FROM_TEXT = 40
_ENCODINGS = ("utf-8-sig", "gb18030")
_LARGEST_FIELD = 10_000_000


class UnusableFile(Exception):
    """The file cannot be fed; the message says what it needs."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row. `key` names it for good, so that a second run posts nothing twice."""

    line: int
    title: str
    body: str
    key: str
    is_cut: bool


def read_messages(path: Path, limit: int | None = None) -> Iterator[Message]:
    """Yield the rows that hold any text, at most `limit`. Raises `UnusableFile`."""
    encoding = _encoding_of(path)
    csv.field_size_limit(_LARGEST_FIELD)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.DictReader(file)
        columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
        if "text" not in columns:
            found = ", ".join(columns) or "nothing"
            raise UnusableFile(f"{path}: the first line must name the columns `title` and `text`; it says: {found}")
        count = 0
        try:
            for row in reader:
                title, text = (row.get(columns.get(name, ""), "") or "" for name in ("title", "text"))
                message = _message(path.name, reader.line_num, title, text)
                if message is None:
                    continue
                yield message
                count += 1
                if count == limit:
                    return
        except csv.Error as error:
            raise UnusableFile(f"{path}: line {reader.line_num} is no CSV: {error}") from error


def _message(file: str, line: int, title: str, text: str) -> Message | None:
    title, body = " ".join(title.split()), text.strip()
    if not title and not body:
        return None
    body = body or title
    title = title or " ".join(body[:TITLE_FROM_TEXT].split())
    name = hashlib.sha256("\0".join((file, str(line), title, body)).encode("utf-8", "surrogatepass")).hexdigest()
    return Message(line, title[:LONGEST_TITLE], body, f"feed-{name[:40]}", is_cut=len(title) > LONGEST_TITLE)


def _encoding_of(path: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise UnusableFile(f"{path}: {error.strerror}") from error
        return encoding
    raise UnusableFile(f"{path}: is neither UTF-8 nor GB18030 text")
