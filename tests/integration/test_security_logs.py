"""What the logs hold: ids and codes, never a name, a phone, a text, a code or a password (SECURITY 2.12, S47-S49)."""

import json
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from intake import stores
from shared import jobs
from shared.consumer import drain, through_ledger
from shared.domain import commands as c
from shared.domain.commands import Command
from shared.domain.follow_ups import JobKind
from tests.integration.api import Api
from tests.integration.stage import ROUTER, UNIT

NAME, PHONE, PLACE, TEXT = "欧阳探针", "13987654321", "探针街九百号", "探针正文说的事情"
MAIL, ANSWER, INSIDE, WHY = "probe-canary@example.cn", "探针答复给您听", "探针内部经过记", "探针理由不出去"
PASSWORD = "probe-password-canary"
PLANTED = (NAME, PHONE, PHONE[-8:], PLACE, TEXT, MAIL, ANSWER, INSIDE, WHY, PASSWORD, "探针")


def think_that_fails(claimed: Sequence[jobs.Claimed]) -> Sequence[Command | Exception]:
    raise RuntimeError(f"{NAME} {PHONE} {TEXT}")


def live_through_everything(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a ticket with planted words go its whole way, with every kind of mishap; return its secrets."""
    accepted = api.file(name=NAME, phone=PHONE, address=PLACE, body=TEXT, email=MAIL)
    number, token = accepted["number"], accepted["link"].rsplit("/", 1)[1]
    client = api.public()
    client.get(f"/f/{token}")
    client.get("/ticket")
    api.follow(accepted)
    api.follow(accepted, code=accepted["pick_up_code"][::-1])
    drain(api.stage.engine, JobKind.ROUTE, through_ledger(api.stage.ledger, think_that_fails), 5)
    api.stage.end_leases()
    poison = c.SendToTriage(actor=ROUTER, ticket_id=1, why=f"{WHY}\0")
    drain(api.stage.engine, JobKind.ROUTE, through_ledger(api.stage.ledger, lambda claimed: [poison] * len(claimed)), 5)
    api.done("lin", number, "dispatch", unit=UNIT, reason=WHY)
    api.done("zhou", number, "sign")
    api.done("zhou", number, "reply", public=ANSWER, internal=INSIDE, contacted=True)
    api.act("zhou", number, "reply", public=ANSWER, internal=INSIDE, contacted=True)
    api.staff().post("/api/v1/session", json={"login": "probe-login", "password": PASSWORD})
    api.public().post("/api/v1/tickets", json={"body": TEXT, "phone": NAME}, headers=api.key())
    api.public().post("/api/v1/tickets", data=f'{{"body":"{TEXT}"', headers=api.key())
    with monkeypatch.context() as broken:
        # An error of the database repeats the statement and its parameters, an error of our own what it was about.
        broken.setattr("shared.ledger.write._OPEN_SQL", "SELEC %(rows)s")
        assert (
            api.public().post("/api/v1/tickets", json={"body": TEXT, "name": NAME}, headers=api.key()).status_code
            == 500
        )
        broken.setattr("intake.public_api.register_ticket", fails)
        assert (
            api.public().post("/api/v1/tickets", json={"body": TEXT, "name": NAME}, headers=api.key()).status_code
            == 500
        )
    with api.stage.owner.begin() as connection:
        connection.execute(sa.text("ALTER TABLE caller ADD CHECK (name IS NULL) NOT VALID"))
    assert api.public().post("/api/v1/tickets", json={"body": TEXT, "name": NAME}, headers=api.key()).status_code == 500
    return [token, accepted["pick_up_code"]]


def fails(*arguments: object) -> None:
    local_word = f"{NAME} {PHONE}"
    raise KeyError(local_word, arguments)


def test_nothing_that_was_planted_in_a_whole_life_reaches_the_logs(
    api: Api, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = live_through_everything(api, monkeypatch)
    out, err = capfd.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert {line["event"] for line in lines} >= {"think_failed", "batch_rolled_back", "unexpected_error"}
    said = err + "".join(json.dumps(line, ensure_ascii=False) for line in lines)
    for planted in (*PLANTED, *secrets):
        assert planted not in said, planted


def test_an_exception_is_logged_with_its_kind_and_place_under_the_requests_id(
    api: Api, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("intake.public_api.register_ticket", fails)
    answer = api.public().post("/api/v1/tickets", json={"body": TEXT}, headers=api.key())
    line = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (line["event"], line["error"], line["request_id"]) == (
        "unexpected_error",
        "KeyError",
        answer.json["request_id"],
    )
    assert line["exception"][0]["type"] == "KeyError"
    assert any("test_security_logs.py" in place and " fails" in place for place in line["exception"][0]["at"])
    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_an_error_of_the_database_does_not_repeat_what_it_was_given(api: Api) -> None:
    """Celery prints what a task raises, and what a lost connection raises once repeated whole tickets."""
    for engine in (api.stage.engine, stores.engine()):
        with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError) as error:
            connection.execute(sa.text("SELEC :word"), {"word": TEXT})
        assert TEXT not in str(error.value)


def test_an_error_of_the_database_is_logged_with_its_place(
    api: Api, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shared.ledger.write._OPEN_SQL", "SELEC %(rows)s")
    api.public().post("/api/v1/tickets", json={"body": TEXT}, headers=api.key())
    line = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert line["error"] == "ProgrammingError"
    assert any("ledger/write.py" in place for stack in line["exception"] for place in stack["at"])


def test_postgresql_writes_neither_values_nor_rows_into_its_own_log(api: Api) -> None:
    with api.stage.engine.connect() as connection:
        assert connection.execute(sa.text("SHOW log_parameter_max_length")).scalar() == "0"
        assert connection.execute(sa.text("SHOW log_error_verbosity")).scalar() == "terse"
        assert connection.execute(sa.text("SHOW log_statement")).scalar() == "none"


def test_line_breaks_and_escapes_in_what_is_logged_stay_on_one_line(
    api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    from shared.logs import configure_logs

    configure_logs()
    import structlog

    structlog.get_logger().warning("probe", part="a\n2026-01-01 ERROR forged\x1b[31m\u2028")
    out = capfd.readouterr().out
    assert len(out.splitlines()) == 1
    assert "\x1b" not in out
    assert json.loads(out)["part"].startswith("a\n")


def test_the_log_of_a_ticket_holds_no_word_that_a_person_wrote(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    live_through_everything(api, monkeypatch)
    tables = ("ticket", "ticket_event", "decision", "job", "access_log", "attempt", "idempotency", "session")
    for table in tables:
        rows = api.stage.rows(f"SELECT t::text AS row FROM {table} AS t")  # noqa: S608 - names of its own
        for row in rows:
            assert not [planted for planted in PLANTED if planted in row["row"]], table
