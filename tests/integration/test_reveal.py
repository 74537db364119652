"""Names and numbers in full: reason, proof, one line in the log each, and the alarm (SECURITY S13)."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.settings import settings
from tests.integration.api import Api
from tests.integration.site import PASSWORD, Site
from tests.integration.stage import UNIT

REASON = "要约时间上门"
LONG_AGO = "UPDATE session SET proved_at = proved_at - interval '15 minutes'"


def by_api(api: Api, number: str, login: str = "zhou", **asked: Any) -> TestResponse:
    given = {"fields": ["phone", "name"], "reason": REASON} | asked
    return api.staff(login).post(f"/api/v1/tickets/{number}/reveal", json=given)


def ticket(api: Api, **more: Any) -> str:
    number: str = api.file_at_console(name="王小明", phone="13812345678", **more)["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    return number


def test_each_field_that_is_shown_is_a_line_with_the_reason(api: Api) -> None:
    number = ticket(api)
    assert by_api(api, number).json == {"name": "王小明", "phone": "+8613812345678"}
    noted = api.stage.rows("SELECT fields, reason FROM access_log WHERE action = 'revealed' ORDER BY id")
    assert [dict(row) for row in noted] == [{"fields": [one], "reason": REASON} for one in ("name", "phone")]
    assert by_api(api, number, fields=["name"]).json == {"name": "王小明"}


def test_what_may_not_be_known_is_absent_and_what_is_not_theirs_is_not_there(api: Api) -> None:
    hidden = ticket(api, hidden_identity=True)
    assert by_api(api, hidden).json == {}
    assert by_api(api, ticket(api), login="luo").status_code == 404
    assert by_api(api, ticket(api), login="root").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "查"},
        {"reason": "长" * 201},
        {"reason": "    查    "},
        {"fields": []},
        {"fields": ["email"]},
        {"why": "x"},
    ],
)  # fmt: skip
def test_a_request_that_is_not_whole_shows_nothing(api: Api, wrong: dict[str, Any]) -> None:
    answer = by_api(api, ticket(api), **wrong)
    assert answer.status_code == 400
    assert api.stage.rows("SELECT 1 FROM access_log WHERE action = 'revealed'") == []


def test_after_a_quarter_of_an_hour_password_or_code_is_asked_for_again(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    zhou, path = site.person("zhou"), f"/tickets/{site.number(ticket_id)}"
    assert 'name="proof"' not in zhou.get(path).html
    site.stage.as_owner(LONG_AGO)
    assert 'name="proof"' in zhou.get(path).html
    asked = zhou.post(f"{path}/reveal", reason=REASON, fields=["phone", "name"])
    assert (asked.status, asked.value("reason")) == (403, REASON)
    assert "13800000000" not in asked.html
    wrong = zhou.post(f"{path}/reveal", reason=REASON, proof="wrong")
    assert (wrong.status, wrong.value("reason"), wrong.value("proof")) == (403, REASON, "")
    shown = zhou.post(f"{path}/reveal", reason=REASON, proof=PASSWORD, fields=["phone", "name"])
    assert "13800000000" in shown.html
    assert "王某" in shown.html
    assert "13800000000" in zhou.post(f"{path}/reveal", reason=REASON).html  # for another quarter of an hour


def test_a_reason_that_is_too_long_comes_back(site: Site) -> None:
    zhou, path = site.person("zhou"), f"/tickets/{site.number(site.stage.dispatched().id)}/reveal"
    page = zhou.post(path, reason="长" * 201, fields=["phone"])
    assert (page.status, page.value("reason"), "最多写 200 个字" in page.text) == (400, "长" * 201, True)
    assert "13800000000" not in page.html


def test_the_api_names_the_missing_proof(api: Api) -> None:
    number = ticket(api)
    client = api.staff("zhou")
    api.stage.as_owner(LONG_AGO)
    asked = client.post(f"/api/v1/tickets/{number}/reveal", json={"fields": ["phone"], "reason": REASON})
    assert (asked.status_code, asked.json["code"]) == (403, "proof_needed")
    assert api.stage.rows("SELECT 1 FROM access_log WHERE action = 'revealed'") == []


def test_wrong_proofs_lock_for_a_while(site: Site) -> None:
    zhou, path = site.person("zhou"), f"/tickets/{site.number(site.stage.dispatched().id)}/reveal"
    site.stage.as_owner(LONG_AGO)
    assert [zhou.post(path, reason=REASON, proof="wrong").status for _ in range(6)] == [403] * 5 + [429]
    assert zhou.post(path, reason=REASON, proof=PASSWORD).status == 429


def test_beyond_what_a_person_needs_in_an_hour_there_is_an_alarm_and_then_an_end(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_LIMITS", "reveal_alarm=2/3600 reveal=3/3600")
    settings.cache_clear()
    number = ticket(api)
    assert [by_api(api, number).status_code for _ in range(4)] == [200, 200, 200, 429]
    alarms = api.stage.rows("SELECT role FROM access_log WHERE action = 'reveal_alarm'")
    assert [row["role"] for row in alarms] == ["handler", "handler"]
    assert "reveal_alarm" in capsys.readouterr().out
    assert by_api(api, number, login="chen").status_code == 200
    metrics = api.staff().get("/metrics").text
    assert "hotline_reveal_alarms_total" in metrics
