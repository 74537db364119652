"""Where a text names places, and how: as where it happened, or as where somebody comes from or is going."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from router.gazetteer import COMMUNITY_ENDS, Gazetteer, Name
from router.phrases import Hit, Reading

_WRONG = 0.5
_LONGEST_COMMUNITY = 12
_SHORT = 2
_REACH = 12  # characters before and after a place that say how it is meant
_HOME_BEFORE = re.compile(r"(?:老家|家乡|籍贯|户籍|户口|出生|来自)(?:地)?[是在于：:]{0,2}(?:\w{2,3}[省市])?$")
_HOME_AFTER = re.compile(r"籍(?:人|的|贯)|户口|户籍|老家")
_PEOPLE_OF = re.compile(r"的?人(?=[，,。；;、！!？?\s在来]|$)")
_SOMEBODY_IS = re.compile(r"(?:是|系|作为|我们|咱|本人)\w{0,5}$")
_ON_THE_WAY = re.compile(r"(?:[上下]班|上学|放学|回家|打工|出差|办事)的?(?:路上|途中|半路)|途中|方向")
_TOWARDS = re.compile(r"[去到往回来]$")
_WAY_OF = re.compile(r"的(?:路上|途中)")
_FROM, _TO = re.compile(r"[从自由]$"), re.compile(r"[到至往去]")
_FROM_TO = re.compile(r"[从自由][^，,。；;！!？?\n]{2,10}[到至往去]$")
_BOUND_FOR = re.compile(r"(?:开往|前往|去往|通往|飞往|发往|赶往)$")

# Another city's name, perhaps with a district of it, just before: streets of one name are in many cities.
_CITY_BEFORE = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|[在到从去是住省])([\u4e00-\u9fff]{2,3}(?<![超城门菜夜都集本全])市)(?:[\u4e00-\u9fff]{1,3}[区县])?$"
)

# A short shared name, or a community's, begins where a word may begin: inside 某某新区 it is another place's.
_BEGINS = re.compile(r"(?:^|[^\u4e00-\u9fff]|[在到从去是住这那的和与个们来于我区县市镇乡道办叫属给对向把路])$")


class Standing(Enum):
    """What a place is said for."""

    THERE = "there"  # where it happened, as far as the words tell
    HOME = "home"  # where somebody comes from
    WAY = "way"  # where somebody was going


@dataclass(frozen=True, slots=True)
class Mention:
    """A place as it is said."""

    hit: Hit
    name: Name
    standing: Standing


def mentions(reading: Reading, gazetteer: Gazetteer) -> list[Mention]:
    """Return the places of a text in order; of overlapping names the first and longest, the right before the wrong."""
    said = [(hit, gazetteer.names[hit.phrase]) for hit in reading.said("place")]
    named = _uncovered([*said, *_communities(reading.text, gazetteer)])
    ends = {hit.end for hit, _ in named}
    clear = [one for one in named if one[0].start in ends or not _is_inside_a_word(*one, reading.text)]
    taken = {at for hit, _ in clear for at in range(hit.start, hit.end)}
    wrong = [(hit, name) for hit, name in _misspelt(reading, gazetteer) if taken.isdisjoint(range(hit.start, hit.end))]
    found = [
        (hit, name) for hit, name in _uncovered([*clear, *wrong]) if not _is_elsewhere(hit, reading.text, gazetteer)
    ]
    return [Mention(hit, name, _standing(hit, reading.text)) for hit, name in found]


def _is_inside_a_word(hit: Hit, name: Name, text: str) -> bool:
    is_weak = name.is_community or (len(hit.phrase) == _SHORT and len(name.sites) > 1)
    return is_weak and not _BEGINS.search(text[max(0, hit.start - 1) : hit.start])


def _is_elsewhere(hit: Hit, text: str, gazetteer: Gazetteer) -> bool:
    other = _CITY_BEFORE.search(text[max(0, hit.start - _REACH) : hit.start])
    return other is not None and other[1] != gazetteer.city and other[1] not in gazetteer.names


def _uncovered(found: list[tuple[Hit, Name]]) -> list[tuple[Hit, Name]]:
    clear: list[tuple[Hit, Name]] = []
    covered = 0
    for hit, name in sorted(found, key=lambda one: (one[0].start, -one[0].end)):
        if hit.start >= covered:
            covered = hit.end
            clear.append((hit, name))
    return clear


def _communities(text: str, gazetteer: Gazetteer) -> Iterator[tuple[Hit, Name]]:
    """Yield the communities, looked for backwards from the word that ends their name, the longest name first."""
    for end in COMMUNITY_ENDS.finditer(text):
        for start in range(max(0, end.end() - _LONGEST_COMMUNITY), end.start()):
            name = gazetteer.communities.get(text[start : end.end()])
            if name is not None:
                yield Hit(start, end.end(), text[start : end.end()]), name
                break


def _misspelt(reading: Reading, gazetteer: Gazetteer) -> Iterator[tuple[Hit, Name]]:
    for hit, names in gazetteer.misspelt.find(reading.text):
        meant = [gazetteer.names[name] for name in names]
        sites = tuple(dict.fromkeys(site for one in meant for site in one.sites))
        yield hit, Name(sites, min(one.weight for one in meant) * _WRONG, right=names[0])


def _standing(hit: Hit, text: str) -> Standing:
    before, after = text[max(0, hit.start - _REACH) : hit.start], text[hit.end : hit.end + _REACH]
    is_of_people = _PEOPLE_OF.match(after) and _SOMEBODY_IS.search(before)
    if _HOME_BEFORE.search(before) or _HOME_AFTER.match(after) or is_of_people:
        return Standing.HOME
    is_on_the_way = _ON_THE_WAY.match(after) or (_TOWARDS.search(before) and _WAY_OF.match(after))
    is_end = _FROM_TO.search(before) or (_FROM.search(before) and _TO.match(after))
    return Standing.WAY if is_on_the_way or is_end or _BOUND_FOR.search(before) else Standing.THERE
