"""Posts 岗位: what a person is at work for, and which of them make sense by the city's rules."""

from dataclasses import dataclass

from shared.domain.errors import Refused
from shared.domain.rules import Rules
from shared.domain.terms import Role, UnitKind

STAFF_ROLES = (Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Post:
    """A handler has a unit and may lead it, an expert has skills, the others have neither."""

    role: Role
    unit: str | None = None
    skills: tuple[str, ...] = ()
    leads_unit: bool = False

    def check(self, rules: Rules) -> None:
        """Raise `Refused` with the field that is wrong."""
        if self.role not in STAFF_ROLES:
            raise Refused("bad_role", "请选择岗位。", field="role")
        if (self.role is Role.HANDLER) != (self.unit is not None):
            raise Refused("bad_unit", "承办人要选单位，其他岗位不选。", field="unit")
        if self.unit is not None and (self.unit not in rules.units or rules.units[self.unit].kind is UnitKind.CITY):
            raise Refused("unknown_unit", "没有这个单位，请从列表里选。", field="unit")
        if (self.role is Role.EXPERT) != bool(self.skills):
            raise Refused("bad_skills", "专家至少要选一项专长，其他岗位不选。", field="skills")
        if any(skill not in rules.skills for skill in self.skills):
            raise Refused("unknown_skill", "没有这个专家队列，请从列表里选。", field="skills")
        if self.leads_unit and self.role is not Role.HANDLER:
            raise Refused("bad_leader", "只有承办人可以是本单位领导。", field="leads_unit")
