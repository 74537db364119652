"""Why others are not the one: who must not have it, who cannot, and who is weaker by how much."""

from collections.abc import Iterator
from dataclasses import replace

from router.candidates import Case
from router.index import resolve
from shared.domain.routing import Candidate, RuledOut
from shared.domain.rules import Duty
from shared.domain.terms import HolderKind

_DUTIES = 3  # what hardly anything speaks for needs no excuse
_RETURNED, _ACCUSED = "退回过这件工单", "诉求反映的就是它，不经手、看不到"


def with_reasons_against(case: Case, found: tuple[Candidate, ...], chosen: Candidate | None) -> tuple[Candidate, ...]:
    """Return the candidates, each but the chosen one with what speaks against it."""
    return tuple(
        one if one is chosen else replace(one, against=tuple(_against(case, one, found[0], chosen))) for one in found
    )


def _against(case: Case, one: Candidate, first: Candidate, chosen: Candidate | None) -> Iterator[str]:
    least = case.index.rules.policy.threshold
    if one is not first:
        yield f"把握 {one.score:.2f}，比首选少 {max(0.0, first.score - one.score):.2f}"
    elif one.score < least:
        yield f"把握 {one.score:.2f}，不到 {least:.2f}，不自动派"
    elif chosen is None:
        yield "可能不属于受理范围，先由人判断"


def ruled_out(case: Case, found: tuple[Candidate, ...]) -> tuple[RuledOut, ...]:
    """Return the units that the likeliest duties, the returning unit or a co-handling lead to, but must not have it."""
    said = (*_leads(case), *_proposed(case), *_co_handlers(case, found))
    return tuple({(one.unit, one.reason): one for one in said}.values())


def _leads(case: Case) -> Iterator[RuledOut]:
    for one in case.evidence[:_DUTIES]:
        duty = case.index.rules.duties[one.duty]
        for reference in filter(None, (duty.unit, duty.city_unit)):
            yield from _why_not(case, duty, reference)


def _why_not(case: Case, duty: Duty, reference: str) -> Iterator[RuledOut]:
    unit = resolve(reference, case.place.county, case.index.rules.units)
    if unit is None and case.place.county:
        yield RuledOut(reference, duty.code, "当地没有这个部门")
    elif unit in case.barred:
        yield RuledOut(unit, duty.code, bar(case, unit))


def bar(case: Case, unit: str) -> str:
    """Return why a barred unit is barred."""
    return _RETURNED if unit in case.request.excluded_units and unit not in case.accused else _ACCUSED


def _proposed(case: Case) -> Iterator[RuledOut]:
    """The unit that a return proposes is asked for, so its absence is explained."""
    unit = case.request.proposed_unit
    if not unit or unit not in case.index.rules.units:
        return
    if unit in case.barred:
        yield RuledOut(unit, None, f"退回的单位建议由它办理，但它{bar(case, unit)}")
    elif case.is_too_low(unit):
        yield RuledOut(unit, case.evidence[0].duty, "退回的单位建议由它办理，但这项职责不能下派到这一级")


def _co_handlers(case: Case, found: tuple[Candidate, ...]) -> Iterator[RuledOut]:
    lead = next((one for one in found if one.holder_kind is HolderKind.UNIT and one.duty), None)
    duty = case.index.rules.duties.get(lead.duty or "") if lead else None
    for reference in duty.co_handlers if duty else ():
        unit = resolve(reference, case.place.county, case.index.rules.units)
        if unit is None:
            where = "当地没有这个部门" if case.place.county else "没有写明区（市）县"
            yield RuledOut(reference, duty.code if duty else None, f"本应协办，但{where}")
        elif unit in case.barred:
            yield RuledOut(unit, duty.code if duty else None, f"本应协办，但它{bar(case, unit)}")
