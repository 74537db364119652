"""`./hotline due`: the answer in words and as JSON, and a sentence for whatever cannot be answered."""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.command import due

START = "2026-09-29T10:00+08:00"
BERLIN = {"zone": "Europe/Berlin", "week": {"monday": ["09:00-17:00"], "tuesday": ["09:00-17:00"]}}


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    due.arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HOTLINE_CITY", "chengdu")

    def asking(*words: str, start: str = START) -> tuple[int, str, str]:
        code = due.run(parsed(*words, "--start", start))
        return code, *capsys.readouterr()

    return asking


@pytest.fixture
def ask_json(ask: Any) -> Any:
    def asking(*words: str, start: str = START) -> dict[str, Any]:
        code, out, err = ask("--json", *words, start=start)
        assert (code, err) == (0, "")
        found: dict[str, Any] = json.loads(out)
        return found

    return asking


@pytest.mark.parametrize(("words", "due_at"), [
    (("--nature", "consultation"), "2026-10-09T17:00:00+08:00"),
    (("--nature", "咨询"), "2026-10-09T17:00:00+08:00"),
    (("--nature", "求助"), "2026-10-14T17:00:00+08:00"),
    (("--nature", "投诉", "--urgency", "一般"), "2026-10-26T17:00:00+08:00"),
    (("--nature", "Complaint", "--urgency", "特急"), "2026-09-29T12:00:00+08:00"),
    (("--nature", "求助", "--urgency", "紧急"), "2026-09-30T10:00:00+08:00"),
    (("--nature", "求助", "--stage", "签收"), "2026-09-30T17:00:00+08:00"),
    (("--nature", "求助", "--stage", "accept", "--channel", "web"), "2026-09-29T12:00:00+08:00"),
    (("--nature", "求助", "--profile", "guangdong"), "2026-10-19T17:00:00+08:00"),
    (("--nature", "求助", "--profile", "beijing_draft"), "2026-10-07T00:00:00+08:00"),
    (("--limit", "15 working_days"), "2026-10-26T17:00:00+08:00"),
    (("--limit", "15 个工作日"), "2026-10-26T17:00:00+08:00"),
    (("--limit", "当日"), "2026-09-29T17:00:00+08:00"),
    (("--limit", "1 working_day", "--from", "instant"), "2026-09-29T17:00:00+08:00"),
    (("--limit", "1 working_day", "--ends", "same_clock_time"), "2026-09-30T10:00:00+08:00"),
])  # fmt: skip
def test_codes_and_words_ask_the_same(ask_json: Any, words: tuple[str, ...], due_at: str) -> None:
    assert ask_json(*words)["due_at"] == due_at


def test_the_json_says_where_the_limit_comes_from_and_every_instant_exactly(ask_json: Any) -> None:
    found = ask_json("--nature", "help", "--suspend", "2026-09-30T10:00:00.000001+08:00/2026-09-30T11:00+08:00")
    assert found["city"] == "chengdu"
    assert found["zone"] == "Asia/Shanghai"
    assert "+" in found["rules_version"]
    assert found["limit"] == {
        "amount": 7, "unit": "working_days", "ends": "closing", "from": "next_day", "inclusive": True, "warn": "1d",
        "source": "四川省12345政务服务便民热线运行管理办法（2025-12）",
    }  # fmt: skip
    assert found["counted_from"] == "2026-09-30T09:00:00+08:00"
    assert found["due_at"] == "2026-10-15T09:59:59.999999+08:00"
    assert found["overdue_at"] == "2026-10-15T10:00:00+08:00"
    assert found["red_at"] == "2026-10-16T09:00:00+08:00"
    assert found["held"] == [{"start": "2026-09-30T10:00:00.000001+08:00", "end": "2026-09-30T11:00:00+08:00"}]
    assert found["is_provisional"] is False


def test_the_segments_tile_the_way_and_add_up_to_the_sums(ask_json: Any) -> None:
    found = ask_json("--nature", "help")
    parts = found["segments"]
    assert (parts[0]["start"], parts[-1]["end"]) == (found["start"], found["due_at"])
    assert all(one["end"] == other["start"] for one, other in pairwise(parts))
    for kind, seconds in found["sums"].items():
        assert seconds == sum(part["seconds"] for part in parts if part["kind"] == kind)
    assert found["sums"]["counted"] == 7 * 7 * 3600
    assert {part["name"] for part in parts if part["kind"] == "holiday"} == {"国庆节"}


