"""Who could take it: duties become holders, one candidate each, with reasons a citizen could follow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from router.conduct import Misconduct
from router.confidence import confidence
from router.evidence import Evidence
from router.index import Index, resolve
from router.phrases import Hit, Reading
from router.place import Place
from shared.domain.levels import may_take
from shared.domain.routing import Candidate, RoutingInput
from shared.domain.rules import Duty
from shared.domain.terms import HolderKind, Nature

AT_MOST = 5
_DUTIES = 40  # a text that speaks of more is about everything
_SAME_HOLDER = 0.6  # what another duty of one holder adds with words of its own
_PROPOSED = 2.0
_THANKED = 3.0
_CERTAIN_MISCONDUCT, _POSSIBLE_MISCONDUCT = 9.0, 1.5
_FALL_BACK_SCORE = 0.2  # a person decides; nothing is handed down silently
_SHOWN = 3


@dataclass(slots=True)
class _Holder:
    """A possible holder with all that speaks for it."""

    kind: HolderKind
    id: str
    duty: str | None
    weight: float
    reasons: list[str] = field(default_factory=list)
    evidence: Evidence | None = None
    heard: list[Hit] = field(default_factory=list)
    is_safety: bool = False  # decided before any duty: what the text says of duties does not compete

    def join(self, other: "_Holder") -> None:
        """Take in what else speaks for the same holder."""
        if other.evidence is None:
            self.weight += other.weight
        else:
            self.weight += _SAME_HOLDER * other.evidence.beyond(self.heard)
            self.heard += other.evidence.hits
        self.reasons += other.reasons if len(self.reasons) < _SHOWN else []
        self.is_safety |= other.is_safety


@dataclass(frozen=True)
class Case:
    """All that has been read from one request."""

    request: RoutingInput
    text: str
    place: Place
    evidence: list[Evidence]
    nature: Nature
    misconduct: Misconduct | None
    index: Index
    reading: Reading

    @cached_property
    def accused(self) -> frozenset[str]:
        """The units complained of, as a person said or as the text says."""
        return frozenset((*self.request.accused_units, *(self.misconduct.accused if self.misconduct else ())))

    @cached_property
    def barred(self) -> frozenset[str]:
        """The units that must not get it: they returned it or are complained of."""
        return frozenset(self.request.excluded_units) | self.accused

    def is_too_low(self, unit: str) -> bool:
        """Tell whether the likeliest duty may not be given to the unit's level: a return does not push it down."""
        rules = self.index.rules
        return bool(self.evidence) and not may_take(rules.units[unit], rules.duties[self.evidence[0].duty])

    def quote(self, hits: tuple[Hit, ...]) -> str:
        """Return the caller's own words, in quotation marks."""
        said = dict.fromkeys(self.text[hit.start : hit.end].strip() for hit in hits)
        words = [word for word in said if not any(word in other for other in said if other != word)]
        return "".join(f"“{word}”" for word in words[:_SHOWN])


def candidates(case: Case) -> tuple[Candidate, ...]:
    """Return the possible holders, best first, at most five."""
    holders: dict[tuple[HolderKind, str], _Holder] = {}
    for new in (*_by_misconduct(case), *_by_duty(case), *_by_praise(case), *_by_proposal(case)):
        known = holders.setdefault((new.kind, new.id), new)
        if known is not new:
            known.join(new)
    ranked = sorted(holders.values(), key=lambda holder: (not holder.is_safety, -holder.weight))
    found = [_scored(case, holder, ranked) for holder in ranked[:AT_MOST]]
    return (*found, *_fall_back(case, found))


def _fall_back(case: Case, found: list[Candidate]) -> Iterator[Candidate]:
    """The county's government 属地兜底, always last: it takes what nobody else must, and only when a person says so."""
    owner = case.index.owners.get(case.place.county or "")
    taken = case.barred | {candidate.holder_id for candidate in found}
    if owner and owner.code not in taken and len(found) < AT_MOST:
        score = min([_FALL_BACK_SCORE, *(one.score for one in found)])
        why = f"地点在{_name(case.place.county, case.index)}；没有别的单位负责时由属地兜底"
        yield Candidate(HolderKind.UNIT, owner.code, None, score, (why,))


