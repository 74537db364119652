"""The caller's words with the stretches that decided the routing. Pure; the template escapes every piece."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """A stretch of text; `speaks_for` says what it spoke for, None for plain text."""

    text: str
    speaks_for: str | None


def marked(title: str, body: str, marks: Sequence[Mapping[str, Any]]) -> tuple[list[Piece], list[Piece]]:
    """Return title and body in pieces.

    Marks count characters of `title + "\\n" + body`; what lies beyond is left out.
    """
    offset = len(title) + 1
    return _pieces(title, marks, 0), _pieces(body, marks, offset)


def _pieces(text: str, marks: Sequence[Mapping[str, Any]], offset: int) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    for mark in sorted(marks, key=lambda mark: (mark["start"], -mark["end"])):
        start, end = mark["start"] - offset, mark["end"] - offset
        if start < at or end > len(text) or start >= end:
            continue
        if start > at:
            pieces.append(Piece(text[at:start], None))
        pieces.append(Piece(text[start:end], str(mark["speaks_for"])))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], None))
    return pieces
