"""The first administrator's code, and the demo's accounts (in a demo database only)."""

from shared import people
from shared.database import engine
from shared.domain.labels import ROLES
from shared.domain.rules import Rules
from shared.domain.terms import Role, UnitKind
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.people import NewStaff, add_staff
from shared.settings import settings

DEMO_PASSWORD = "try-12345"  # noqa: S105 - shown on the screen of a demo that listens on loopback only
PLAYER_PREFIX = "auto-"


def issue_admin_code() -> str | None:
    """Return a fresh one-time code for `/setup`, None if an administrator exists."""
    with engine().begin() as connection:
        return people.issue_admin_code(connection)


def create_demo_accounts() -> list[tuple[str, str, str]]:
    """Make sure that the demo's people exist; return (role, login, password) of those that a visitor may use.

    One player `auto-<unit>` per unit, and one for each of the hotline's own roles, moves the demo's tickets.
    """
    if not settings().is_demo:
        raise RuntimeError("demo accounts exist only in a demo database (HOTLINE_DEMO=1)")
    with engine().begin() as connection:
        rules = known_packs().at(connection, settings().city)
        known = {person.login for person in people.list_staff(connection, _admin(rules))}
        for new in [*_visitors(rules), *_players(rules)]:
            if new.login not in known:
                add_staff(connection, new)
    return [(f"{ROLES[new.role].zh}（{new.name}）", new.login, DEMO_PASSWORD) for new in _visitors(rules)]


def demo_unit(rules: Rules) -> str:
    """Return the unit whose desk a visitor of the demo sees: a busy department."""
    busy: dict[str, int] = {}
    for duty in rules.duties.values():
        for code in (duty.unit, getattr(duty, "city_unit", None)):
            if code in rules.units:
                busy[str(code)] = busy.get(str(code), 0) + len(duty.words)
    return max(sorted(busy), key=lambda code: busy[code])


def _visitors(rules: Rules) -> list[NewStaff]:
    unit = demo_unit(rules)
    skills = tuple(sorted(rules.skills))

    def new(login: str, name: str, role: Role, **more: object) -> NewStaff:
        return NewStaff(city=rules.city, login=login, name=name, password=DEMO_PASSWORD, role=role, **more)  # type: ignore[arg-type]

    return [
        new("operator", "林晓", Role.OPERATOR),
        new("handler", "周敏", Role.HANDLER, unit=unit),
        new("leader", "陈科", Role.HANDLER, unit=unit, leads_unit=True),
        new("expert", "吴岚", Role.EXPERT, skills=skills),
        new("supervisor", "郑宁", Role.SUPERVISOR),
        new("admin", "管理员", Role.ADMIN),
    ]


def _players(rules: Rules) -> list[NewStaff]:
    plain = [
        NewStaff(city=rules.city, login=f"{PLAYER_PREFIX}{role}", name=name, password=None, role=role, skills=skills)
        for role, name, skills in (
            (Role.OPERATOR, "自动话务员", ()),
            (Role.SUPERVISOR, "自动督办", ()),
            (Role.EXPERT, "自动专家", tuple(sorted(rules.skills))),
        )
    ]
    holders = [unit for unit in rules.units.values() if unit.kind is not UnitKind.CITY]
    units = [
        NewStaff(
            city=rules.city,
            login=f"{PLAYER_PREFIX}{unit.code}",
            name="自动承办人",
            password=None,
            role=Role.HANDLER,
            unit=unit.code,
        )
        for unit in holders
    ]
    return plain + units


def _admin(rules: Rules) -> Viewer:
    return Viewer(Role.ADMIN, rules.city)
