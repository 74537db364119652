"""The routing decision: what it is about, whose duty it is, and why. Pure: the same input gives the same answer."""

import re
from collections.abc import Sequence

from router.asking import asked_about, name_of, offers, question, remarks
from router.candidates import Case, candidates
from router.conduct import Misconduct, misconduct
from router.context import is_denied
from router.danger import Alert, belongs_elsewhere, danger
from router.evidence import Evidence, weigh
from router.index import Index, index_of
from router.nature import nature_of
from router.phrases import Hit, Reading
from router.place import locate
from router.reasons_out import ruled_out, with_reasons_against
from shared.domain.routing import Candidate, Decision, Mark, RoutingInput
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Nature, Urgency

ROUTER_VERSION = "lexicon-3"
_FIRST_SENTENCE = re.compile(r"\s*[^。！？!?\n]{1,40}")
_READ_AT_MOST = 5_000  # characters; what a caller says after that decides nothing
_MARKED = 12
_DUTIES_MARKED = 3


def decide_batch(requests: Sequence[RoutingInput], rules: Rules) -> list[Decision]:
    """Decide each request, in order."""
    return [decide_route(request, rules) for request in requests]


def decide_route(request: RoutingInput, rules: Rules) -> Decision:
    """Decide one request: a holder when sure enough, else nobody and the sentence a person in triage needs."""
    index = index_of(rules)
    text = f"{request.title}\n{request.body}"[:_READ_AT_MOST]
    reading = index.phrases.read(index.plain(text), _title_end(request, text))
    place = locate(request, reading, index)
    evidence = weigh(reading, index)
    deed = misconduct(reading, place.county, index)
    alert, elsewhere = danger(reading, index), belongs_elsewhere(reading, index)
    nature = request.nature or _nature(reading, evidence, deed, alert, index)
    case = Case(request, text, place, evidence, nature, deed, index, reading)
    found = candidates(case)
    chosen = None if elsewhere and not alert else _choose(found, rules.policy.threshold)
    told = alert or elsewhere
    asked = None if told else asked_about(case, found)
    if asked:
        chosen, found = None, offers(case, asked, found)
    return Decision(
        chosen=chosen,
        candidates=with_reasons_against(case, found, chosen),
        nature=nature,
        urgency=request.urgency or _urgency(case, found, alert),
        county=place.county,
        why=question(case, asked) if asked else _why(case, found, chosen, told),
        threshold=rules.policy.threshold,
        marks=_marks(case, told),
        rules_version=rules.version,
        router_version=ROUTER_VERSION,
        referral=told.referral.code if told else None,
        accused=deed.accused if deed else (),
        ruled_out=ruled_out(case, found),
        street=place.street,
        community=place.community,
        zone=place.zone,
        rivals=place.rivals,
    )


def _nature(
    reading: Reading, evidence: list[Evidence], deed: Misconduct | None, alert: Alert | None, index: Index
) -> Nature:
    """A danger that is reported is no complaint and no question: somebody needs help."""
    if deed and deed.is_certain:
        return Nature.COMPLAINT
    said = nature_of(reading, evidence[0] if evidence else None, index)
    is_urgent = alert is not None and alert.referral.urgency is Urgency.CRITICAL
    return Nature.HELP if is_urgent and said not in {Nature.HELP, Nature.REPORT} else said


def _title_end(request: RoutingInput, text: str) -> int:
    """Return where the title ends; without one the first sentence is as good."""
    if request.title.strip():
        return min(len(request.title), len(text))
    first = _FIRST_SENTENCE.match(text)
    return first.end() if first else 0


def _choose(found: tuple[Candidate, ...], threshold: float) -> Candidate | None:
    return found[0] if found and found[0].score >= threshold else None


def _urgency(case: Case, found: tuple[Candidate, ...], alert: Alert | None) -> Urgency:
    """A danger decides; else the duty, unless the caller only asks or thanks, or says that it did not happen."""
    if alert and alert.referral.urgency:
        return alert.referral.urgency
    duty = case.index.rules.duties.get(found[0].duty or "") if found else None
    if duty is None or case.nature in {Nature.CONSULTATION, Nature.PRAISE}:
        return Urgency.NORMAL
    said = next((one.hits for one in case.evidence if one.duty == duty.code), ())
    return Urgency.NORMAL if said and all(is_denied(hit, case.reading) for hit in said) else duty.urgency


def _why(case: Case, found: tuple[Candidate, ...], chosen: Candidate | None, told: Alert | None) -> str:
    first = f"情况危急，先告知来电人：{told.referral.text}" if told and told.referral.urgency else ""
    if chosen:
        reasons = [*chosen.reasons, *filter(None, [remarks(case.place, case.index)])]
        return f"{first}交{_name(chosen, case.index)}：{'；'.join(reasons)}。"
    if told and not first:
        return f"可能不属于受理范围（{told.referral.name}）：{case.quote(told.hits)}。{told.referral.text}"
    return f"{first}{_doubt(case, found)}"


def _doubt(case: Case, found: tuple[Candidate, ...]) -> str:
    """Say what a person in triage must find out."""
    real = [candidate for candidate in found if candidate.duty or len(found) == 1 or candidate.score > 0]
    if case.evidence:
        duty = case.index.rules.duties[case.evidence[0].duty]
        if duty.unit.startswith("*.") and not duty.city_unit and not case.place.county:
            return f"像是“{duty.name}”，但没有写明地点：请问是哪个区（市）县？"
    if not case.evidence and not case.misconduct and not case.request.proposed_unit:
        return "没有读出具体事项，请人工选择承办单位。"
    if not real:
        return "合适的单位都已退回或被反映，请人工选择承办单位。"
    best = f"最像{_name(real[0], case.index)}（{real[0].score:.2f}）"
    others = [_name(candidate, case.index) for candidate in real[1:2] if candidate.duty]
    rivals = f"，也可能是{others[0]}" if others else ""
    return f"{best}{rivals}，把握不到 {case.index.rules.policy.threshold:.2f}，请人工选择。"


def _name(candidate: Candidate, index: Index) -> str:
    if candidate.holder_kind is HolderKind.SEAT:
        return f"{index.rules.skills[candidate.holder_id].name}专家座席"
    return index.rules.units[candidate.holder_id].name


def _marks(case: Case, told: Alert | None) -> tuple[Mark, ...]:
    """Return the stretches that decided, in order of place, each once."""
    said: dict[tuple[int, int], tuple[Hit, str]] = {}
    groups: list[tuple[tuple[Hit, ...], str]] = []
    if told:
        groups.append((told.hits, told.referral.name))
    if case.misconduct:
        groups.append(((case.misconduct.actor, case.misconduct.deed), "工作人员的行为"))
    duties = case.index.rules.duties
    groups += [(one.hits, duties[one.duty].name) for one in case.evidence[:_DUTIES_MARKED]]
    groups += [((hit,), name_of(case.place, case.index, hit)) for hit in case.place.hits]
    for hits, meaning in groups:
        for hit in hits:
            said.setdefault((hit.start, hit.end), (hit, meaning))
    shown = sorted(list(said.values())[:_MARKED], key=lambda pair: pair[0])
    return tuple(Mark(hit.start, hit.end, case.text[hit.start : hit.end], meaning) for hit, meaning in shown)