def test_the_words_name_the_days_that_counted_and_what_was_skipped(ask: Any) -> None:
    code, out, _ = ask("--nature", "求助")
    assert code == 0
    for said in (
        "7 个工作日", "四川省12345政务服务便民热线运行管理办法", "2026-09-30 09:00 周三（次日起）",
        "2026-10-14 17:00 周三 之后", "2026-10-13 17:00 周二", "2026-10-15 09:00 周四",
        "09-30周三 10-08周四 10-09周五 10-10周六 10-12周一 10-13周二 10-14周三",
        "10-01周四–10-07周三 国庆节", "10-11周日 周末", "计入 49 时",
    ):  # fmt: skip
        assert said in out
    assert "暂定" not in out


def test_the_english_words_are_complete(ask: Any) -> None:
    code, out, _ = ask("--nature", "complaint", "--english", start="2026-12-11T10:00+08:00")
    assert code == 0
    assert "PROVISIONAL: the holiday notice of 2027 is not loaded" in out
    body = [line for line in out.splitlines() if not line.startswith("source")]  # whose rules are named as they are
    assert not [line for line in body if any("一" <= letter <= "鿿" for letter in line)]
    assert "not counted   12-12 Sat–12-13 Sun weekend" in out


def test_a_provisional_date_is_said_loudly(ask: Any, ask_json: Any) -> None:
    words, start = ("--nature", "投诉"), "2026-12-11T10:00+08:00"
    assert ask(*words, start=start)[1].splitlines()[1].startswith("【暂定】2027 年的放假通知还没有载入")
    found = ask_json(*words, start=start)
    assert (found["is_provisional"], found["years_without_notice"]) == (True, [2027])


def test_days_and_nights_on_end_are_told_as_from_and_to(ask: Any) -> None:
    out = ask("--nature", "求助", "--profile", "beijing_draft")[1]
    assert "09-30周三–10-06周二" in out


def test_every_stretch_stands_on_a_line_if_asked(ask: Any, ask_json: Any) -> None:
    out = ask("--nature", "咨询", "--all-segments")[1]
    assert len(out.split("\n\n")[1].splitlines()) == len(ask_json("--nature", "咨询")["segments"])


def test_a_matter_without_limit_says_so(ask: Any, ask_json: Any) -> None:
    assert "不设时限" in ask("--nature", "表扬")[1]
    assert "no time limit" in ask("--nature", "praise", "--english")[1]
    assert ask_json("--nature", "praise")["limit"] is None


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_a_calendar_of_ones_own_needs_no_city(ask_json: Any, tmp_path: Path, dump: Any) -> None:
    file = tmp_path / "calendar"
    days = [{"date": "2026-01-05", "kind": "rest", "name": "Closed"},
            {"date": "2026-01-07", "kind": "special", "hours": ["10:00-11:30"]}]  # fmt: skip
    file.write_text(dump({**BERLIN, "days": days}), encoding="utf-8")
    found = ask_json("--calendar", str(file), "--limit", "9 working_hours", start="2026-01-02T10:00+01:00")
    assert found["due_at"] == "2026-01-07T11:00:00+01:00"
    assert "city" not in found


