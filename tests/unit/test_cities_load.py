"""Loading a pack: what is right becomes rules, what is wrong is named by file and line, all at once."""

from datetime import date, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from shared.cities.load import files_of, load_city, read_pack
from shared.cities.problems import PackError
from shared.cities.time_limits import PROFILES
from shared.domain.limits import Case, Ends, Limit, TimeUnit
from shared.domain.rules import Rules
from shared.domain.terms import Channel, Nature, Stage, UnitKind, Urgency
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
        nature: limit.amount
        for nature in Nature
        if (limit := rules.limits.find(Stage.REPLY, Case(nature, Urgency.NORMAL, Channel.PHONE)))
    }
    assert days == {
        Nature.CONSULTATION: 3, Nature.HELP: 7, Nature.SUGGESTION: 7, Nature.OTHER: 7, Nature.COMPLAINT: 15,
        Nature.REPORT: 15,
    }  # fmt: skip
    urgent, critical = (reply_limit(rules, urgency) for urgency in (Urgency.URGENT, Urgency.CRITICAL))
    assert [(limit.amount, limit.unit) for limit in (urgent, critical)] == [(24, TimeUnit.HOURS), (2, TimeUnit.HOURS)]


def test_chengdu_rests_and_works_as_the_state_council_says() -> None:
    calendar = load_city("chengdu").calendar
    assert calendar.official_years == {2025, 2026}
    assert not calendar.is_working_day(date(2026, 10, 1))
    assert calendar.is_working_day(date(2026, 2, 14))  # a Saturday that makes up for Spring Festival
    assert calendar.is_working_day(date(2026, 10, 10))


@pytest.mark.parametrize("profile", sorted(PROFILES.glob("*.csv")), ids=lambda path: path.stem)
def test_every_profile_fits_chengdu_and_names_its_sources(profile: Path) -> None:
    rules = read_pack("chengdu", files_of("chengdu") | {"profile.csv": profile.read_bytes()})
    limits = [line.limit for line in rules.limits.lines if line.limit]
    assert all("（" in limit.source or "：" in limit.source for limit in limits)
    assert {line.stage for line in rules.limits.lines} == set(Stage)


