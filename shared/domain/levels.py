"""What may not be pushed down: a duty names the lowest level of government that may be given it."""

from shared.domain.errors import Refused
from shared.domain.rules import Duty, Rules, Unit
from shared.domain.terms import Level

_NAMES = {Level.CITY: "市级", Level.COUNTY: "区（市）县级", Level.STREET: "街道（乡镇）"}
_HIGHEST_FIRST = tuple(Level)


def may_take(unit: Unit, duty: Duty) -> bool:
    """Tell whether the unit's level is at least the one the duty asks for."""
    return _HIGHEST_FIRST.index(unit.level) <= _HIGHEST_FIRST.index(duty.level)


def refuse_lower_level(duty_code: str | None, unit_code: str, rules: Rules) -> None:
    """Refuse to hand a duty to a unit below the duty's level 权责不下推; without a known duty nothing is refused."""
    duty, unit = rules.duties.get(duty_code or ""), rules.units.get(unit_code)
    if duty is None or unit is None or may_take(unit, duty):
        return
    why = (
        f"“{duty.name}”（{duty.code}）由{_NAMES[duty.level]}{'' if duty.level is Level.CITY else '以上'}单位办理，"
        f"不能派给{unit.name}。请改选单位，或者改正事项。"
    )
    raise Refused("level_too_low", why, field="unit", duty=duty.code, level=duty.level)
