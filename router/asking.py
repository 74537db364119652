"""When the place must be asked for, whom each answer would lead to, and how a place is named."""

from dataclasses import replace

from router.candidates import AT_MOST, Case, candidates
from router.index import Index
from router.phrases import Hit
from router.place import Place
from shared.domain.routing import Candidate
from shared.domain.rules import Duty
from shared.domain.terms import HolderKind

_OFFERED = 3  # counties, each with its own bureau


def asked_about(case: Case, found: tuple[Candidate, ...]) -> Duty | None:
    """Return the county's duty whose county must be asked for, None where the place decides nothing.

    On a border 交界 there is nothing to ask: the city's department stands above both.
    """
    if not case.place.rivals or case.place.is_wide or not case.evidence:
        return None
    best = found[0] if found else None
    if best and (best.duty is None or best.holder_kind is HolderKind.SEAT):
        return None
    duties = case.index.rules.duties
    first = duties[case.evidence[0].duty]
    duty = duties[best.duty] if best and best.duty and first.city_unit else first
    return duty if duty.unit.startswith("*.") else None


def offers(case: Case, duty: Duty, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return each competing county's own holder first: an answer is one key. They share the score of what is sure."""
    rivals = case.place.rivals[:_OFFERED]
    there = [_at(case, county, duty) for county in rivals]
    offered = [one for one in there if one]
    known = {one.holder_id for one in offered}
    rest = [one for one in found if one.holder_id not in known]
    shared = [replace(one, score=round(one.score / (len(rivals) + 1), 3)) for one in (*offered, *rest)]
    return tuple(sorted(shared, key=lambda one: -one.score)[:AT_MOST])


def _at(case: Case, county: str, duty: Duty) -> Candidate | None:
    found = candidates(replace(case, place=Place(county, case.place.hits)))
    return next((one for one in found if one.duty == duty.code), None)


def question(case: Case, duty: Duty) -> str:
    """Return what a person must ask the caller; it names the counties."""
    return f"像是“{duty.name}”，但{case.place.doubt}"


def remarks(place: Place, index: Index) -> str:
    """Return what was assumed about the place, so that no guess is silent; empty where nothing was."""
    wrong = [f"“{said}”按“{right}”理解" for said, right in place.misspelt]
    names = [index.rules.county_names[county][0] for county in place.others]
    return "；".join([*wrong, *([f"文中也提到{'、'.join(names[:_OFFERED])}"] if names else [])])


def name_of(place: Place, index: Index, hit: Hit) -> str:
    """Return what the words of a place stand for: as near as is known."""
    if place.county is None:
        return "地点"
    street = index.rules.units.get(place.street or "")
    near = street.name if street else index.rules.county_names[place.county][0]
    right = dict(place.misspelt).get(hit.phrase)
    return near + (place.community or "") + (f"（按“{right}”理解）" if right else "")
