"""Sign-on 统一认证 (OIDC): logins under way, and which account belongs to whom. The only writer of those tables.

An account belongs to (iss, sub) and to nothing else: an address or a name that equals a local account's gives nothing.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.access_log import Change, note_change
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.groups import Place
from shared.people.accounts import add_staff, note_added
from shared.people.person import NewStaff, Staff, staff_from_row
from shared.people.sessions import end_sessions
from shared.people.tokens import token_hash
from shared.tables.people import sign_on, sign_on_step, staff

WAITS = timedelta(minutes=10)
_PREFIX, _NAME_LENGTH, _LOGIN_LENGTH, _MARK_LENGTH = "sso:", 60, 60, 8
_OF_THE_GROUP = ("role", "unit", "skills", "leads_unit")


@dataclass(frozen=True, slots=True)
class Known:
    """What the provider says of a person, after its signature has been checked."""

    iss: str
    sub: str
    name: str
    login: str


def begin(connection: Connection, state: str, nonce: str, verifier: str) -> None:
    """Keep what the answer to this login must fit."""
    values = {"state_hash": token_hash(state), "nonce": nonce, "verifier": verifier, "at": sa.func.clock_timestamp()}
    connection.execute(sa.delete(sign_on_step).where(sign_on_step.c.at < sa.func.clock_timestamp() - WAITS))
    connection.execute(sa.insert(sign_on_step).values(values))


def take(connection: Connection, state: str) -> tuple[str, str] | None:
    """Return nonce and verifier of a login under way, once; None if there is none or it is ten minutes old."""
    mine = sa.delete(sign_on_step).where(sign_on_step.c.state_hash == token_hash(state))
    row = connection.execute(mine.returning(sign_on_step, sa.func.clock_timestamp().label("now"))).one_or_none()
    return None if row is None or row.at < row.now - WAITS else (row.nonce, row.verifier)


def account_of(connection: Connection, city: str, known: Known, place: Place | None) -> Staff:
    """Return the person's account, made on the first login and as their group wants it. Raises `Refused`.

    Whoever is in no group that has a place here loses their sessions, and is refused.
    """
    linked = sa.select(staff).join(sign_on, sign_on.c.staff_id == staff.c.id)
    mine = (sign_on.c.iss == known.iss) & (sign_on.c.sub == known.sub)
    row = connection.execute(linked.where(mine).with_for_update(of=staff)).one_or_none()
    if place is None or (row is not None and (not row.is_active or row.city != city)):
        raise Refused("no_place", "统一认证里没有给您本系统的岗位，或账号已停用。请联系管理员。")
    if row is None:
        return _added(connection, city, known, place)
    return _adjusted(connection, staff_from_row(row), known, place)


def end_sessions_of(connection: Connection, known: Known) -> None:
    """End the sessions of somebody who may not come in any more."""
    mine = sa.select(sign_on.c.staff_id).where(sign_on.c.iss == known.iss, sign_on.c.sub == known.sub)
    staff_id = connection.execute(mine).scalar_one_or_none()
    if staff_id is not None:
        end_sessions(connection, staff_id)


def _added(connection: Connection, city: str, known: Known, place: Place) -> Staff:
    new = NewStaff(
        city=city,
        login=_free_login(connection, known),
        name=known.name[:_NAME_LENGTH] or known.sub[:_NAME_LENGTH],
        password=None,
        role=place.role,
        unit=place.unit,
        skills=place.skills,
        leads_unit=place.leads_unit,
    )
    staff_id = add_staff(connection, new)
    connection.execute(sa.insert(sign_on).values(iss=known.iss, sub=known.sub, staff_id=staff_id))
    note_added(connection, Viewer(Role.ADMIN, city), staff_id)
    return staff_from_row(connection.execute(sa.select(staff).where(staff.c.id == staff_id)).one())


def _adjusted(connection: Connection, person: Staff, known: Known, place: Place) -> Staff:
    wanted = {"role": place.role, "unit": place.unit, "skills": place.skills, "leads_unit": place.leads_unit}
    before = {name: getattr(person, name) for name in _OF_THE_GROUP}
    if wanted == before:
        return person
    values = {**wanted, "skills": list(place.skills), "version": staff.c.version + 1}
    changed = sa.update(staff).where(staff.c.id == person.id).values(values).returning(staff)
    after = staff_from_row(connection.execute(changed).one())
    end_sessions(connection, person.id)
    who = Viewer(Role.ADMIN, person.city)
    note_change(connection, who, Change("staff_changed", f"staff:{person.id}", before, wanted))
    return after


def _free_login(connection: Connection, known: Known) -> str:
    """Return a login that nobody has; passwords open none of these accounts."""
    wished = (_PREFIX + (known.login or known.sub)).lower()[:_LOGIN_LENGTH]
    if connection.execute(sa.select(1).where(staff.c.login == wished)).first() is None:
        return wished
    return f"{wished}~{hashlib.sha256(f'{known.iss}|{known.sub}'.encode()).hexdigest()[:_MARK_LENGTH]}"