def _scored(case: Case, holder: _Holder, ranked: list[_Holder]) -> Candidate:
    rival = next((other.weight for other in ranked if other is not holder), 0.0)
    score = confidence(holder.weight, 0.0 if holder.is_safety else rival)
    score = min(score, confidence(ranked[0].weight, 0.0)) if ranked[0].is_safety else score
    beside = tuple(_co_handlers(case, holder)) if holder.kind is HolderKind.UNIT else ()
    return Candidate(holder.kind, holder.id, holder.duty, score, tuple(holder.reasons), co_handlers=beside)


def _co_handlers(case: Case, holder: _Holder) -> Iterator[str]:
    """Name the units that the duty wants beside its lead 协办; who is barred as a lead is barred here too."""
    duty = case.index.rules.duties.get(holder.duty or "")
    for reference in duty.co_handlers if duty else ():
        unit = resolve(reference, case.place.county, case.index.rules.units)
        if unit and unit != holder.id and unit not in case.barred:
            yield unit


def _by_duty(case: Case) -> Iterator[_Holder]:
    for one in case.evidence[:_DUTIES]:
        duty = case.index.rules.duties[one.duty]
        said = f"{case.quote(one.hits)}属于“{duty.name}”"
        if duty.skill and case.nature is Nature.CONSULTATION:
            skill = case.index.rules.skills[duty.skill]
            reasons = [said, f"咨询由{skill.name}专家直接解答"]
            yield _holder(HolderKind.SEAT, skill.code, one, reasons)
            continue
        unit, reason = _unit(duty, case)
        if unit:
            yield _holder(HolderKind.UNIT, unit, one, [said, *reason])


def _holder(kind: HolderKind, code: str, evidence: Evidence, reasons: list[str]) -> _Holder:
    return _Holder(kind, code, evidence.duty, evidence.weight, reasons, evidence, list(evidence.hits))


def _unit(duty: Duty, case: Case) -> tuple[str | None, list[str]]:
    """Return the nearest unit that may have it: the county's bureau, else the city's department."""
    rules, county = case.index.rules, case.place.county
    own = resolve(duty.unit, county, rules.units)
    if own and own not in case.barred:
        return own, [f"地点在{_name(county, case.index)}"] if duty.unit.startswith("*.") else []
    if duty.city_unit is None or duty.city_unit in case.barred:
        return None, []
    if own:
        return duty.city_unit, [f"{rules.units[own].name}不能办理，由市级部门办理"]
    nowhere = "文中提到几个区（市）县" if case.place.is_ambiguous else "没有写明区（市）县"
    where = f"{_name(county, case.index)}没有这个部门" if county else nowhere
    return duty.city_unit, [f"{where}，由市级部门办理"]


def _by_misconduct(case: Case) -> Iterator[_Holder]:
    found = case.misconduct
    if found is None:
        return
    bodies = (case.index.disciplines.get(case.place.county), case.index.disciplines.get(None))
    body = next((unit for unit in bodies if unit and unit.code not in case.barred), None)
    if body:
        reasons = [f"{case.quote((found.actor, found.deed))}反映工作人员的行为，由纪检监察机关办理"]
        reasons += [f"被反映的{case.index.rules.units[unit].name}不经手、看不到" for unit in found.accused]
        weight = _CERTAIN_MISCONDUCT if found.is_certain else _POSSIBLE_MISCONDUCT
        yield _Holder(HolderKind.UNIT, body.code, None, weight, reasons, is_safety=found.is_certain)


def _by_praise(case: Case) -> Iterator[_Holder]:
    """Whoever is thanked by name hears of it."""
    if case.nature is not Nature.PRAISE:
        return
    for hit in case.reading.said("alias")[:_SHOWN]:
        meant = (resolve(one, case.place.county, case.index.rules.units) for one in case.index.aliases[hit.phrase])
        unit = next((one for one in meant if one and one not in case.barred), None)
        if unit:
            yield _Holder(HolderKind.UNIT, unit, None, _THANKED, [f"表扬的是{case.quote((hit,))}"])


def _by_proposal(case: Case) -> Iterator[_Holder]:
    unit = case.request.proposed_unit
    if unit and unit in case.index.rules.units and unit not in case.barred and not case.is_too_low(unit):
        yield _Holder(HolderKind.UNIT, unit, None, _PROPOSED, ["退回的单位建议由它办理"])


def _name(county: str | None, index: Index) -> str:
    return index.rules.county_names.get(county or "", ("", ""))[0]
