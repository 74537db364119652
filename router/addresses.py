"""Places that are said together make one address, and narrow each other."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from router.gazetteer import Gazetteer, Site
from router.mentions import Mention, Standing

_JOINS = re.compile(r"[\s的,，·（()）]{0,3}")  # what may stand between the parts of one address
_TOUCHES = re.compile(r"[\s的]?")
_ROAD = ("路", "街", "道", "巷")
_MANY = 24  # sites of one address; a list of places without commas is none
_QUOTED = 20  # characters


@dataclass(slots=True)
class Address:
    """Mentions that stand together, and the sites that all of them allow."""

    said: list[Mention]
    sites: tuple[Site, ...]

    @property
    def counties(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(site.county for site in self.sites))

    def words(self, text: str) -> str:
        """Return the words of the address, the first of them where it is a long one."""
        whole = text[self.said[0].hit.start : self.said[-1].hit.end]
        return whole if len(whole) <= _QUOTED else self.said[0].hit.phrase


def addresses(said: Sequence[Mention], text: str, gazetteer: Gazetteer) -> list[Address]:
    """Join mentions that stand together, as long as there is a site that both allow."""
    found: list[Address] = []
    for mention in said:
        last = found[-1] if found else None
        between = text[last.said[-1].hit.end : mention.hit.start] if last else ""
        if last is None or not _JOINS.fullmatch(between):
            found.append(Address([mention], mention.name.sites))
            continue
        sites = _both(last.sites, mention.name.sites, gazetteer)
        if sites:
            last.sites = sites
            last.said.append(mention)
            if mention.standing is not Standing.THERE:  # how it is meant is said at its end
                last.said[0] = replace(last.said[0], standing=mention.standing)
        elif not _TOUCHES.fullmatch(between) or len(last.sites) > _MANY:
            found.append(Address([mention], mention.name.sites))
        elif not _yields(mention):
            last.said.append(mention)  # a district and another one's landmark: a reader cannot know which is wrong
            last.sites = (*last.sites, *mention.name.sites)
    return found


def _yields(mention: Mention) -> bool:
    """Tell whether the name may well be another place of the same name: a mistake, a community, a common road."""
    name = mention.name
    is_common = len(name.sites) > 1 or (mention.hit.phrase.endswith(_ROAD) and not name.sites[0].street)
    return name.right is not None or name.is_community or is_common


def _both(ones: Iterable[Site], others: Iterable[Site], gazetteer: Gazetteer) -> tuple[Site, ...]:
    """Return the sites that fit one of both; of a zone and the county around it the zone's, which acts."""
    pairs = [(one, other) for one in ones for other in others]
    same = [_join(one, other) for one, other in pairs if one.county == other.county]
    around = [_zone(one, other, gazetteer) for one, other in pairs] if not any(same) else []
    return tuple(dict.fromkeys(site for site in (*same, *around) if site))


def _join(one: Site, other: Site) -> Site | None:
    """Return what two sites of a county say together, None where they contradict each other."""
    streets, communities = {one.street, other.street} - {None}, {one.community, other.community} - {None}
    if len(streets) > 1 or len(communities) > 1:
        return None
    return Site(one.county, *streets or {None}, *communities or {None})


def _zone(one: Site, other: Site, gazetteer: Gazetteer) -> Site | None:
    """Return the site of a zone that lies in the county which the other one names."""
    for county, site in ((one, other), (other, one)):
        if county.street is None and gazetteer.is_within(site, county.county):
            return site
    return None
