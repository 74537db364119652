"""Second factor 动态口令 (TOTP, RFC 6238) and recovery codes; logins that wait for it. The only writer of those tables.

A code is good for one login: the step it was made in is kept, and no step at or before it is taken again.
"""

import hmac
import secrets
from datetime import timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from shared.access_log import Change, note_change
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.people.accounts import person as account
from shared.people.person import Staff, staff_from_row
from shared.people.sessions import end_sessions
from shared.people.tokens import new_token, token_hash
from shared.settings import settings
from shared.tables.people import login_step, recovery_code, second_factor, staff

NEEDED_BY = frozenset({Role.ADMIN, Role.SUPERVISOR})
WAITS = timedelta(minutes=10)
RECOVERY_CODES = 10
_STEP_SECONDS, _DRIFT = 30, 1
_RECOVERY_LENGTH = 10
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing that looks like something else
_FORGIVEN = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})


def is_needed(role: Role) -> bool:
    """Tell whether people of this role log in with a second factor here."""
    return settings().needs_second_factor and role in NEEDED_BY


def is_enrolled(connection: Connection, staff_id: int) -> bool:
    """Tell whether the person has shown once that their device makes the right codes."""
    done = second_factor.c.confirmed_at.is_not(None)
    return connection.execute(sa.select(1).where(second_factor.c.staff_id == staff_id, done)).first() is not None


def wait_for_code(connection: Connection, staff_id: int) -> str:
    """Return a token for a login that has shown all but the second factor; it opens nothing by itself."""
    token, now = new_token(), sa.func.clock_timestamp()
    old = (login_step.c.staff_id == staff_id) & (login_step.c.at < now - WAITS)
    connection.execute(sa.delete(login_step).where(old))
    connection.execute(sa.insert(login_step).values(token_hash=token_hash(token), staff_id=staff_id, at=now))
    return token


def who_waits(connection: Connection, token: str) -> Staff | None:
    """Return whose login waits, None after ten minutes or once it is done."""
    fresh = login_step.c.at > sa.func.clock_timestamp() - WAITS
    query = sa.select(staff).join(login_step, login_step.c.staff_id == staff.c.id)
    row = connection.execute(query.where(login_step.c.token_hash == token_hash(token), fresh, staff.c.is_active))
    found = row.one_or_none()
    return None if found is None else staff_from_row(found)


def end_waiting(connection: Connection, staff_id: int) -> None:
    """Let no login of the person wait any more: one was let in, or they are to begin anew."""
    connection.execute(sa.delete(login_step).where(login_step.c.staff_id == staff_id))


def secret_to_enrol(connection: Connection, staff_id: int) -> str:
    """Return the secret that the person's device is to have, the same until it has been confirmed."""
    made = {"secret": keys().encrypt(pyotp.random_base32()), "made_at": sa.func.clock_timestamp()}
    adding = insert(second_factor).values(staff_id=staff_id, last_step=0, **made)
    connection.execute(adding.on_conflict_do_nothing())
    row = connection.execute(sa.select(second_factor.c.secret).where(second_factor.c.staff_id == staff_id))
    return keys().decrypt(row.scalar_one()) or ""


def address_of(secret: str, login: str) -> str:
    """Return what an authenticator app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="12345 一号通")


def enrol(connection: Connection, person: Staff, code: str) -> list[str] | None:
    """Confirm the device by its first code; return ten recovery codes, shown once, or None if the code is wrong."""
    if not _is_code(connection, person.id, code):
        return None
    mine = second_factor.c.staff_id == person.id
    connection.execute(sa.update(second_factor).where(mine).values(confirmed_at=sa.func.clock_timestamp()))
    connection.execute(sa.delete(recovery_code).where(recovery_code.c.staff_id == person.id))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    rows = [{"staff_id": person.id, "code_hash": _recovery_hash(person.id, code)} for code in codes]
    connection.execute(sa.insert(recovery_code), rows)
    change = Change("second_factor_set", f"staff:{person.id}", {"second_factor": False}, {"second_factor": True})
    note_change(connection, person.viewer, change)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def verify(connection: Connection, person: Staff, typed: str) -> bool:
    """Tell whether this is a code of the person's device, or one of the recovery codes; either is good once."""
    if not is_enrolled(connection, person.id):
        return False
    return _is_code(connection, person.id, typed) or _is_recovery(connection, person, typed)


def reset(connection: Connection, viewer: Viewer, staff_id: int) -> None:
    """Take a person's second factor away, who has lost the device; the next login enrols another. Ends their sessions.

    Raises `NoSuchPerson`, or `Refused` for one's own: another administrator does that.
    """
    if account(connection, viewer, staff_id).id == viewer.id:
        raise Refused("not_yourself", "不能重置自己的动态口令。请别的管理员来做。")
    connection.execute(sa.delete(recovery_code).where(recovery_code.c.staff_id == staff_id))
    had = connection.execute(sa.delete(second_factor).where(second_factor.c.staff_id == staff_id)).rowcount
    end_waiting(connection, staff_id)
    end_sessions(connection, staff_id)
    if had:
        change = Change("second_factor_reset", f"staff:{staff_id}", {"second_factor": True}, {"second_factor": False})
        note_change(connection, viewer, change)


def forget_waiting(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` logins that have waited for longer than `keep`; return how many."""
    old = sa.select(login_step.c.token_hash).where(login_step.c.at < sa.func.clock_timestamp() - keep).limit(most)
    return connection.execute(sa.delete(login_step).where(login_step.c.token_hash.in_(old))).rowcount


def _is_code(connection: Connection, staff_id: int, typed: str) -> bool:
    now = sa.extract("epoch", sa.func.clock_timestamp())
    query = sa.select(second_factor.c.secret, now.label("now")).where(second_factor.c.staff_id == staff_id)
    row = connection.execute(query).one_or_none()
    code = "".join(typed.split())
    if row is None or not (code.isascii() and code.isdecimal()):
        return False
    totp, current = pyotp.TOTP(keys().decrypt(row.secret) or ""), int(row.now) // _STEP_SECONDS
    steps = range(current - _DRIFT, current + _DRIFT + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)]
    if not right:
        return False
    fresh = (second_factor.c.staff_id == staff_id) & (second_factor.c.last_step < right[-1])
    return connection.execute(sa.update(second_factor).where(fresh).values(last_step=right[-1])).rowcount == 1


def _is_recovery(connection: Connection, person: Staff, typed: str) -> bool:
    this = (recovery_code.c.staff_id == person.id) & (recovery_code.c.code_hash == _recovery_hash(person.id, typed))
    unused = this & recovery_code.c.used_at.is_(None)
    used = connection.execute(sa.update(recovery_code).where(unused).values(used_at=sa.func.clock_timestamp()))
    if used.rowcount:
        mine = (recovery_code.c.staff_id == person.id) & recovery_code.c.used_at.is_(None)
        left = sa.select(sa.func.count()).where(mine)
        after = {"left": connection.execute(left).scalar_one()}
        note_change(connection, person.viewer, Change("recovery_code_used", f"staff:{person.id}", {}, after))
    return bool(used.rowcount)


def _recovery_hash(staff_id: int, typed: str) -> bytes | None:
    return keys().blind_index(f"{staff_id}:{typed.strip().lower().translate(_FORGIVEN)}")
