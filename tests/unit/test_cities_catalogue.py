"""The dispatch catalogue of a pack: subjects, duties with their level and co-handlers, merged lines."""

from pathlib import Path

import pytest

from shared.cities.load import load_city
from shared.cities.problems import PackError
from shared.domain.levels import may_take
from shared.domain.rules import Rules
from shared.domain.terms import Level, LineMerger, Urgency
from tests.unit.tiny_pack import write_pack

AREAS = {
    "城乡建设", "环境保护", "交通运输", "教育文体", "劳动和社会保障", "商贸旅游", "卫生计生", "公安政法", "农村农业",
    "民政", "党务政务", "国土资源", "科技与信息产业", "经济管理", "其他",
}  # fmt: skip


@pytest.fixture(scope="module")
def chengdu() -> Rules:
    return load_city("chengdu")


def test_chengdu_has_fifteen_areas_and_each_has_duties(chengdu: Rules) -> None:
    areas = {code: one.name for code, one in chengdu.categories.items() if one.parent is None}
    assert set(areas.values()) == AREAS
    assert {chengdu.categories[duty.category or ""].parent for duty in chengdu.duties.values()} == set(areas)
    used = {duty.category for duty in chengdu.duties.values()}
    assert {code for code, one in chengdu.categories.items() if one.parent} == used


def test_chengdu_has_two_hundred_duties_with_names_of_their_own(chengdu: Rules) -> None:
    duties = chengdu.duties.values()
    assert len(duties) >= 200
    assert len({duty.name for duty in duties}) == len({duty.name_en for duty in duties}) == len(duties)


def test_every_seat_answers_for_a_duty_and_every_skill_of_a_duty_has_a_seat(chengdu: Rules) -> None:
    assert len(chengdu.skills) >= 12
    assert {duty.skill for duty in chengdu.duties.values() if duty.skill} == set(chengdu.skills)


def test_faults_of_supply_and_unpaid_wages_have_their_class_of_limit(chengdu: Rules) -> None:
    supply = {duty.unit for duty in chengdu.duties.values() if duty.limit_class == "supply"}
    assert supply >= {"water_company", "gas_company", "power_grid"}
    assert {duty.code for duty in chengdu.duties.values() if duty.limit_class == "wages"} == {"wages", "migrant_wages"}
    assert {duty.limit_class for duty in chengdu.duties.values()} == {None, "supply", "wages"}


def test_what_a_citys_department_keeps_to_itself_has_no_lower_lead(chengdu: Rules) -> None:
    for duty in chengdu.duties.values():
        for code in (duty.unit, duty.city_unit):
            assert all(may_take(unit, duty) for unit in chengdu.units.values() if unit.code == code)
    assert chengdu.duties["fund_withdrawal"].level is Level.CITY
    assert chengdu.duties["sanitation"].level is Level.STREET


def test_the_merged_lines_of_chengdu_name_the_unit_that_answers(chengdu: Rules) -> None:
    assert chengdu.lines["12315"].unit == "market"
    assert chengdu.lines["12333"].how is LineMerger.PARALLEL
    assert chengdu.lines["12366"].how is LineMerger.BRANCH
    assert "12388" not in chengdu.lines
    assert all(line.unit in chengdu.units for line in chengdu.lines.values())


def test_every_matter_that_is_not_accepted_says_where_to_go(chengdu: Rules) -> None:
    elsewhere = [one for one in chengdu.referrals.values() if one.urgency is None]
    assert len(elsewhere) >= 12
    for one in elsewhere:
        assert any(word in one.text for word in ("请", "可以"))
        assert len(one.text) > 20
        assert one.text_en
    assert any(one.urgency is Urgency.CRITICAL for one in chengdu.referrals.values())


def test_a_tiny_catalogue_says_the_same_in_the_rules(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))
    lamps, pets = rules.duties["lamps"], rules.duties["pets"]
    assert (lamps.category, lamps.co_handlers, lamps.level) == ("town.light", ("watch", "*.gov"), Level.COUNTY)
    assert (lamps.limit_class, pets.limit_class) == ("supply", None)
    assert pets.co_handlers == ()
    assert rules.categories["town.light"].parent == "town"
    assert rules.lines["12399"].how is LineMerger.PARALLEL


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("duties_csv", ("town.light", "town.dark"), "duties.csv line 2: category 'town.dark' is in no line"),
        ("duties_csv", ("town.light", ""), "duties.csv line 2: column 'category' is empty"),
        ("duties_csv", ("watch|*.gov", "nobody"), "duties.csv line 2: unit 'nobody' is in no line of units.csv"),
        ("duties_csv", ("watch|*.gov", "*.water"), "duties.csv line 2: no county has a unit '*.water'"),
        ("duties_csv", ("watch|*.gov", "*.lamps"), "duties.csv line 2: '*.lamps' both leads and co-handles"),
        ("duties_csv", ("county,help", "town,help"), "duties.csv line 2: column 'level' is 'town', not one of city"),
        ("duties_csv", ("county,help", "city,help"), "duties.csv line 2: level 'city' is above that of unit 'east.l"),
        ("categories_csv", ("Light,town", "Light,city"), "categories.csv line 3: parent 'city' is in no line"),
        ("categories_csv", ("Other,", "Other,town.light"), "categories.csv line 4: parent 'town.light' is itself of"),
        ("categories_csv", ("other,其他", "town,其他"), "categories.csv line 4: 'town' is already in this sheet"),
        ("lines_csv", ("12399", "345"), "lines.csv line 2: '345' is no number of a service line"),
        ("lines_csv", ("line,lamps", "line,nobody"), "lines.csv line 2: unit 'nobody' is in no line of units.csv"),
        ("lines_csv", ("parallel", "half"), "lines.csv line 2: column 'how' is 'half', not one of whole"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named_with_file_and_line(
    tmp_path: Path, file: str, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(PackError) as caught:
        load_city("qinghe", write_pack(tmp_path / "pack", **{file: change}))
    assert any(message in problem for problem in caught.value.problems), caught.value.problems
