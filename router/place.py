"""Where it is: the county a text names. Two that weigh the same are no answer: a person asks."""

from dataclasses import dataclass

from router.index import Index
from router.phrases import Hit, Reading
from shared.domain.routing import RoutingInput

_OFFICIAL = 2.0  # a county named in full says more than a street whose name other towns may have
_TITLE = 1.5


@dataclass(frozen=True, slots=True)
class Place:
    """The county found, the words that say so, and whether several compete."""

    county: str | None
    hits: tuple[Hit, ...]
    is_ambiguous: bool = False


def locate(request: RoutingInput, reading: Reading, index: Index) -> Place:
    """Return the county of the request: the one given, or the one its text speaks of most."""
    if request.county in index.rules.counties:
        return Place(request.county, ())
    found: dict[str, dict[str, Hit]] = {}
    covered = 0
    for hit in sorted(reading.said("place"), key=lambda hit: (hit.start, -hit.end)):
        if hit.end > covered:
            covered = hit.end
            found.setdefault(index.places[hit.phrase], {}).setdefault(hit.phrase, hit)
    if not found:
        return Place(None, ())
    weights = {county: sum(_weight(hit, reading, index) for hit in hits.values()) for county, hits in found.items()}
    best, *others = sorted(weights, key=lambda county: -weights[county])
    if others and weights[others[0]] == weights[best]:
        return Place(None, tuple(hit for hits in found.values() for hit in hits.values()), is_ambiguous=True)
    return Place(best, tuple(found[best].values()))


def _weight(hit: Hit, reading: Reading, index: Index) -> float:
    official = hit.phrase.endswith(("区", "县", "市")) and len(hit.phrase) > 2
    return (_OFFICIAL if official else 1.0) * (_TITLE if hit.end <= reading.title_end else 1.0)
