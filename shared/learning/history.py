"""A city's history as a file: one ticket a line, with the label it finally had. Says by line what cannot be used."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.learning.cleaning import clean
from shared.learning.grams import READ_AT_MOST, readable

LEAST_ROWS, LEAST_LABELS = 20, 2
MOST_ROWS = 8_000  # texts are compared each with each: beyond this the newest are learnt from
MOST_BYTES = 256 << 20
_LONGEST_LABEL = 80
_COLUMNS = "text,label（可加 time,district）"
_TIME = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class HistoryError(Exception):
    """The file cannot be learnt from; the sentence says what to do."""


@dataclass(frozen=True, order=True, slots=True)
class Example:
    """A text as it is read, its label, and when it came (nothing where that is not known)."""

    text: str
    label: str
    at: tuple[int, ...] = ()


@dataclass
class Notes:
    """What was done to a file's rows, for the person who asked."""

    unusable: list[str] = field(default_factory=list)
    repeated: int = 0
    contradicted: int = 0
    shortened: int = 0
    with_orders: int = 0
    with_replies: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class History:
    """Examples in an order of their own, so that the file's order decides nothing."""

    examples: tuple[Example, ...]
    notes: Notes

    @property
    def fingerprint(self) -> str:
        """Name the data: the same examples have the same name, in whatever order and however the file is encoded."""
        digest = hashlib.sha256()
        for one in self.examples:
            for part in (one.text, one.label):
                data = part.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()


def read_history(data: bytes, name: str = "history") -> History:
    """Read a file's bytes to learn from. Lines that cannot be used are noted; HistoryError if too little remains.

    Repeated rows count once, and of very many rows the newest are kept.
    """
    read = read_rows(data, name)
    notes, once = read.notes, set(read.examples)
    newest = sorted(once, key=lambda one: (one.at, _lot(one)), reverse=True)[:MOST_ROWS]
    examples = tuple(sorted({Example(one.text, one.label) for one in newest}))
    notes.left_out = len(once) - len(newest)
    notes.repeated = len(read.examples) - notes.left_out - len(examples)
    notes.contradicted = sum(count > 1 for count in Counter(one.text for one in examples).values())
    labels = labels_in(examples)
    if len(examples) < LEAST_ROWS:
        raise HistoryError(
            _first(notes)
            + f"{name}：能用的只有 {len(examples)} 行，至少要 {LEAST_ROWS} 行，有几百行以上才学得好。"
            + f" / Only {len(examples)} usable rows: give {LEAST_ROWS} at least, some hundreds to learn well."
        )
    if len(labels) < LEAST_LABELS:
        raise HistoryError(
            f"{name}：所有行都是同一个标签“{labels[0]}”，没有可学的区别，请给出两个以上标签。"
            " / Every row has the same label: give rows of two labels at least."
        )
    return History(examples, notes)


def read_rows(data: bytes, name: str) -> History:
    """Read a file's bytes to be tested on: every usable row, however few; HistoryError if it is no such file at all."""
    if len(data) > MOST_BYTES:
        raise HistoryError(
            f"{name}：文件超过 {MOST_BYTES >> 20} MB，请分期导出。 / Larger than that: export a shorter period."
        )
    notes = Notes()
    return History(tuple(sorted(_examples(_decoded(data, name), name, notes))), notes)


def _decoded(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HistoryError(
        f"{name}：既不是 UTF-8 也不是 GB18030 编码的文本。请在表格软件里另存为 CSV（UTF-8）。"
        " / Neither UTF-8 nor GB18030: save it as CSV (UTF-8)."
    )


def _examples(text: str, name: str, notes: Notes) -> Iterator[Example]:
    csv.field_size_limit(MOST_BYTES)
    rows = csv.reader(io.StringIO(_CONTROLS.sub("", text), newline=""), delimiter=_delimiter(text))
    try:
        heads = [head.strip().lower() for head in next(rows, [])]
        if not {"text", "label"} <= set(heads):
            said = "、".join(heads)[:80] or "空"
            raise HistoryError(
                f"{name}：第一行要写列名 {_COLUMNS}，现在是：{said}。"
                " / The first line must name the columns text and label."
            )
        for row in rows:
            if any(cell.strip() for cell in row):
                problem, example = _example(dict(zip(heads, row, strict=False)), len(row) - len(heads), notes)
                if problem:
                    notes.unusable.append(f"{name} 第 {rows.line_num} 行 / line {rows.line_num}: {problem}")
                elif example:
                    yield example
    except csv.Error as error:
        raise HistoryError(
            f"{name} 第 {rows.line_num} 行：不是 CSV（{error}），请重新导出。 / Not CSV: export it again."
        ) from error


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",\t;", key=head.count)


def _example(row: dict[str, str], surplus: int, notes: Notes) -> tuple[str, Example | None]:
    if surplus > 0:
        return (
            "列比列名多：带逗号的内容请用双引号括起来。 / More cells than columns: put texts with commas in quotes.",
            None,
        )
    label, said = row.get("label", "").strip(), row.get("text", "").strip()
    if not label:
        return "没有标签，请补上 label。 / No label: fill it in.", None
    if len(label) > _LONGEST_LABEL:
        return f"标签超过 {_LONGEST_LABEL} 字，像是填错了列。 / The label is too long: is it in the wrong column?", None
    if not said:
        return "没有内容，请补上 text 或删去此行。 / No text: fill it in or remove the line.", None
    cut = clean(said[:READ_AT_MOST])
    notes.with_orders += cut.orders > 0
    notes.with_replies += cut.has_reply
    text = readable(said)
    if not text:
        return "除了派单语或答复之外没有内容。 / Nothing but a dispatch order or a reply.", None
    notes.shortened += len(said) > READ_AT_MOST
    when = _TIME.match(row.get("time", "").strip())
    return "", Example(text, label, tuple(int(part or 0) for part in when.groups()) if when else ())


def _lot(one: Example) -> str:
    return hashlib.sha256(f"{one.label}\n{one.text}".encode("utf-8", "surrogatepass")).hexdigest()


def _first(notes: Notes, most: int = 5) -> str:
    return "".join(f"{line}\n" for line in notes.unusable[:most])


def labels_in(examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the labels in their order of code points."""
    return tuple(sorted({one.label for one in examples}))
