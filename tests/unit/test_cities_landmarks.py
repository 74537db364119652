"""The landmarks and communities of a pack: what they may say, and that a pack without them still holds."""

from pathlib import Path

import pytest

from shared.cities.load import load_city
from shared.cities.problems import PackError
from shared.domain.places import Landmark
from shared.domain.rules import Rules
from shared.domain.terms import UnitKind
from tests.unit.tiny_pack import write_pack


@pytest.fixture(scope="module")
def chengdu() -> Rules:
    return load_city("chengdu")


def test_a_landmark_has_names_a_county_and_perhaps_a_street(tmp_path: Path) -> None:
    rules = load_city("qinghe", write_pack(tmp_path / "pack"))
    assert rules.landmarks == (
        Landmark(("火车站", "站前广场"), ("west",), "west.xinqiao", ("火车占",)),
        Landmark(("长街",), ("east", "west")),
    )
    assert rules.communities == {"east.matou": ("水门社区", "渡口村"), "west.chengguan": ("水门社区",)}


def test_a_pack_from_before_there_were_landmarks_still_holds(tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    (folder / "landmarks.csv").unlink()
    (folder / "communities.csv").unlink()
    rules = load_city("qinghe", folder)
    assert (rules.landmarks, rules.communities) == ((), {})


def test_chengdu_knows_every_community_of_its_streets_and_the_places_people_name(chengdu: Rules) -> None:
    assert sum(map(len, chengdu.communities.values())) == 3047
    assert all(chengdu.units[street].kind is UnitKind.STREET for street in chengdu.communities)
    known = {name for one in chengdu.landmarks for name in one.names}
    assert known >= {"春熙路", "太古里", "天府广场", "华西医院", "双流机场", "犀浦", "锦城湖", "金融城", "环球中心"}
    assert known >= {"火车南站", "新区", "人民南路"}


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("landmarks_csv", ("火车占,west,", "火车占,north,"),
         "landmarks.csv line 2: county 'north' is in no line of counties.csv"),
        ("landmarks_csv", ("火车占,west,west.xinqiao", "火车占,west,east.matou"),
         "landmarks.csv line 2: 'east.matou' is no street of county 'west'"),
        ("landmarks_csv", ("长街,,,east|west,", "长街,,,east|west,east.matou"),
         "landmarks.csv line 3: 'east.matou' is no street of county 'east|west'"),
        ("landmarks_csv", ("长街,,,east|west", "长街,,,"), "landmarks.csv line 3: column 'county' is empty"),
        ("landmarks_csv", ("长街,,", "长街,火车占,"), "landmarks.csv line 3: '火车占' is already in this sheet"),
        ("landmarks_csv", ("长街", "钟楼"), "landmarks.csv line 3: '钟楼' is a place of county 'east' in counties.csv"),
        ("landmarks_csv", ("长街", "街"), "landmarks.csv line 3: place '街' is shorter than 2 characters"),
        ("communities_csv", ("east.matou,", "east.kai,"),
         "communities.csv line 2: street 'east.kai' is in no line of streets.csv"),
        ("communities_csv", ("west.chengguan", "east.matou"),
         "communities.csv line 3: 'east.matou' is already in this sheet"),
        ("communities_csv", ("渡口村", "渡口"),
         "communities.csv line 2: '渡口' is no name of a community: it ends in 社区 or 村"),
        ("communities_csv", ("水门社区|渡口村", "水门社区|水门社区"),
         "communities.csv line 2: column 'communities' has '水门社区' twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, file: str, change: tuple[str, str], message: str) -> None:
    with pytest.raises(PackError) as caught:
        load_city("qinghe", write_pack(tmp_path / "pack", **{file: change}))
    assert message in caught.value.problems, caught.value.problems
