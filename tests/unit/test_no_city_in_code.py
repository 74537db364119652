"""Nothing of one city stands in the code: what its pack knows may be named in the pack and in the demo only."""

import re
from pathlib import Path

import pytest

from shared.cities.load import load_city
from shared.domain.rules import Rules
from shared.domain.terms import UnitKind

ROOT = Path(__file__).parents[2]
SERVICES = ("shared", "intake", "router", "worker")
KINDS = frozenset({".py", ".html", ".js", ".css", ".svg", ".yaml", ".mako"})
NOT_CODE = ("shared/cities/chengdu/", "shared/command/demo_requests.yaml", "shared/command/demo_replies.yaml")
# The city that an installation without a choice gets, and the example in a complaint about a zone.
ALLOWED = {
    "shared/settings.py": {"chengdu"},
    "shared/command/environment.py": {"chengdu"},
    "shared/cities/pack_file.py": {"Asia/Shanghai"},
}
_TOLD_APART = 3  # characters: shorter places are everyday words too


def files() -> list[Path]:
    """Return every file of the services that is neither a pack nor the demo's own texts."""
    found = [path for service in SERVICES for path in (ROOT / service).rglob("*") if path.suffix in KINDS]
    return [path for path in found if not path.relative_to(ROOT).as_posix().startswith(NOT_CODE)]


def words_of(rules: Rules) -> frozenset[str]:
    """Return what names the city or a part of it. A code of one everyday word, such as `data`, names nothing."""
    words = {rules.name.removesuffix("市"), *(unit.name for unit in rules.units.values())}
    places = {place for places in rules.counties.values() for place in places}
    places |= {name for one in rules.landmarks for name in (*one.names, *one.misspelt)}
    streets = [unit for unit in rules.units.values() if unit.kind is UnitKind.STREET]
    places |= {unit.name.removeprefix(rules.county_names[unit.county or ""][0]) for unit in streets}
    words |= {place for place in places if len(place) >= _TOLD_APART}
    words |= {rules.city, rules.name_en, rules.zone.key, *rules.counties}
    words |= {code for code in rules.units if "." in code or "_" in code}
    words |= {english for _, english in rules.county_names.values()}
    return frozenset(words | {unit.division for unit in rules.units.values() if unit.division})


def named(text: str, words: frozenset[str]) -> set[str]:
    """Return the words of a city that stand in a text; a word in Latin letters or digits stands by itself."""
    near = {word for word in words if word in text}
    return {word for word in near if not word.isascii() or re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", text)}


@pytest.fixture(scope="module")
def words() -> frozenset[str]:
    return words_of(load_city("chengdu"))


def test_no_file_of_the_services_names_a_city_or_a_part_of_it(words: frozenset[str]) -> None:
    found = {path.relative_to(ROOT).as_posix(): named(path.read_text(encoding="utf-8"), words) for path in files()}
    assert {file: known for file, known in found.items() if known} == ALLOWED


@pytest.mark.parametrize(
    "line", ['city = "chengdu"', "# as in 武侯区", 'zone = ZoneInfo("Asia/Shanghai")', '"wuhou.gov"', "'water_affairs'",
             "<p>成都 12345</p>", 'COUNTIES = ("jinjiang", "qingyang")', "code == '510107'", "浆洗街街道"],
)  # fmt: skip
def test_a_name_would_be_found(line: str, words: frozenset[str]) -> None:
    assert named(line, words)


@pytest.mark.parametrize(
    "line", ["data = {}", "health.py", "an audit", "the office", "街道", "区（市）县", "emergency"]
)
def test_an_everyday_word_is_no_name(line: str, words: frozenset[str]) -> None:
    assert not named(line, words)
