"""The two HTTP surfaces: `public` for the internet, `staff` for the building. Each contains only its own routes."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, request
from flask.sessions import SecureCookieSessionInterface
from flask_smorest import Api
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer

from intake import access, clients, identity, measuring, pages, problems, storable
from intake import files_api as _files_api  # noqa: F401 its routes hang on both APIs
from intake.address import behind_proxies
from intake.calls_api import calls_api
from intake.contract import Contract, with_pack_words
from intake.health import health
from intake.metrics import metrics_page
from intake.public_api import public_api
from intake.receipts import receipts
from intake.staff_api import staff_api
from intake.stores import NEEDS_NOTHING, look_for_pack
from intake.turns import NO_TURN
from intake.uploads.parcels import LARGEST_FORM_BYTES, ParcelRequest
from shared import attempts
from shared.keys import keys
from shared.logs import configure_logs
from shared.settings import settings

Surface = Literal["public", "staff"]
LARGEST_BODY_BYTES = LARGEST_FORM_BYTES


class _FormCookie(SecureCookieSessionInterface):
    """Flask's own, with one signer for the life of the process instead of one for each request."""

    def __init__(self) -> None:
        self._signer = cache(super().get_signing_serializer)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the signer."""
        return self._signer(app)


class _App(Flask):
    request_class = ParcelRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Leave functions as they are: none is a coroutine, and Flask would look sixteen times a request."""
        return func


def create_app(surface: Surface) -> Flask:
    """Return one surface as a plain WSGI callable."""
    configure_logs()
    attempts.check_names()
    app = _App(__name__)
    app.session_interface = _FormCookie()
    behind_proxies(app)
    app.config.update(
        SECRET_KEY=keys().session,
        MAX_CONTENT_LENGTH=LARGEST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY_BYTES,
        MAX_FORM_PARTS=100,
        SESSION_COOKIE_NAME="form" if settings().is_dev else "__Host-form",
        SESSION_COOKIE_SECURE=not settings().is_dev,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        API_TITLE="Yihaotong 一号通" + (" (staff)" if surface == "staff" else ""),
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    table = access.INTERNAL if surface == "staff" else access.PUBLIC
    api = Api(app, spec_kwargs={"extra_plugins": [Contract(table)]})
    measuring.install(app, surface)
    problems.install(app)  # after flask-smorest, whose own error answers it replaces
    csrf = CSRFProtect(app)  # after the request has its id, for what it refuses is answered and logged too
    app.register_error_handler(CSRFError, _forged)
    app.before_request(_refuse_without_turn)
    app.before_request(look_for_pack)
    app.before_request(identity.identify_staff if surface == "staff" else identity.identify_caller)
    app.before_request(clients.identify_key)
    blueprint = staff_api if surface == "staff" else public_api
    api.register_blueprint(blueprint)
    csrf.exempt(blueprint)  # JSON only, which no other site's form can send, and SameSite cookies
    app.register_blueprint(health)
    _let_machines_in(app, api, csrf, surface)
    pages.install(app, surface)
    app.view_functions["api-docs.openapi_json"] = lambda: jsonify(with_pack_words(api.spec.to_dict()))
    access.install(app, table)
    storable.install(app)
    app.after_request(_protect)
    return app


def _refuse_without_turn() -> None:
    if NO_TURN in request.environ and request.endpoint not in NEEDS_NOTHING:
        raise sa.exc.TimeoutError("all turns are taken")


def _let_machines_in(app: Flask, api: Api, csrf: CSRFProtect, surface: Surface) -> None:
    if surface == "public":
        app.register_blueprint(receipts)
        csrf.exempt(receipts)  # no browser's; the address proves who calls
    if surface == "staff":
        app.register_blueprint(metrics_page)
        api.register_blueprint(calls_api)
        csrf.exempt(calls_api)  # signed, and no browser's


def _forged(error: CSRFError) -> Response:
    return problems.problem(403, "forged_form", "这个表单已经失效。请刷新页面，再提交一次。")


def _protect(response: Response) -> Response:
    stream = settings().stream_url
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src 'self' {stream}; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["X-Request-Id"] = str(g.get("request_id", ""))
    if not settings().is_dev:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
