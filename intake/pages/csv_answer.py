"""A table as a CSV file that no spreadsheet takes for formulas (SECURITY S33)."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")


def csv_answer(name: str, rows: Iterable[Sequence[Any]]) -> Response:
    """Return the rows as a download; every cell is quoted, what could be a formula is a text behind an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([cell(value) for value in row] for row in rows)
    # Spreadsheets take a file without the mark for the system's old encoding.
    response = Response(("\ufeff" + text.getvalue()).encode(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cell(value: Any) -> str:
    """Return a value as a cell."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
