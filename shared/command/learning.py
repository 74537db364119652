"""What `train` and `evaluate` share: opening a history, and telling what was done to its rows."""

import argparse
import re
import sys
from pathlib import Path

from shared.learning.history import History, HistoryError, Notes, read_history, read_rows

UNUSABLE = 2
_CITY = re.compile(r"[\w-]{1,40}")
_MOST_LINES = 10


def city_and_history(parser: argparse.ArgumentParser) -> None:
    """Add what both verbs ask for."""
    parser.add_argument("--city", required=True, help="whose history it is; need not have a pack")
    parser.add_argument(
        "--history", required=True, type=Path, metavar="FILE.csv",
        help="columns text,label and, if known, time,district; label: department, duty or category",
    )  # fmt: skip


def opened(args: argparse.Namespace) -> History:
    """Read the history that was named; HistoryError with a sentence for whoever asked."""
    if not _CITY.fullmatch(args.city):
        raise HistoryError(f"--city：“{args.city}”不能作名称，请用字母、数字、汉字或 -。 / Letters, digits and - only.")
    history = read_history(_bytes_of(args.history), args.history.name)
    tell(history.notes)
    return history


def opened_test(path: Path) -> History:
    """Read a file of rows to be tested on; few are enough."""
    history = read_rows(_bytes_of(path), path.name)
    tell(history.notes)
    if not history.examples:
        raise HistoryError(f"{path.name}：没有能用的行。 / No usable row.")
    return history


def tell(notes: Notes) -> None:
    """Say on the error stream which lines were left out and what was cut."""
    for line in notes.unusable[:_MOST_LINES]:
        print(line, file=sys.stderr)
    more = len(notes.unusable) - _MOST_LINES
    if more > 0:
        print(f"… 另有 {more} 行不能用 / and {more} more lines", file=sys.stderr)
    said = [
        (notes.with_orders, "行里的派单语已删去", "rows lost a dispatch order"),
        (notes.with_replies, "行里的答复已删去", "rows lost a pasted reply"),
        (notes.repeated, "行重复，只算一次", "repeated rows count once"),
        (notes.contradicted, "条内容有不止一个标签", "texts have more than one label"),
        (notes.shortened, "行过长，只读开头", "rows were read at their beginning only"),
        (notes.left_out, "行较早，未用于学习", "older rows were not learnt from"),
    ]
    for count, zh, en in said:
        if count:
            print(f"{count} {zh} / {en}", file=sys.stderr)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HistoryError(f"{path}：打不开（{error.strerror}）。 / Cannot be opened.") from error
