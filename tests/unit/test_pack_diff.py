"""What differs between two packs, by line and cell; and a year's holidays put into a pack."""

from pathlib import Path

import pytest

from shared.cities.load import files_of, read_pack
from shared.cities.problems import PackError
from shared.command.calendar_import import with_year
from shared.packs.diff import FileChange, LineChange, in_words, pack_changes
from tests.unit.tiny_pack import write_pack

HEADING = "date,kind,name,name_en,hours\n"
UNITS = b"code,name,email\na,Alpha,a@x\nb,Beta,\n"
HEAD = "stage,nature,urgency,channel,unit_class,limit_class,amount,unit"
FIRST, LAST = "reply,help,*,*,*,*,7,days", "reply,*,*,*,*,*,9,days"
LIMITS = f"{HEAD}\n{FIRST}\n{LAST}\n"


@pytest.fixture
def tiny(tmp_path: Path) -> dict[str, bytes]:
    return files_of("qinghe", write_pack(tmp_path / "pack"))


def sheet(folder: Path, text: str) -> Path:
    path = folder / "notice.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_line_that_came_went_or_changed_is_named_by_its_key_with_the_cells_that_did() -> None:
    after = b"code,name,email\nb,Beta,b@x\nc,Gamma,\n"
    [units] = pack_changes({"units.csv": UNITS}, {"units.csv": after})
    assert units.lines == (
        LineChange("a", {"name": "Alpha", "email": "a@x"}, None),
        LineChange("b", {"email": ""}, {"email": "b@x"}),
        LineChange("c", None, {"name": "Gamma", "email": ""}),
    )
    assert list(in_words([units], 2)) == [
        "units.csv: +1 -1 ~1", "  - a: Alpha, a@x", "  ~ b: email: – → b@x", "  … and 1 more",
    ]  # fmt: skip


def test_a_time_limit_is_named_by_its_case_and_its_order_matters() -> None:
    def changed(*lines: str) -> FileChange:
        [change] = pack_changes({"limits.csv": LIMITS.encode()}, {"limits.csv": "\n".join((HEAD, *lines)).encode()})
        return change

    assert changed("reply,help,*,*,*,*,5,days", LAST).lines == (
        LineChange("reply help * * * *", {"amount": "7"}, {"amount": "5"}),
    )
    assert changed(LAST, FIRST) == FileChange("limits.csv", (), is_reordered=True)


def test_a_setting_is_named_by_its_path() -> None:
    [pack] = pack_changes({"pack.yaml": b"policy: {threshold: 0.5}"}, {"pack.yaml": b"policy: {threshold: 0.6}"})
    assert pack.lines == (LineChange("policy.threshold", {"value": "0.5"}, {"value": "0.6"}),)


def test_a_file_that_only_one_of_them_has_is_all_new_or_all_gone() -> None:
    [gone] = pack_changes({"units.csv": UNITS}, {})
    assert [line.after for line in gone.lines] == [None, None]


def test_line_ends_blanks_and_empty_lines_are_no_difference() -> None:
    assert pack_changes({"units.csv": UNITS}, {"units.csv": UNITS.replace(b"\n", b"\r\n") + b"\n,,\n"}) == []


def test_two_lines_of_one_key_are_two_lines() -> None:
    twice = UNITS + b"b,Beta the second,\n"
    [units] = pack_changes({"units.csv": UNITS}, {"units.csv": twice})
    assert [line.before for line in units.lines] == [None]


def test_a_new_year_is_added_and_the_others_stay(tiny: dict[str, bytes], tmp_path: Path) -> None:
    before = read_pack("qinghe", tiny).calendar
    year, replaces, files = with_year(tiny, sheet(tmp_path, HEADING + "2031-01-01,rest,元旦,New Year,\n"))
    after = read_pack("qinghe", files).calendar
    assert (year, replaces) == (2031, 0)
    assert after.official_years == {*(before.official_years or ()), 2031}
    assert {on: day for on, day in after.days.items() if on.year != 2031} == before.days
    assert with_year(files, tmp_path / "notice.csv")[1:] == (1, files)  # once more is the same


def test_a_year_that_is_there_is_replaced_as_a_whole(tiny: dict[str, bytes], tmp_path: Path) -> None:
    text = "2031-01-01,rest,元旦,New Year,\n2031-01-02,rest,元旦,New Year,\n"
    _, _, files = with_year(tiny, sheet(tmp_path, HEADING + text))
    _, replaces, files = with_year(files, sheet(tmp_path, HEADING + "2031-01-03,rest,元旦,New Year,\n"))
    days = read_pack("qinghe", files).calendar.days
    assert (replaces, [on.day for on in days if on.year == 2031]) == (2, [3])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEADING + "2031-01-01,rest,元旦,New Year,\n2032-01-01,rest,元旦,New Year,\n", "one year at a time"),
        (HEADING + "2031-02-30,rest,春节,Spring,\n", "notice.csv line 2: column 'date'"),
        (HEADING + "2031-01-01,holiday,元旦,New Year,\n", "notice.csv line 2: column 'kind'"),
        (HEADING + "2031-01-01,rest,元旦,,\n", "notice.csv line 2: column 'name_en' is empty"),
        (HEADING, "no usable line"),
        ("date,kind\n2031-01-01,rest\n", "the columns must be date, kind"),
    ],
)
def test_a_notice_with_mistakes_is_refused_by_file_and_line(
    tiny: dict[str, bytes], tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(PackError) as refused:
        with_year(tiny, sheet(tmp_path, text))
    assert why in str(refused.value)


def test_a_city_without_notices_takes_none(tiny: dict[str, bytes], tmp_path: Path) -> None:
    del tiny["calendar.csv"]
    with pytest.raises(PackError, match="no holiday notices"):
        with_year(tiny, sheet(tmp_path, HEADING + "2031-01-01,rest,元旦,New Year,\n"))
