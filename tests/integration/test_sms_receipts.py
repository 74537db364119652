"""What providers report of deliveries: only with the secret, only of what they took, and as often as they like."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared import notices
from tests.integration.site import Site
from tests.integration.sms_sinks import RECEIPT_SECRET, both_accounts

PART = "sms:caller"


@pytest.fixture
def client(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FlaskClient:
    both_accounts(monkeypatch, tmp_path)
    return site.public.test_client()


def report(
    client: FlaskClient, provider: str, *reports: Mapping[str, Any], secret: str = RECEIPT_SECRET
) -> TestResponse:
    return client.post(f"/api/v1/receipts/{provider}/{secret}", json=list(reports))


def sent(site: Site, provider: str, name: str | None = "theirs-1", state: str = "sent") -> int:
    """A message that a provider took under its own name."""
    ticket_id = site.stage.register(tell_by_sms=True)
    with site.stage.engine.begin() as connection:
        begun = notices.begin(connection, ticket_id, 1, PART)
        assert begun is not None
        if state == "sent":
            notices.end(connection, begun, notices.Result(state, by=provider, provider_reference=name))
    return ticket_id


def row(site: Site, ticket_id: int) -> Mapping[str, Any]:
    return site.stage.rows("SELECT * FROM notice WHERE ticket_id = :id", id=ticket_id)[0]


def of_aliyun(ticket_id: int, **more: Any) -> Mapping[str, Any]:
    return {"biz_id": "theirs-1", "out_id": f"{ticket_id}-1-{PART}", "success": True, "err_code": "DELIVERED", **more}


def of_tencent(**more: Any) -> Mapping[str, Any]:
    return {"sid": "theirs-1", "report_status": "SUCCESS", "errmsg": "DELIVRD", "mobile": "13800000000", **more}


def test_a_receipt_says_delivered_and_a_replay_changes_nothing(client: FlaskClient, site: Site) -> None:
    ticket_id = sent(site, "aliyun")
    answers = [report(client, "aliyun", of_aliyun(ticket_id)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == {"code": 0, "msg": "接收成功"}
    kept = row(site, ticket_id)
    assert (kept["state"], kept["receipt"], kept["receipt_code"]) == ("sent", "delivered", "DELIVERED")
    report(client, "aliyun", of_aliyun(ticket_id, success=False, err_code="MK:0001"))
    assert row(site, ticket_id) == kept, "the first receipt stands"


def test_the_other_providers_receipt_has_its_own_form(client: FlaskClient, site: Site) -> None:
    ticket_id = sent(site, "tencent")
    answer = report(client, "tencent", of_tencent(report_status="FAIL", errmsg="user is shutdown"))
    assert (answer.status_code, answer.json) == (200, {"result": 0, "errmsg": "OK"})
    assert (row(site, ticket_id)["state"], row(site, ticket_id)["receipt"]) == ("sent", "undelivered")


@pytest.mark.parametrize("secret", ["wrong", "x" * 500, RECEIPT_SECRET.upper(), "密钥"])
def test_without_the_secret_nobody_reports_anything(client: FlaskClient, site: Site, secret: str) -> None:
    ticket_id = sent(site, "aliyun")
    assert report(client, "aliyun", of_aliyun(ticket_id), secret=secret).status_code == 401
    assert row(site, ticket_id)["receipt"] is None


def test_a_deployment_without_accounts_takes_no_receipts(site: Site) -> None:
    assert site.public.test_client().post("/api/v1/receipts/aliyun/", json=[]).status_code == 404
    assert site.public.test_client().post("/api/v1/receipts/aliyun/x", json=[]).status_code == 401


def test_what_the_other_provider_took_is_not_for_this_one_to_report(client: FlaskClient, site: Site) -> None:
    ticket_id = sent(site, "tencent")
    assert report(client, "aliyun", of_aliyun(ticket_id)).status_code == 404
    assert row(site, ticket_id)["receipt"] is None


def test_an_unknown_reference_is_404_and_the_rest_of_the_batch_is_kept(client: FlaskClient, site: Site) -> None:
    ticket_id = sent(site, "aliyun")
    strange = ({}, {"out_id": f"{10**30}-1-x"}, {"biz_id": 5, "out_id": "½-1-x"}, of_aliyun(ticket_id + 1, biz_id="no"))
    assert report(client, "aliyun", *strange, of_aliyun(ticket_id)).status_code == 404
    assert row(site, ticket_id)["receipt"] == "delivered"


def test_a_receipt_may_come_before_the_answer_to_our_request(client: FlaskClient, site: Site) -> None:
    ticket_id = sent(site, "aliyun", state="sending")
    assert report(client, "aliyun", of_aliyun(ticket_id)).status_code == 200
    assert (row(site, ticket_id)["state"], row(site, ticket_id)["receipt"]) == ("sending", "delivered")


def test_what_is_no_list_of_receipts_is_refused(client: FlaskClient, site: Site) -> None:
    path = f"/api/v1/receipts/aliyun/{RECEIPT_SECRET}"
    for body in ("[1]", '"x"', "{", "[" * 100, str([{}] * 2000)):
        assert client.post(path, data=body, content_type="application/json").status_code == 400, body[:20]
    assert client.post(path, data="[]", content_type="text/plain").status_code == 400
