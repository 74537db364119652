"""What providers of short messages report about deliveries 回执, each in its own form, on the public surface.

They sign nothing, so the address that they are given holds a secret. Sent is not delivered: a receipt adds to a notice.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request

from intake.json_reader import read_value
from intake.problems import problem
from intake.stores import engine
from shared import notices
from shared.fault_points import fault_point
from shared.notices import Receipt
from shared.settings import settings
from shared.sms_accounts import read_accounts

MOST_RECEIPTS, LONGEST_NAME = 1000, 200

receipts = Blueprint("receipts", __name__)
log = structlog.get_logger()


@receipts.post("/api/v1/receipts/<any(aliyun, tencent):provider>/<secret>")
def receive(provider: str, secret: str) -> Response | tuple[Response, int]:
    """Take a batch in. What was known before changes nothing; what is not ours is 404, after the rest was kept."""
    if not _is_right(provider, secret):
        return problem(401, "bad_signature", "回执地址里的密钥不对。(The secret in the address is wrong.)")
    said = read_value(request, "application/json")
    reports = said if isinstance(said, list) else [said]
    if len(reports) > MOST_RECEIPTS or not all(isinstance(one, dict) for one in reports):
        return problem(400, "bad_receipt", f"要是最多 {MOST_RECEIPTS} 个回执的数组。(Send an array of receipts.)")
    read, answer = _FORMS[provider]
    with engine().begin() as connection:
        foreign = [one for one in map(read, reports) if not notices.receive(connection, provider, one)]
        fault_point("receipt.kept")
    if foreign:
        log.warning("receipts_of_nothing", provider=provider, count=len(foreign))
        return problem(404, "unknown_reference", "有的回执不属于这里发出的短信。(Some receipts are not of ours.)")
    return jsonify(answer)


def _is_right(provider: str, secret: str) -> bool:
    accounts = read_accounts(settings().sms_file)
    right = next((one.receipt_secret for one in accounts.accounts if one.provider == provider), "") if accounts else ""
    return hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), right.encode()) and right != ""


def _of_aliyun(report: Mapping[str, Any]) -> Receipt:
    is_delivered = report.get("success") is True
    return Receipt(_text(report, "biz_id"), _text(report, "out_id"), is_delivered, _text(report, "err_code"))


def _of_tencent(report: Mapping[str, Any]) -> Receipt:
    is_delivered = report.get("report_status") == "SUCCESS"
    return Receipt(_text(report, "sid"), "", is_delivered, _text(report, "errmsg"))


def _text(report: Mapping[str, Any], name: str) -> str:
    value = report.get(name)
    return value[:LONGEST_NAME] if isinstance(value, str) else ""


# By provider: how a report is read, and what the provider takes for a yes.
_FORMS: Mapping[str, tuple[Callable[[Mapping[str, Any]], Receipt], Mapping[str, Any]]] = {
    "aliyun": (_of_aliyun, {"code": 0, "msg": "接收成功"}),
    "tencent": (_of_tencent, {"result": 0, "errmsg": "OK"}),
}
