"""The table of places that must be read right, or asked for: `router_places.csv`, written by hand."""

import csv
from pathlib import Path

import pytest

from router.decision import decide_route
from shared.cities.load import load_city
from shared.domain.routing import Decision, RoutingInput
from shared.domain.terms import UnitKind
from tests.unit.tiny_pack import write_pack

CHENGDU = load_city("chengdu")
_SHEET = Path(__file__).with_name("router_places.csv")
PLACES = list(csv.DictReader(_SHEET.read_text(encoding="utf-8").splitlines()))


def decide(text: str, title: str = "") -> Decision:
    return decide_route(RoutingInput(1, title, text), CHENGDU)


@pytest.mark.parametrize("row", PLACES, ids=[row["text"] for row in PLACES])
def test_the_place_is_what_the_table_says(row: dict[str, str]) -> None:
    found = decide(row["text"])
    read = (found.county, found.street, found.community, found.zone, set(found.rivals))
    told = tuple(row[column] or None for column in ("county", "street", "community", "zone"))
    assert read == (*told, set(filter(None, row["asks"].split("|")))), found.marks


def test_two_hundred_places_in_a_text_are_asked_about_and_the_question_stays_short() -> None:
    streets = [unit.name[-6:] for unit in CHENGDU.units.values() if unit.kind is UnitKind.STREET][:200]
    asked = decide("、".join(streets) + "的路灯坏了")
    assert (asked.county, asked.chosen) == (None, None)
    assert len(asked.rivals) > 4
    assert len(asked.why) < 100
    rings = decide("一环路" * 1300 + "的路灯坏了")
    assert len(rings.why) < 100
    said = "、".join(f"{place}的路灯坏了" for place in ["春熙路"] * 200)
    assert decide(said).street == "jinjiang.chunxilu"


def test_what_is_asked_names_the_counties_and_offers_each_ones_bureau() -> None:
    asked = decide("石羊那边的路灯坏了")
    assert asked.chosen is None
    assert asked.why == "像是“路灯照明”，但“石羊”可能在高新区、都江堰市：请问是哪个区（市）县？"
    offered = [candidate.holder_id for candidate in asked.candidates]
    assert offered == ["gaoxin.management", "dujiangyan.management", "urban_management"]
    assert all(candidate.score < asked.threshold for candidate in asked.candidates)


def test_a_place_that_decides_nothing_is_not_asked_for() -> None:
    water = decide("石羊那边停水三天")
    assert water.chosen is not None
    assert water.rivals == ("gaoxin", "dujiangyan")


def test_danger_waits_for_no_question() -> None:
    assert decide("石羊那边井盖不见了").chosen is not None


def test_on_a_border_there_is_nothing_to_ask() -> None:
    lamps = decide("武侯区和锦江区交界的地方路灯坏了")
    assert lamps.chosen is not None
    assert lamps.chosen.holder_id == "urban_management"


def test_a_mistake_in_writing_is_said_and_weighs_less_than_what_is_written_right() -> None:
    wrong = decide("春希路的路灯坏了")
    assert wrong.county == "jinjiang"
    assert "“春希路”按“春熙路”理解" in wrong.why
    assert "锦江区春熙路街道（按“春熙路”理解）" in [mark.speaks_for for mark in wrong.marks]
    assert decide("春希路和宽窄巷子的路灯坏了").county == "qingyang"
    assert decide("春熙路和宽窄巷子的路灯坏了").rivals == ("jinjiang", "qingyang")


def test_a_wrong_last_character_or_two_wrong_ones_make_no_place() -> None:
    assert decide("未来科技成果和孵化员的政策").county is None
    assert decide("椿希路的路灯坏了").county is None


def test_another_county_named_beside_is_not_passed_over_in_silence() -> None:
    lamps = decide("武侯区玉林路和红牌楼的路灯坏了，金牛区就修得快")
    assert lamps.county == "wuhou"
    assert "文中也提到金牛区" in lamps.why


def test_a_street_of_that_name_in_another_city_is_not_ours() -> None:
    assert decide("绵阳市涪城区石羊街道的路灯坏了").county is None
    assert decide("成都市石羊街道的路灯坏了").street == "gaoxin.shiyang"
    assert decide("红旗超市春熙路店不开发票").street == "jinjiang.chunxilu"


def test_a_county_set_by_a_person_stays_and_the_street_is_looked_for_in_it() -> None:
    given = decide_route(RoutingInput(1, "", "石羊镇的路灯坏了，春熙路也是", county="dujiangyan"), CHENGDU)
    assert (given.county, given.street, given.rivals) == ("dujiangyan", "dujiangyan.shiyang", ())
    assert decide_route(RoutingInput(1, "", "春熙路的路灯坏了", county="wuhou"), CHENGDU).street is None


def test_a_zone_takes_what_lies_in_it_though_the_caller_names_the_county_around() -> None:
    lamps = decide("武侯区石羊街道的路灯坏了")
    assert lamps.chosen is not None
    assert (lamps.chosen.holder_id, lamps.zone) == ("gaoxin.management", "gaoxin")


def test_a_named_street_changes_nobody_who_gets_it() -> None:
    assert decide("金牛区抚琴街道居委会不公开账目").candidates[0].holder_id == "jinniu.gov"


def test_another_citys_landmarks_and_communities_need_no_line_of_code(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))

    def read(text: str) -> Decision:
        return decide_route(RoutingInput(1, "", text), rules)

    assert read("火车站的路灯不亮").street == "west.xinqiao"
    assert read("火车占的路灯不亮").county == "west"
    assert set(read("长街的路灯不亮").rivals) == {"east", "west"}
    assert set(read("水门社区的路灯不亮").rivals) == {"east", "west"}
    river = read("河东区水门社区的路灯不亮")
    assert (river.street, river.community, river.zone) == ("east.matou", "水门社区", None)
    assert read("河西区火车站").zone == "west"
