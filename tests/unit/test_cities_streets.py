"""The streets and towns of a pack: units of their county, and places that mean it."""

from pathlib import Path

import pytest

from router.decision import decide_route
from shared.cities.load import load_city
from shared.cities.problems import PackError
from shared.domain.routing import RoutingInput
from shared.domain.rules import Rules
from shared.domain.terms import Level, UnitKind
from tests.unit.tiny_pack import write_pack


@pytest.fixture(scope="module")
def chengdu() -> Rules:
    return load_city("chengdu")


def county_of(text: str, rules: Rules) -> str | None:
    """Return the county that the router reads from a text."""
    return decide_route(RoutingInput(1, "路灯", text), rules).county


def test_every_street_of_chengdu_is_a_unit_of_its_county(chengdu: Rules) -> None:
    streets = [unit for unit in chengdu.units.values() if unit.kind is UnitKind.STREET]
    assert len(streets) == 261
    assert all(unit.level is Level.STREET and unit.parent == f"{unit.county}.gov" for unit in streets)
    assert len({unit.division for unit in streets}) == 261
    assert chengdu.units["wuhou.jiangxijie"].name == "武侯区浆洗街街道"
    assert chengdu.units["wuhou.jiangxijie"].name_en == "Jiangxijie Subdistrict, Wuhou District"


@pytest.mark.parametrize(
    ("street", "county", "counted_under"),
    [
        ("gaoxin.zhonghe", "gaoxin", "510116"),
        ("tianfu.huayang", "tianfu", "510116"),
        ("dongbu.sancha", "dongbu", "510185"),
    ],
)
def test_a_street_belongs_to_the_zone_that_must_act_not_to_the_county_that_counts_it(
    chengdu: Rules, street: str, county: str, counted_under: str
) -> None:
    unit = chengdu.units[street]
    assert unit.county == county
    assert unit.division is not None
    assert unit.division.startswith(counted_under)


def test_a_county_has_its_statistical_code_and_a_zone_has_none(chengdu: Rules) -> None:
    assert chengdu.units["jinjiang.gov"].division == "510104"
    assert chengdu.units["gaoxin.gov"].division is None


def test_the_name_of_a_street_tells_the_county(chengdu: Rules) -> None:
    assert county_of("住在䢺江镇，路灯不亮", chengdu) == "dayi"
    assert county_of("家在石羊镇", chengdu) == "dujiangyan"
    assert county_of("家在石羊街道", chengdu) == "gaoxin"


def test_a_name_of_two_counties_chooses_neither(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))
    assert county_of("城关镇的路灯不亮", rules) is None
    assert county_of("河西区城关镇的路灯不亮", rules) == "west"
    assert county_of("新桥镇的路灯不亮", rules) == "west"


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("streets_csv", ("west.xinqiao,新桥镇,Xinqiao Town,west", "west.xinqiao,新桥镇,Xinqiao Town,north"),
         "streets.csv line 5: county 'north' is in no line of counties.csv"),
        ("streets_csv", ("west.xinqiao", "east.xinqiao"),
         "streets.csv line 5: the code of a street of county 'west' must begin with 'west.'"),
        ("streets_csv", ("east.chengguan", "east.matou"), "streets.csv line 3: 'east.matou' is already in this sheet"),
        ("streets_csv", ("east.matou", "east.lamps"), "streets.csv line 2: 'east.lamps' is already in units.csv"),
        ("streets_csv", ("east.matou,码头街道", "east.matou,城关镇"),
         "streets.csv line 3: county 'east' already has a street '城关镇'"),
        ("streets_csv", ("新桥镇", "钟楼"), "streets.csv line 5: '钟楼' is a place of county 'east' in counties.csv"),
        ("streets_csv", ("990103101", "9901031"), "streets.csv line 4: division '9901031' is not 9 digits"),
        ("streets_csv", ("990103101", "990102101"),
         "streets.csv line 4: division '990102101' is already in this sheet"),
        ("counties_csv", ("990102", "99010x"), "counties.csv line 2: division '99010x' is not 6 digits"),
        ("streets_csv", ("Xinqiao Town", ""), "streets.csv line 5: column 'name_en' is empty"),
    ],
)  # fmt: skip
def test_a_mistake_about_a_street_is_named_with_its_line(
    tmp_path: Path, file: str, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(PackError) as caught:
        load_city("qinghe", write_pack(tmp_path / "pack", **{file: change}))
    assert message in caught.value.problems, caught.value.problems
