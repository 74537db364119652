"""One-time passwords that an administrator gives, and the person's own that takes their place."""

import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import access_log
from shared.access_log import Change
from shared.domain.errors import Refused
from shared.domain.viewer import Viewer
from shared.people.accounts import person
from shared.people.passwords import authenticate, hashed
from shared.people.sessions import end_sessions
from shared.tables.people import staff

ONE_TIME_LIFE = timedelta(hours=72)
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else: it is read out and typed
_GROUPS, _GROUP = 4, 4


def give_one_time_password(connection: Connection, viewer: Viewer, staff_id: int) -> str:
    """Return a fresh password that lets the person in once within three days, to set one of their own.

    What they had before is void and their sessions are over.
    """
    who = person(connection, viewer, staff_id)
    password = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    until = sa.func.clock_timestamp() + ONE_TIME_LIFE
    values = {
        "password": hashed(password, who.login, is_random=True),
        "one_time_until": until,
        "version": staff.c.version + 1,
    }
    connection.execute(sa.update(staff).where(staff.c.id == staff_id).values(values))
    end_sessions(connection, staff_id)
    change = Change("password_given", f"staff:{staff_id}", {}, {"must_change_password": True})
    access_log.note_change(connection, viewer, change)
    return password


def set_own_password(connection: Connection, viewer: Viewer, current: str, new: str) -> None:
    """Set the viewer's password and end all their sessions. Raises `Refused` with the field that is wrong."""
    me = person(connection, viewer, viewer.id or 0)
    if authenticate(connection, me.login, current) is None:
        raise Refused("wrong_password", "现在的密码不对。", field="current")
    if new == current:
        raise Refused("same_password", "新密码不能和现在的一样。", field="password")
    kept = hashed(new, me.login)
    values = {"password": kept, "one_time_until": None, "version": staff.c.version + 1}
    values |= {"password_set_at": sa.func.clock_timestamp()}
    connection.execute(sa.update(staff).where(staff.c.id == me.id).values(values))
    end_sessions(connection, me.id)
    change = Change("password_set", f"staff:{me.id}", {}, {"must_change_password": False})
    access_log.note_change(connection, viewer, change)
