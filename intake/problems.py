"""Every error as one answer: problem+json (RFC 9457) for machines, a page with a sentence for people."""

import uuid
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from shared.domain.errors import Refused

RETRY_AFTER_SECONDS = 2
_STATUS_OF = {
    "not_found": 404,
    "no_such_person": 404,
    "no_such_absence": 404,
    "no_such_pack": 404,
    "bad_deputy": 400,
    "bad_period": 400,
    "changed_meanwhile": 409,
    "key_reused": 422,
    "too_many_tries": 429,
    "too_many_requests": 429,
    "over_quota": 429,
    "file_too_large": 413,
    "too_many_files": 413,
    "file_kind": 415,
    "file_empty": 415,
    "unknown_file": 400,
    "file_gone": 404,
    "storage_full": 507,
    "storage_down": 503,
    "files_off": 503,
    "role_may_not": 403,
    "key_may_not": 403,
    "bad_key": 401,
    "code_needed": 401,
    "wrong_code": 401,
    "enrol_first": 403,
    "sign_on_failed": 401,
    "no_place": 403,
    "proof_needed": 403,
    "wrong_proof": 403,
    "reason_short": 400,
    "reason_long": 400,
    "bad_characters": 400,
    "digits_too_few": 400,
    "word_too_short": 400,
    "too_many_words": 400,
    "bad_address": 400,
    "unknown_kind": 400,
    "too_many_reveals": 429,
    "no_such_key": 404,
    "name_taken": 409,
    "bad_signature": 401,
    "login_needed": 401,
    "wrong_login": 401,
    "bad_json": 400,
    "bad_input": 400,
    "bad_password": 400,
    "common_password": 400,
    "plain_password": 400,
    "bad_unit": 400,
    "bad_role": 400,
    "bad_code": 400,
    "bad_skills": 400,
    "bad_leader": 400,
    "wrong_password": 400,
    "same_password": 400,
    "password_must_change": 403,
    "unknown_unit": 400,
    "unknown_county": 400,
    "unknown_skill": 400,
    "unknown_colleague": 400,
    "reason_missing": 400,
    "not_to_rate": 400,
}
_TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种请求方法",
    409: "现在不能这样做",
    413: "内容太大",
    415: "不支持的内容类型",
    422: "请求有误",
    429: "请稍后再试",
    500: "系统出错",
    503: "系统暂时繁忙",
    507: "没有地方存附件",
}
_TITLE_OF = {"bad_signature": "签名不对", "bad_key": "密钥不对"}
log = structlog.get_logger()


def install(app: Flask) -> None:
    """Give the app its request ids and error answers."""
    app.before_request(_name_request)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(sa.exc.DBAPIError, _database)
    app.register_error_handler(sa.exc.TimeoutError, _database)
    app.register_error_handler(Exception, _unexpected)


def problem(status: int, code: str, detail: str, errors: Any = None, headers: dict[str, str] | None = None) -> Response:
    """Return the error answer in the form that the client reads."""
    title = _TITLE_OF.get(code) or _TITLES.get(status, "请求没有成功")
    if _wants_json():
        body = {"type": f"urn:yihaotong:{code}", "title": title, "status": status, "detail": detail, "code": code}
        body |= {"request_id": g.get("request_id")} | ({"errors": errors} if errors else {})
        response = jsonify(body)
        response.mimetype = "application/problem+json"
    else:
        page = render_template("error.html", status=status, code=code, detail=detail, request_id=g.get("request_id"))
        response = Response(page, mimetype="text/html")
    response.status_code = status
    response.headers.update(headers or {})
    return response


def status_of(refusal: Refused) -> int:
    """Return the HTTP status of a refusal; what the domain alone knows is a 409."""
    return _STATUS_OF.get(refusal.code, 409)


def _name_request() -> None:
    g.request_id = uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _wants_json() -> bool:
    has_no_pages = current_app.config.get("HAS_NO_PAGES", False)
    return has_no_pages or request.path.startswith(("/api/", "/health/", "/metrics", "/stream/"))


def _refused(refusal: Refused) -> Response:
    headers = {"Retry-After": str(refusal.facts["retry_after"])} if "retry_after" in refusal.facts else {}
    if refusal.code == "bad_key":
        headers["WWW-Authenticate"] = "Bearer"
    field = refusal.facts.get("field")
    errors = {str(field): [refusal.why]} if field else dict(refusal.facts) or None
    return problem(status_of(refusal), refusal.code, refusal.why, errors, headers)


def _invalid(error: ValidationError) -> Response:
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]
    return problem(400, "bad_input", sentence_of(messages), messages)


def sentence_of(messages: Any) -> str:
    """Return the fields of a validation error in one sentence."""
    flat = messages.get("json", messages.get("query", messages.get("headers", messages)))
    names = "、".join(str(name) for name in flat) if isinstance(flat, dict) else ""
    return f"请检查：{names}。" if names else "请检查填写的内容。"


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages") if status in (400, 422) else None
    if messages:
        return problem(400, "bad_input", sentence_of(messages), messages)
    headers = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if status == 405 else {}  # type: ignore[attr-defined]
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    return problem(status, f"http_{status}", _TITLES.get(status, "请求没有成功") + "。", None, headers)


def _database(error: sa.exc.SQLAlchemyError) -> Response:
    original = getattr(error, "orig", None)
    # What PostgreSQL cannot do now (gone, full, busy, waiting too long) may work in a moment; the rest is our mistake.
    passing = isinstance(original, psycopg.OperationalError | psycopg.InterfaceError)
    if not (passing or isinstance(error, sa.exc.TimeoutError) or getattr(error, "connection_invalidated", False)):
        return _unexpected(error)
    log.warning("database_unavailable", error=type(original or error).__name__)
    text = "系统暂时繁忙，您的内容还没有保存。请过几秒再提交一次。"
    return problem(503, "try_again", text, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, where=request.endpoint, exc_info=error)
    return problem(500, "internal", "系统出错了，已经记录。请稍后再试，或拨打 12345。")
