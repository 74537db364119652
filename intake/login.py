"""Logging in: password first, then the second factor where it is needed. Wrong tries of either count alike."""

from dataclasses import dataclass

import structlog
from sqlalchemy.engine import Connection

from intake.address import is_exempt, network
from intake.stores import engine, reading
from shared import access_log, attempts, people
from shared.attempts import Window
from shared.domain.errors import Refused
from shared.fault_points import fault_point
from shared.people import Staff, second_factor

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Login:
    """A login that is whole, with the token of a session, or one that waits for the second factor, with its own."""

    person: Staff
    token: str
    is_whole: bool


def log_in(login: str, password: str) -> Login:
    """Check login and password. Raises `Refused` or `TooMany`."""
    subjects = _subjects(login)
    with engine().begin() as connection:
        _check(connection, subjects)
        person = people.authenticate(connection, login, password)
        if person is not None:
            return let_in(connection, person)
        attempts.take(connection, subjects)
        access_log.note(connection, None, "login_failed", address=network())
    raise Refused("wrong_login", "登录名或密码不对。")


def let_in(connection: Connection, person: Staff, *, has_second: bool = False) -> Login:
    """Open a session for somebody whose first proof was right, or let them wait for the second.

    `has_second`: whoever vouches for the person has asked for a second factor already.
    """
    if second_factor.is_needed(person.role) and not has_second:
        return Login(person, second_factor.wait_for_code(connection, person.id), is_whole=False)
    access_log.note(connection, person.viewer, "logged_in", address=network())
    token = people.open_session(connection, person.id)
    fault_point("login.opened")
    return Login(person, token, is_whole=True)


def waiting(token: str) -> tuple[Staff, bool]:
    """Return whose login waits, and whether they have a second factor yet. Raises `Refused`."""
    with reading() as connection:
        person = second_factor.who_waits(connection, token)
        if person is None:
            raise Refused("login_needed", "时间到了，请重新登录。")
        return person, second_factor.is_enrolled(connection, person.id)


def show_code(token: str, code: str) -> tuple[Login, list[str]]:
    """Finish a login that waits; return it, and recovery codes if the device was new. Raises `Refused`, `TooMany`."""
    person, is_enrolled = waiting(token)
    subjects = [*_subjects(person.login), (attempts.LOGIN_CODE, str(person.id))]
    with engine().begin() as connection:
        _check(connection, subjects)
        if is_enrolled:
            is_right, fresh = second_factor.verify(connection, person, code), []
        else:
            found = second_factor.enrol(connection, person, code)
            is_right, fresh = found is not None, found or []
        if is_right:
            second_factor.end_waiting(connection, person.id)
            return let_in(connection, person, has_second=True), fresh
        attempts.take(connection, subjects)
        access_log.note(connection, None, "login_failed", address=network())
    raise Refused("wrong_code", "动态口令不对，或已经用过。请等下一个再试，也可以用恢复码。", field="code")


def log_in_whole(login: str, password: str, code: str | None) -> Login:
    """Log in by one request, as a program does. Raises `Refused` with code `code_needed` if a code is missing."""
    begun = log_in(login, password)
    if begun.is_whole:
        return begun
    if not waiting(begun.token)[1]:
        raise Refused("enrol_first", "请先在网页上登录一次，设置动态口令。(Set the second factor up by page.)")
    if code is None:
        raise Refused("code_needed", "还需要动态口令，放在 code 里。(Send the second factor as `code`.)", field="code")
    return show_code(begun.token, code)[0]


def _subjects(login: str) -> list[tuple[Window, str]]:
    subjects = [(attempts.LOGIN, f"{login.lower()}|{network()}")]
    return subjects if is_exempt() else [*subjects, (attempts.LOGIN_ADDRESS, network())]


def _check(connection: Connection, subjects: list[tuple[Window, str]]) -> None:
    for window, subject in subjects:
        attempts.check(connection, window, subject)
