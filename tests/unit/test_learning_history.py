"""Reading a history: every encoding an office uses, and every mistake answered by its line."""

import pytest

from shared.learning.cleaning import clean
from shared.learning.history import HistoryError, read_history
from tests.unit.histories import as_csv, rows

GOOD = as_csv(rows())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_history_is_the_same_in_every_encoding(encoding: str) -> None:
    assert read_history(GOOD.encode(encoding)).fingerprint == read_history(GOOD.encode()).fingerprint


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\r\n", "\n"),
    lambda text: "\r\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]),
    lambda text: text.replace("text,label", " Text ,LABEL"),
    lambda text: text.replace(",", "\t"),
    lambda text: text + text.partition("\n")[2],
    lambda text: text + "\r\n ,\r\n\r\n",
])  # fmt: skip
def test_what_a_spreadsheet_does_to_a_file_changes_nothing(change: object) -> None:
    assert callable(change)
    assert read_history(change(GOOD).encode()).fingerprint == read_history(GOOD.encode()).fingerprint


def test_one_word_changed_is_another_history() -> None:
    assert read_history(GOOD.replace("自来水", "井水").encode()).fingerprint != read_history(GOOD.encode()).fingerprint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "text"),
        (b"\xef\xbb\xbf", "text"),
        ("内容,部门\n停水,水务\n".encode(), "第一行"),
        (as_csv(rows(2)).encode(), "至少要 20 行"),
        (as_csv([(text, "水务") for text, _ in rows()]).encode(), "同一个标签"),
        (b"text,label\n" + bytes([0xFF, 0x81, 0x20]) * 9, "UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "UTF-8"),
        (b"text,label\n" + b"\x00" * 10_000, "至少"),
        (as_csv([(text, "") for text, _ in rows()]).encode(), "第 2 行"),
        (as_csv([("", label) for _, label in rows()]).encode(), "没有内容"),
        (as_csv([(text, text * 9) for text, _ in rows()]).encode(), "标签超过"),
        (('text,label\n"' + "停" * 50_000).encode(), "至少"),
        (b"text,label\n" + b"[" * 100_000, "至少"),
    ],
)
def test_a_file_that_cannot_be_learnt_from_is_answered_by_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(HistoryError, match=said):
        read_history(data)


def test_a_bad_line_is_named_and_the_others_are_used() -> None:
    lines = GOOD.splitlines()
    lines[3], lines[5] = "没有标签的一行,", "停水,水务,多了一格"
    history = read_history("\n".join(lines).encode(), "h.csv")
    assert [line.partition("行")[0] for line in history.notes.unusable] == ["h.csv 第 4 ", "h.csv 第 6 "]
    assert len(history.examples) + history.notes.repeated == 298


def test_hostile_cells_are_read_as_text() -> None:
    hostile = [
        "=cmd|' /C calc'!A0",
        "\x00\x07停水",
        "停" * 100_000,
        "😀" * 50,
        "\u202e倒着写",
        "{{7*7}}",
        "'; DROP TABLE ticket;--",
    ]
    history = read_history(as_csv([*rows(), *((text, "水务") for text in hostile)]).encode())
    assert not history.notes.unusable
    assert history.notes.shortened == 1
    assert max(len(one.text) for one in history.examples) <= 8_000


def test_of_more_rows_than_are_learnt_from_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.learning.history.MOST_ROWS", 100)
    dated = [
        (f"{number}号来电{text}", label, f"{2020 + number % 3}/{number % 12 + 1}/5 8:00")
        for number, (text, label) in enumerate(rows())
    ]
    kept = read_history(as_csv(dated, ("text", "label", "time")).encode())
    newest = {text.partition("号")[0] for text, _, when in dated if when.startswith("2022")}
    assert kept.notes.left_out == 200
    assert {one.text.partition("号")[0] for one in kept.examples} == newest


def test_a_text_with_two_labels_is_counted() -> None:
    twice = [("路灯不亮三天了", "水务"), ("路灯不亮三天了", "交通")]
    assert read_history(as_csv([*rows(), *twice]).encode()).notes.contradicted == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("楼下烧烤店油烟扰民，请市公安局核实处理。", "楼下烧烤店油烟扰民，"),
        ("咨询社保卡怎么补，转市人社局办理", "咨询社保卡怎么补，"),
        ("路灯不亮，请区城管局、区住建局依法核实处理并回复来电人。", "路灯不亮，"),
        ("承办单位：区教育局。孩子学区怎么划分", "孩子学区怎么划分"),
        ("食堂饭菜不干净。答复：您好，您反映的问题我局已核实。", "食堂饭菜不干净。"),
        ("您反映的停水问题已收悉，现答复如下：管道已修好。", ""),
        ("公交公司的车不停站，希望尽快解决", "公交公司的车不停站，希望尽快解决"),
        ("请物业公司处理漏水问题，已经一周了", "请物业公司处理漏水问题，已经一周了"),
        ("我已经向物业公司反映，物业公司不处理", "我已经向物业公司反映，物业公司不处理"),
        ("孩子转院的费用怎么报销", "孩子转院的费用怎么报销"),
        ("中转站臭味大", "中转站臭味大"),
    ],
)
def test_what_names_its_own_answer_is_cut_and_nothing_else(text: str, left: str) -> None:
    cut = clean(text)
    assert cut.text == left
    assert bool(cut.orders or cut.has_reply) == (text != left)


def test_how_often_something_was_cut_is_counted() -> None:
    told = [
        (f"{text}请市公安局核实处理。" if number < 9 else text, label) for number, (text, label) in enumerate(rows())
    ]
    notes = read_history(as_csv(told).encode()).notes
    assert (notes.with_orders, notes.with_replies) == (9, 0)


def test_a_text_written_to_keep_the_cutting_busy_is_cut_too() -> None:
    for busy in ("请局、转局处理并", "请" * 8, "转市局、", "您反映的经我局", "处理、并"):
        assert len(clean(busy * (8_000 // len(busy))).text) <= 8_000
