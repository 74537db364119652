"""Loading a pack: what is right becomes rules, what is wrong is named by file and line, all at once."""

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from shared.cities.load import load_city
from shared.cities.problems import PackError
from shared.domain.terms import Nature, UnitKind, Urgency
from tests.unit.tiny_pack import write_pack


def test_the_chengdu_pack_loads_and_is_loaded_once() -> None:
    rules = load_city("chengdu")
    assert load_city("chengdu") is rules
    assert len(rules.counties) == 23
    assert rules.county_names["wuhou"] == ("武侯区", "Wuhou District")
    assert rules.units["wuhou.education"].name == "成都市武侯区教育局"
    assert sum(unit.kind is UnitKind.COUNTY for unit in rules.units.values()) == 23


def test_chengdu_limits_are_those_of_sichuan() -> None:
    rules = load_city("chengdu")
    days = {
        nature: limit.working_days for (nature, urgency), limit in rules.limits.items() if urgency is Urgency.NORMAL
    }
    assert days == {
        Nature.CONSULTATION: 3, Nature.HELP: 7, Nature.SUGGESTION: 7, Nature.OTHER: 7, Nature.COMPLAINT: 15,
        Nature.REPORT: 15,
    }  # fmt: skip
    assert rules.limits[Nature.HELP, Urgency.URGENT].hours == 24
    assert rules.limits[Nature.HELP, Urgency.CRITICAL].hours == 2
    assert rules.due(Nature.PRAISE, Urgency.NORMAL, datetime(2026, 10, 9, tzinfo=UTC)) is None


def test_public_sentences_use_only_unit_and_due_and_no_empty_words() -> None:
    for pair in load_city("chengdu").wording.values():
        for sentence in pair:
            assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= {"unit", "due"}
            assert not any(
                word in sentence for word in ("相关部门", "积极协调", "敬请谅解", "耐心等待", "感谢您的支持")
            )


def test_another_city_needs_no_line_of_code(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "qinghe"))
    assert rules.name == "清河市"
    assert rules.zone.key == "Asia/Urumqi"
    assert [len(day) for day in rules.calendar.week] == [2, 0, 0, 0, 0, 1, 0]
    assert rules.policy.approval_required
    assert rules.duties["lamps"].words == (("路灯", 3.0), ("灯+不亮", 2.0))
    assert rules.counties["east"] == ("码头街道", "河东区", "老码头", "钟楼")
    assert rules.limits[Nature.HELP, Urgency.URGENT].hours == 12
    assert (Nature.PRAISE, Urgency.NORMAL) not in rules.limits


