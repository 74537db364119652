"""Login and sessions: limits on guessing, what ends a session, the first administrator's code (SECURITY 2.4)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from intake.identity import staff_cookie
from shared import people
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.people import LONGEST_PASSWORD, NewStaff
from tests.integration.api import Api
from tests.integration.stage import ADMIN, CITY, UNIT, Stage

RIGHT = "correct horse battery"


@pytest.fixture(autouse=True)
def bound(stage: Stage, as_settings: Callable[[Stage], None]) -> None:
    """Let the process have settings: which password profile holds is one of them."""
    as_settings(stage)


def new(login: str = "lin", **more: Any) -> NewStaff:
    given = {"city": CITY, "name": "Lin Xiao", "password": RIGHT, "role": Role.OPERATOR} | more
    return NewStaff(login=login, **given)


def add(stage: Stage, *someone: NewStaff) -> list[int]:
    with stage.engine.begin() as connection:
        return [people.add_staff(connection, one) for one in someone]


def log_in(api: Api, password: str = RIGHT, login: str = "lin", address: str = "203.0.113.7") -> TestResponse:
    client = api.site.staff.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client.post("/api/v1/session", json={"login": login, "password": password})


def is_in(api: Api, token: str) -> bool:
    client = api.staff()
    client.set_cookie(staff_cookie(), token)
    return client.get("/api/v1/queues").status_code == 200


def session_of(api: Api) -> str:
    cookie = log_in(api).headers["Set-Cookie"]
    return cookie.partition("=")[2].partition(";")[0]


def test_the_right_password_opens_a_session_in_a_cookie_that_scripts_cannot_read(api: Api) -> None:
    add(api.stage, new())
    answer = log_in(api)
    assert answer.json == {"id": 1, "name": "Lin Xiao", "role": "operator", "unit": None}
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Strict" in answer.headers["Set-Cookie"]
    token = session_of(api)
    assert is_in(api, token)
    stored = api.stage.rows("SELECT token_hash FROM session")
    assert all(token.encode() not in bytes(row["token_hash"]) for row in stored)


def test_each_login_is_a_new_session(api: Api) -> None:
    add(api.stage, new())
    assert session_of(api) != session_of(api)


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(api: Api) -> None:
    add(api.stage, new(), new("auto", password=None))
    answers = [log_in(api, "wrong"), log_in(api, RIGHT, "nobody"), log_in(api, RIGHT, "auto"), log_in(api, "!", "auto")]
    bodies = [{k: v for k, v in answer.json.items() if k != "request_id"} for answer in answers]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(body == bodies[0] for body in bodies)


def test_the_sixth_try_within_a_quarter_of_an_hour_is_locked_even_with_the_right_password(api: Api) -> None:
    add(api.stage, new())
    for _ in range(5):
        assert log_in(api, "wrong").status_code == 401
    locked = log_in(api)
    assert locked.status_code == 429
    assert 800 < int(locked.headers["Retry-After"]) <= 900
    api.stage.as_owner("UPDATE attempt SET since = since - interval '15 minutes'")
    assert log_in(api).status_code == 200


def test_a_stranger_elsewhere_cannot_lock_somebody_out(api: Api) -> None:
    add(api.stage, new())
    for _ in range(6):
        log_in(api, "wrong", address="198.51.100.66")
    assert log_in(api).status_code == 200


def test_the_spelling_of_the_login_does_not_give_more_tries(api: Api) -> None:
    add(api.stage, new())
    for login in ("lin", "LIN", "Lin", "lIn", "LIn"):
        log_in(api, "wrong", login)
    assert log_in(api).status_code == 429


def test_logins_and_failures_are_noted_without_what_was_typed(api: Api) -> None:
    add(api.stage, new())
    log_in(api, "hunter2hunter2")
    log_in(api)
    noted = api.stage.rows("SELECT action, staff_id, address FROM access_log ORDER BY id")
    assert noted == [
        {"action": "login_failed", "staff_id": None, "address": "203.0.113.7"},
        {"action": "logged_in", "staff_id": 1, "address": "203.0.113.7"},
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE session SET seen_at = seen_at - interval '30 minutes'", id="idle for half an hour"),
        pytest.param("UPDATE session SET created_at = created_at - interval '12 hours'", id="twelve hours old"),
        pytest.param("UPDATE staff SET is_active = false", id="the account was disabled"),
        pytest.param("DELETE FROM session", id="ended on the server"),
    ],
)
def test_a_session_ends(api: Api, change: str) -> None:
    add(api.stage, new())
    token = session_of(api)
    assert is_in(api, token)
    api.stage.as_owner(change)
    assert not is_in(api, token)


def test_who_works_stays_in_for_twelve_hours(api: Api) -> None:
    add(api.stage, new())
    token = session_of(api)
    for _ in range(3):
        api.stage.as_owner("UPDATE session SET seen_at = seen_at - interval '29 minutes'")
        assert is_in(api, token)


def test_logging_out_ends_the_session_on_the_server(api: Api) -> None:
    add(api.stage, new())
    token = session_of(api)
    client = api.staff()
    client.set_cookie(staff_cookie(), token)
    assert client.delete("/api/v1/session").status_code == 204
    assert not is_in(api, token)


@pytest.mark.parametrize("token", ["", "x", "\x7f", "é", "ÿ\x80", "x" * 4000, "提取码"])
def test_a_cookie_that_was_never_given_out_is_nobody(api: Api, token: str) -> None:
    client = api.staff()
    header = f"{staff_cookie()}={token}".encode().decode("latin-1")
    assert client.get("/api/v1/queues", headers={"Cookie": header}).status_code == 401


def test_disabling_somebody_ends_all_their_sessions_but_not_those_of_another_city(stage: Stage) -> None:
    mine, theirs = add(stage, new(), new("wang", city="qinghe"))
    with stage.engine.begin() as connection:
        tokens = [people.open_session(connection, staff_id) for staff_id in (mine, theirs)]
        people.deactivate(connection, ADMIN, mine)
        with pytest.raises(people.NoSuchPerson):
            people.deactivate(connection, ADMIN, theirs)
        alive = [people.staff_of_session(connection, token) is not None for token in tokens]
    assert alive == [False, True]


def test_a_password_is_long_enough_and_does_not_hold_the_login(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        for password in ("", "short", "x" * (LONGEST_PASSWORD + 1), "my-LIN-password"):
            with pytest.raises(Refused) as refusal:
                people.add_staff(connection, new(password=password))
            assert refusal.value.facts == {"field": "password"}
        assert people.add_staff(connection, new(password="x" * LONGEST_PASSWORD))


def test_no_character_of_a_long_password_is_cut_off(stage: Stage) -> None:
    longest = "p" * LONGEST_PASSWORD
    add(stage, new(password=longest))
    with stage.engine.connect() as connection:
        assert people.authenticate(connection, "lin", longest) is not None
        assert people.authenticate(connection, "lin", longest + "and more") is None
        assert people.authenticate(connection, "lin", longest[:-1]) is None


def test_a_password_is_kept_as_argon2id_with_the_memory_that_owasp_asks_for(stage: Stage) -> None:
    add(stage, new())
    stored = stage.rows("SELECT password FROM staff")[0]["password"]
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_account_is_for_a_person_at_work_and_a_handler_has_a_unit(stage: Stage) -> None:
    nobody = [{"role": role} for role in (Role.CALLER, Role.ROUTER, Role.TIME)]
    for wrong in ({"role": Role.HANDLER}, {"role": Role.OPERATOR, "unit": UNIT}, *nobody):
        with pytest.raises(Refused):
            add(stage, new(**wrong))


def test_a_login_belongs_to_one_person_however_it_is_spelt(stage: Stage) -> None:
    add(stage, new())
    with pytest.raises(Refused) as refusal:
        add(stage, new("LIN"))
    assert refusal.value.code == "login_taken"


def test_there_is_no_account_after_installation_and_the_code_makes_one_administrator_once(stage: Stage) -> None:
    assert stage.rows("SELECT * FROM staff") == []
    with stage.engine.begin() as connection:
        old, code = people.issue_admin_code(connection), people.issue_admin_code(connection)
    assert old is not None
    assert code is not None
    for typed, is_right in ((old, False), ("x" * 20, False), (f" {code.upper()} ", True), (code, False)):
        if is_right:
            with stage.engine.begin() as connection:
                people.use_admin_code(connection, typed, new("root", role=Role.ADMIN))
        else:
            with stage.engine.begin() as connection, pytest.raises(Refused, match="bad_code"):
                people.use_admin_code(connection, typed, new("other", role=Role.ADMIN))
    with stage.engine.begin() as connection:
        assert people.issue_admin_code(connection) is None


def test_the_code_is_dead_after_an_hour(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        code = people.issue_admin_code(connection) or ""
        connection.execute(sa.text("UPDATE admin_code SET issued_at = issued_at - interval '1 hour'"))
        with pytest.raises(Refused, match="bad_code"):
            people.use_admin_code(connection, code, new("root", role=Role.ADMIN))


def test_a_code_survives_a_form_that_was_filled_in_wrongly(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        code = people.issue_admin_code(connection) or ""
    with pytest.raises(Refused, match="bad_password"), stage.engine.begin() as connection:
        people.use_admin_code(connection, code, new("root", role=Role.ADMIN, password="short"))
    with stage.engine.begin() as connection:
        assert people.use_admin_code(connection, code, new("root", role=Role.ADMIN))
