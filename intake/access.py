"""Which endpoint is open to whom: the one table. A route without an entry stops the start; deny by default."""

from collections.abc import Mapping

from flask import Flask, Response, g, redirect, request, url_for

from intake import access_pages, clients
from intake.acts import CALLER_ACTS, STAFF_ACTS, act_endpoints
from intake.problems import problem
from shared.domain.errors import Refused
from shared.domain.terms import Role

ANYBODY = access_pages.ANYBODY
CALLER = frozenset({Role.CALLER})
STAFF = frozenset({Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR})
LOGGED_IN = STAFF | {Role.ADMIN}
HOTLINE = frozenset({Role.OPERATOR, Role.SUPERVISOR})

PUBLIC: Mapping[str, frozenset[Role]] = {
    "static": ANYBODY,
    "health.live": ANYBODY,
    "health.ready": ANYBODY,
    "api-docs.openapi_json": ANYBODY,
    "public_api.register": ANYBODY,
    "public_api.show": ANYBODY,  # proves itself by number and pick-up code
    **dict.fromkeys(act_endpoints("public_api", CALLER_ACTS), ANYBODY),  # the same
    "receipts.receive": ANYBODY,  # proves itself by the secret in its address
    "public_api.upload": ANYBODY,  # as many as an address may
    "public_api.download": ANYBODY,  # proves itself by number and pick-up code
    **access_pages.PUBLIC,
}
INTERNAL: Mapping[str, frozenset[Role]] = {
    "static": ANYBODY,
    "health.live": ANYBODY,
    "health.ready": ANYBODY,
    "metrics.metrics": ANYBODY,
    "api-docs.openapi_json": ANYBODY,
    "calls_api.receive": ANYBODY,  # proves itself by its signature
    "staff_api.log_in": ANYBODY,
    "staff_api.log_out": LOGGED_IN,
    "staff_api.queue": STAFF,
    "staff_api.register": HOTLINE,
    "staff_api.show": STAFF,
    **dict.fromkeys(act_endpoints("staff_api", STAFF_ACTS), STAFF),  # the domain says which act is whose
    "staff_api.upload": STAFF,
    "staff_api.download": STAFF,
    "staff_api.reveal": STAFF,
    **access_pages.STAFF,
}
_OWN_PASSWORD = ("staff_pages.password", "staff_pages.save_password", "staff_pages.log_out", "staff_api.log_out")


def install(app: Flask, table: Mapping[str, frozenset[Role]]) -> None:
    """Guard every route of the app. Raises if one has no entry."""
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - table.keys())
    if missing:
        raise RuntimeError(f"no entry in the access table (intake/access.py) for: {', '.join(missing)}")

    def guard() -> Response | None:
        if g.api_key is not None:
            clients.check_scope()
        allowed = table.get(request.endpoint or "")
        if allowed is None or allowed is ANYBODY:
            return None  # no endpoint: the 404 and 405 handlers answer
        if g.viewer is None:
            return _not_logged_in()
        if g.viewer.role not in allowed:
            raise Refused("role_may_not", "您的岗位不能打开这里。")
        return _own_password_first()

    app.before_request(guard)


def _own_password_first() -> Response | None:
    """Send whoever has a one-time password to set their own; nothing else is open to them."""
    if g.staff is None or not g.staff.must_change_password or request.endpoint in _OWN_PASSWORD:
        return None
    if request.blueprint == "staff_pages" and request.method == "GET":
        return redirect(url_for("staff_pages.password"), 303)  # type: ignore[return-value]
    raise Refused("password_must_change", "请先设置您自己的密码。")


def _not_logged_in() -> Response:
    entrance = "staff_pages.login" if "staff_pages.login" in INTERNAL and request.blueprint == "staff_pages" else None
    entrance = entrance or ("public_pages.landing" if request.blueprint == "public_pages" else None)
    if entrance is not None and request.method == "GET":
        return redirect(url_for(entrance), 303)  # type: ignore[return-value]
    return problem(401, "login_needed", "请先登录，或重新输入流水号和提取码。")