def test_the_version_changes_with_the_content(tmp_path: Path) -> None:
    one = load_city("qinghe", write_pack(tmp_path / "one"))
    same = load_city("qinghe", write_pack(tmp_path / "same"))
    other = load_city("qinghe", write_pack(tmp_path / "other", aliases_csv=("照明所", "路灯所")))
    assert one.version == same.version != other.version
    assert one.version.startswith("1+")


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("duties_csv", ("*.lamps,lamps,", "*.lamps,xyz,"), "duties.csv line 2: unit 'xyz' is in no line of units.csv"),
        (
            "duties_csv",
            ("*.lamps,lamps,", "*.lamps,,"),
            "duties.csv line 2: no unit '*.lamps' in west, and no city_unit",
        ),
        ("duties_csv", ("*.lamps,", "*.water,"), "duties.csv line 2: no county has a unit '*.water' in units.csv"),
        ("duties_csv", ("路灯:3", "路灯:much"), "duties.csv line 2: '路灯:much' needs a weight above 0"),
        ("duties_csv", ("路灯:3", "路灯:nan"), "duties.csv line 2: '路灯:nan' needs a weight above 0"),
        ("duties_csv", ("路灯:3", "灯:3"), "duties.csv line 2: '灯' is shorter than 2 characters"),
        ("duties_csv", ("灯+不亮", "灯+"), "duties.csv line 2: '灯+' joins nothing"),
        ("duties_csv", ("灯会", "路灯"), "duties.csv line 2: '路灯' speaks both for and against"),
        ("duties_csv", ("normal,pets", "normal,cats"), "duties.csv line 3: skill 'cats' is in no line of skills.csv"),
        (
            "duties_csv",
            ("help,urgent", "help,soon"),
            "duties.csv line 2: column 'urgency' is 'soon', not one of normal",
        ),
        ("duties_csv", ("pets,宠物登记", "lamps,宠物登记"), "duties.csv line 3: 'lamps' is already in this sheet"),
        ("units_csv", (",qinghe,,lamps@", ",nobody,,lamps@"), "units.csv line 3: parent 'nobody' is in no line"),
        ("units_csv", ("city,,,", "city,lamps,,"), "units.csv line 2: 'qinghe' is its own parent through"),
        (
            "units_csv",
            ("county_bureau,east.gov,east", "county_bureau,east.gov,"),
            "units.csv line 7: 'east.lamps' needs",
        ),
        ("units_csv", ("county_bureau,east.gov,east", "county_bureau,east.gov,west"), "must begin with 'west.'"),
        (
            "units_csv",
            ("west.gov,河西区政府,West,county,", "west.gov,河西区政府,West,county_bureau,"),
            "county 'west' needs",
        ),
        ("units_csv", ("discipline", "department"), "units.csv: the city needs a unit of kind discipline"),
        ("counties_csv", ("新桥", "钟楼"), "counties.csv line 3: place '钟楼' also stands for county 'east'"),
        ("limits_csv", ("help,normal,2,", "help,normal,,"), "limits.csv line 5: needs either working_days or hours"),
        ("limits_csv", ("help,normal,2,", "help,normal,-2,"), "limits.csv line 5: column 'working_days' is '-2'"),
        ("limits_csv", ("other,normal,2,,清河办法\n", ""), "limits.csv: has no line for other, normal"),
        ("limits_csv", ("help,normal,2,,清河办法", "help,normal,2,,"), "limits.csv line 5: column 'source' is empty"),
        ("lexicon_csv", ("negation,没有\n", ""), "lexicon.csv: has no words of kind 'negation'"),
        ("lexicon_csv", ("question,", "questoin,"), "lexicon.csv line 8: kind 'questoin' is not one of negation"),
        (
            "referrals_csv",
            ("court,not_accepted", "court,refused"),
            "referrals.csv line 3: column 'effect' is 'refused'",
        ),
        (
            "skills_csv",
            ("code,name,name_en", "code,name"),
            "skills.csv line 1: the columns must be code, name, name_en",
        ),
        ("skills_csv", ("宠物,Pets", "宠物,Pets,more"), "skills.csv line 2: has 4 cells, the heading has 3"),
        ("skills_csv", ("宠物", '"宠物'), "skills.csv line 2: cannot be read as CSV"),
        ("pack_yaml", ("Asia/Urumqi", "Asia/Nowhere"), "pack.yaml line 5: zone: 'Asia/Nowhere' is no time zone"),
        ("pack_yaml", ("10:00-14:00", "10-14"), "pack.yaml line 7: week.monday: '10-14' is no working time"),
        ("pack_yaml", ("15:30-19:30", "13:00-19:30"), "pack.yaml line 6: week: hours overlap"),
        ("pack_yaml", ("saturday", "caturday"), "pack.yaml line 8: week.caturday: is not one of monday"),
        (
            "pack_yaml",
            ("threshold: 0.5", "threshold: 7"),
            "pack.yaml line 10: policy.threshold: must be between 0 and 1",
        ),
        ("pack_yaml", ("approval_required: true", "approval_required: 3"), "policy.approval_required: cannot be 3"),
        ("pack_yaml", ("{zh: 收到了。, ", "{"), "wording.registered.zh: is missing"),
        ("pack_yaml", ('zh: "{unit}办理', 'zh: "{secret}办理'), "wording.dispatched.zh: {secret} is not one of"),
        ("pack_yaml", ("city: qinghe", "city: [qinghe"), "pack.yaml line "),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, file: str, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(PackError) as caught:
        load_city("qinghe", write_pack(tmp_path / "pack", **{file: change}))
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", skills_csv="code,name,name_en\n", aliases_csv=("*.lamps", "*.none"))
    (folder / "counties.csv").unlink()
    with pytest.raises(PackError) as caught:
        load_city("qinghe", folder)
    told = str(caught.value)
    assert all(name in told for name in ("counties.csv: the file is missing", "skills.csv", "aliases.csv line 2"))


def test_a_sheet_saved_in_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    (folder / "skills.csv").write_bytes("code,name,name_en\npets,宠物,Pets\n".encode("gb18030"))
    with pytest.raises(PackError, match="save it as 'CSV UTF-8'"):
        load_city("qinghe", folder)


def test_a_byte_order_mark_and_full_width_separators_are_understood(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack", duties_csv=("路灯:3|灯+不亮:2", "路灯：3｜灯+不亮：2"))
    duties = (folder / "duties.csv").read_text(encoding="utf-8")
    (folder / "duties.csv").write_text(duties, encoding="utf-8-sig")
    assert load_city("qinghe", folder).duties["lamps"].words == (("路灯", 3.0), ("灯+不亮", 2.0))


@pytest.mark.parametrize("city", ["../chengdu", "Chengdu", "", "no_such_city", "成都"])
def test_a_city_without_a_pack_is_refused(city: str) -> None:
    with pytest.raises(PackError):
        load_city(city)


def test_a_pack_of_another_city_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="is the pack of 'qinghe', not of 'elsewhere'"):
        load_city("elsewhere", write_pack(tmp_path / "pack"))
