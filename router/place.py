"""Where it is: county, street, community and zone. Where several weigh about the same, a person asks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from router.addresses import Address, addresses
from router.index import Index
from router.mentions import Standing, mentions
from router.phrases import Hit, Reading
from shared.domain.routing import RoutingInput

_TITLE = 1.5
_LEAD = 1.5  # how much heavier than any other the county must be
_NAMED = 4  # competing counties that a question names
_BORDER = re.compile(r"交界|接壤|相邻处|结合部|之间的|两[区县]|跨区")


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is and the words that say so. With `rivals` there is no county: these compete.

    `zone` is the county's own code where a zone acts; `others` are counties named beside the one found.
    """

    county: str | None
    hits: tuple[Hit, ...]
    street: str | None = None
    community: str | None = None
    zone: str | None = None
    rivals: tuple[str, ...] = ()
    doubt: str = ""
    others: tuple[str, ...] = ()
    is_wide: bool = False  # said to lie on a border: there are several, and nothing to ask
    misspelt: tuple[tuple[str, str], ...] = ()  # what is written, what it was taken for

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether counties compete."""
        return bool(self.rivals)


def locate(request: RoutingInput, reading: Reading, index: Index) -> Place:
    """Return the place of the request: in the county given, else in the one its text speaks of most."""
    found = addresses(mentions(reading, index.gazetteer), reading.text, index.gazetteer)
    if request.county in index.rules.counties:
        return _within(request.county or "", [one for one in found if one.said[0].standing is Standing.THERE], index)
    there = [one for one in found if one.said[0].standing is Standing.THERE]
    if not there:
        return _aside(found, index) if found else Place(None, ())
    weights = _weights(there, reading)
    best = max(weights, key=lambda county: weights[county])
    rivals = [county for county in weights if weights[county] * _LEAD > weights[best]]
    if len(rivals) > 1:
        return _between(sorted(rivals, key=lambda county: -weights[county]), there, reading, index)
    place = _within(best, there, index)
    return replace(place, others=tuple(county for county in weights if county != best and _is_alone(county, there)))


def _weights(found: Iterable[Address], reading: Reading) -> dict[str, float]:
    """Add up what speaks for each county; a name counts once, wherever it stands first."""
    weights: dict[str, float] = defaultdict(float)
    seen: set[str] = set()
    for one in found:
        fresh = [mention for mention in one.said if mention.hit.phrase not in seen]
        seen.update(mention.hit.phrase for mention in fresh)
        weight = sum(
            mention.name.weight * (_TITLE if mention.hit.end <= reading.title_end else 1.0) for mention in fresh
        )
        for county in one.counties:
            weights[county] += weight
    return dict(weights)


def _within(county: str, found: Iterable[Address], index: Index) -> Place:
    """Return the place in a county: the street and the community that its addresses agree on."""
    mine = [one for one in found if county in one.counties]
    sites = [[site for site in one.sites if site.county == county] for one in mine]
    street = _only({site.street for one in sites if len(one) == 1 for site in one if site.street})
    community = _only({site.community for one in sites for site in one if site.community and site.street == street})
    said = [mention for one in mine for mention in one.said]
    hits = {mention.hit.phrase: mention.hit for mention in reversed(said)}
    wrong = {mention.hit.phrase: mention.name.right for mention in said if mention.name.right}
    zone = county if index.owners[county].division is None else None
    return Place(county, tuple(hits.values()), street, community, zone, misspelt=tuple(wrong.items()))


def _only(values: set[str]) -> str | None:
    return values.pop() if len(values) == 1 else None


def _is_alone(county: str, found: Iterable[Address]) -> bool:
    return any(one.counties == (county,) for one in found)


def _between(rivals: list[str], found: list[Address], reading: Reading, index: Index) -> Place:
    """Return the question which of several counties it is."""
    hits = tuple(mention.hit for one in found for mention in one.said if set(rivals) & set(one.counties))
    shared = next((one for one in found if set(rivals) <= set(one.counties)), None)
    counties = _list(rivals, index)
    several = f"“{shared.words(reading.text)}”可能在{counties}" if shared else f"文中提到{counties}"
    doubt = f"{several}：请问是哪个区（市）县？"
    return Place(None, hits, rivals=tuple(rivals), doubt=doubt, is_wide=bool(_BORDER.search(reading.text)))


def _aside(found: list[Address], index: Index) -> Place:
    """Return the question where it happened, when all places are where somebody comes from or was going."""
    rivals = list(dict.fromkeys(county for one in found for county in one.counties))
    hits = tuple(mention.hit for one in found for mention in one.said)
    doubt = f"{_list(rivals, index)}像是来电人的家乡或去向，不一定是事发地：请问事情在哪个区（市）县？"
    return Place(None, hits, rivals=tuple(rivals), doubt=doubt)


def _list(counties: Sequence[str], index: Index) -> str:
    names = [index.rules.county_names[county][0] for county in counties[:_NAMED]]
    return "、".join(names) + ("等" if len(counties) > _NAMED else "")