def reply_limit(rules: Rules, urgency: Urgency, **more: Any) -> Limit:
    """Return the limit of a request for help by phone."""
    limit = rules.limits.find(Stage.REPLY, Case(Nature.HELP, urgency, Channel.PHONE, **more))
    assert limit is not None
    return limit


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
    assert (rules.policy.reopen_window, rules.policy.max_caller_redos) == (timedelta(days=15), 2)
    assert (rules.policy.digest_above, rules.policy.digest_window) == (3, timedelta(minutes=30))
    assert rules.duties["lamps"].words == (("路灯", 3.0), ("灯+不亮", 2.0))
    assert rules.counties["east"] == ("河东区", "老码头", "钟楼")
    assert reply_limit(rules, Urgency.URGENT).unit is TimeUnit.WORKING_HOURS
    bureau = reply_limit(rules, Urgency.NORMAL, unit_class=UnitKind.COUNTY_BUREAU)
    assert (bureau.amount, bureau.from_next_day, bureau.warn_days) == (1, True, 1)
    other = reply_limit(rules, Urgency.NORMAL)
    assert (other.amount, other.ends, other.from_next_day, other.inclusive) == (2, Ends.SAME_CLOCK_TIME, False, False)
    assert rules.limits.find(Stage.REPLY, Case(Nature.PRAISE, Urgency.NORMAL, Channel.PHONE)) is None
    assert rules.limits.find(Stage.SIGN, Case(Nature.HELP, Urgency.NORMAL, Channel.SMS)) is None
    assert [rules.calendar.is_working_day(date(2026, 5, day)) for day in (2, 3, 4, 5)] == [True, True, False, True]


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
        ("limits_csv", ("*,1,hours", "*,,hours"), "limits.csv line 3: 0 hours would be over before it begins"),
        ("limits_csv", ("*,1,hours", "*,-2,hours"), "limits.csv line 3: a time limit cannot be negative"),
        ("limits_csv", ("*,1,hours", "*,soon,hours"), "limits.csv line 3: column 'amount' is 'soon'"),
        ("limits_csv", ("*,1,hours", "*,1,weeks"), "limits.csv line 3: column 'unit' is 'weeks'"),
        ("limits_csv", ("50%", "half"), "limits.csv line 3: column 'warn' is 'half'; write 1d"),
        ("limits_csv", ("50%", "1d"), "limits.csv line 3: 1 hours cannot warn 1 days before"),
        ("limits_csv", ("same_clock_time,,", "same_clock_time,next_day,"), "limits.csv line 6: same_clock_time is for"),
        ("limits_csv", ("reply,*,normal,*,*,*", "reply,*,normal,web,*,*"), "limits.csv: has no line for the reply of"),
        ("limits_csv", ("reply,*,urgent,*", "reply,*,critical,web"), "line 4: never applies: limits.csv line 3"),
        (
            "limits_csv",
            ("county_bureau,*", "county_bureau,heating"),
            "line 5: limit_class 'heating' is that of no duty",
        ),
        ("limits_csv", ("phone|web", "phone|fax"), "limits.csv line 7: column 'channel' is 'fax'"),
        ("limits_csv", ("50%,清河办法", "50%,"), "limits.csv line 3: column 'source' is empty"),
        ("calendar_csv", ("2026-05-04", "2026-05-32"), "calendar.csv line 2: column 'date' is '2026-05-32'"),
        ("calendar_csv", ("2026-05-04", "2026-05-03"), "calendar.csv line 3: 2026-05-03 is already in this sheet"),
        ("calendar_csv", ("10:00-12:00", ""), "calendar.csv line 4: a special day needs hours"),
        ("calendar_csv", ("10:00-12:00", "12:00-10:00"), "calendar.csv line 4: hours must open before they close"),
        ("calendar_csv", ("10:00-12:00", "00:00-00:00"), "calendar.csv line 4: 00:00-00:00 means nothing"),
        ("calendar_csv", ("Harvest,", "Harvest,10:00-12:00"), "calendar.csv line 2: a rest day has no hours"),
        ("calendar_csv", ("2026-05-03", "2026-05-02"), "calendar.csv line 3: 2026-05-02 is a working day anyway"),
        ("pack_yaml", ("holidays: own", "holidays: mine"), "holidays: 'mine' is not one of state_council, own, none"),
        ("lexicon_csv", ("negation,没有\n", ""), "lexicon.csv: has no words of kind 'negation'"),
        (
            "lexicon_csv",
            ("negation,没有\n", "negation,没有\ndialect,咋个=怎么|屋头=家\n"),
            "lexicon.csv line 3: '屋头=家' is not two ways of saying it of one length",
        ),
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
        ("pack_yaml", ("10:00-14:00", "10-14"), "week.monday: '10-14' is no working time"),
        ("pack_yaml", ("15:30-19:30", "13:00-19:30"), "pack.yaml line 6: week: hours overlap"),
        ("pack_yaml", ("saturday", "caturday"), "pack.yaml line 8: week.caturday: is not one of monday"),
        (
            "pack_yaml",
            ("threshold: 0.5", "threshold: 7"),
            "pack.yaml line 12: policy.threshold: must be between 0 and 1",
        ),
        ("pack_yaml", ("approval_required: true", "approval_required: 3"), "policy.approval_required: cannot be 3"),
        ("pack_yaml", ("max_returns: 1", "reopen_days: 400"), "policy.reopen_days: must be between 0 and 365"),
        ("pack_yaml", ("digest_above: 3", "digest_above: -1"), "policy.digest_above: must be between 0 and 1000"),
        ("pack_yaml", ("minutes: 30", "minutes: 0"), "policy.digest_window_minutes: must be between 1 and 240"),
        ("pack_yaml", ("max_returns: 1", "max_caller_redos: two"), "policy.max_caller_redos: cannot be 'two'"),
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