@pytest.mark.parametrize(("words", "start", "says"), [
    (("--nature", "求助"), "2026-09-29T10:00", "2026-09-29T10:00:00+08:00"),
    (("--nature", "求助"), "2026-09-29", "没有写明与世界时的偏移"),
    (("--nature", "求助"), "tomorrow", "请写成 2026-09-29T10:00+08:00 的样子"),
    (("--nature", "求助"), "2026-02-30T10:00+08:00", "请写成 2026-09-29T10:00+08:00 的样子"),
    (("--nature", "求助"), "9999-12-31T23:00+00:00", "the calendar ends here"),
    (("--nature", "求助"), "0001-01-01T00:00+14:00", "the calendar ends here"),
    ((), START, "请写 --nature"),
    (("--nature", "抱怨"), START, "没有“抱怨”，请写其中一个：consultation 咨询"),
    (("--nature", "求助", "--urgency", "soon"), START, "normal 一般、urgent 紧急、critical 特急"),
    (("--nature", "求助", "--stage", "x"), START, "reply 办理答复"),
    (("--nature", "求助", "--channel", "x"), START, "phone 电话"),
    (("--nature", "求助", "--unit-class", "x"), START, "county_bureau"),
    (("--nature", "求助", "--limit-class", "x"), START, "派单目录里没有“x”"),
    (("--nature", "求助", "--city", "atlantis"), START, "没有“atlantis”，请写其中一个：chengdu"),
    (("--nature", "求助", "--city", "../chengdu"), START, "没有“../chengdu”"),
    (("--nature", "求助", "--profile", "../x"), START, "没有“../x”，请写其中一个：beijing_draft"),
    (("--nature", "求助", "--pack", "/nowhere/chengdu"), START, "there is no pack for the city 'chengdu'"),
    (("--nature", "求助", "--suspend", "yesterday"), START, "请写成 起/止"),
    (("--nature", "求助", "--suspend", "2026-09-30T09:00/2026-10-08T09:00"), START, "2026-09-30T09:00:00+08:00"),
    (("--nature", "求助", "--suspend", f"{START}/{START}"), START, "终点不晚于起点"),
    (("--nature", "求助", "--suspend", f"2026-10-08T09:00+08:00/{START}"), START, "终点不晚于起点"),
    (("--nature", "求助", "--suspend", f"{START}/2026-10-08T09:00+08:00",
      "--suspend", "2026-09-30T09:00+08:00/2026-10-09T09:00+08:00"), START, "有重叠，请合并成一段"),
    (("--nature", "求助", "--ends", "closing"), START, "--ends 只和 --limit 一起用"),
    (("--limit", "soon"), START, "15 working_days"),
    (("--limit", "3 weeks"), START, "15 working_days"),
    (("--limit", "0 days"), START, "over before it begins"),
    (("--limit", "9999999 hours"), START, "longer than anybody waits"),
    (("--limit", "999999 working_days"), START, "not enough working time in the next 50 years"),
    (("--limit", "2 days", "--warn", "3d"), START, "cannot warn 3 days before"),
    (("--limit", "2 days", "--warn", "x"), START, "--warn：请写 1d"),
    (("--calendar", "/nowhere"), START, "请再写 --limit"),
    (("--calendar", "/nowhere", "--limit", "1 days"), START, "读不到 /nowhere"),
])  # fmt: skip
def test_what_cannot_be_answered_gets_a_sentence_that_says_what_to_write(
    ask: Any, words: tuple[str, ...], start: str, says: str
) -> None:
    code, out, err = ask(*words, start=start)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    english = ask(*words, "--english", start=start)[2].replace("抱怨", "")
    assert not any("一" <= letter <= "鿿" for letter in english)


@pytest.mark.parametrize(("said", "says"), [
    ("[", "cannot be used"),
    ("just words", "names and values"),
    ({**BERLIN, "holidays": []}, "'holidays' is not one of zone, week, days"),
    ({"week": BERLIN["week"]}, "no time zone, such as UTC"),
    ({**BERLIN, "zone": "Mars/Base"}, "no time zone, such as UTC"),
    ({"zone": "Europe/Berlin"}, "write the hours by weekday"),
    ({"zone": "Europe/Berlin", "week": {}}, "some working time in the week"),
    ({"zone": "Europe/Berlin", "week": {"moonday": ["09:00-17:00"]}}, "'moonday' is not one of monday"),
    ({"zone": "Europe/Berlin", "week": {"monday": ["00:00-00:00"]}}, "write 00:00-24:00 for a whole day"),
    ({"zone": "Europe/Berlin", "week": {"monday": ["09:00-12:00", "11:00-13:00"]}}, "overlap"),
    ({"zone": "Europe/Berlin", "week": {"monday": 9}}, "write a list such as"),
    ({**BERLIN, "days": {"date": "2026-01-05"}}, "write a list of"),
    ({**BERLIN, "days": ["2026-01-05"]}, "each needs a date and a kind"),
    ({**BERLIN, "days": [{"date": "5 January"}]}, "not a date such as 2026-10-01"),
    ({**BERLIN, "days": [{"date": "2026-01-05", "kind": "party"}]}, "'party' is not one of rest, work, special"),
    ({**BERLIN, "days": [{"date": "2026-01-05"}, {"date": "2026-01-05"}]}, "written twice"),
    ({**BERLIN, "days": [{"date": "2026-01-05", "kind": "work"}]}, "a work day needs hours"),
])  # fmt: skip
def test_a_calendar_that_cannot_be_used_says_why(ask: Any, tmp_path: Path, said: Any, says: str) -> None:
    file = tmp_path / "calendar.yaml"
    file.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    code, out, err = ask("--english", "--calendar", str(file), "--limit", "1 working_hour")
    assert (code, out) == (2, "")
    assert says in err
