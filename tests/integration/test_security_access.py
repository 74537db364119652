"""Who may open what: every route and role against the access table, and the headers of every answer (SECURITY 2.5)."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from flask import Flask

from intake import access
from intake.acts import ACTS, CALLER_ACTS, STAFF_ACTS, act_endpoints
from intake.app import create_app
from shared.domain.terms import Role
from shared.domain.transitions import LEGAL
from shared.settings import settings
from tests.integration.api import Api
from tests.integration.stage import OTHER_UNIT, UNIT

LOGIN_OF = {"operator": "lin", "handler": "zhou", "expert": "wu", "supervisor": "zheng", "admin": "root"}
LARGE = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("surface", "table"), [("public", access.PUBLIC), ("staff", access.INTERNAL)])
def test_every_route_has_a_row_in_the_access_table_and_every_row_a_route(api: Api, surface: str, table: Any) -> None:
    app = getattr(api.site, surface)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(table)


def test_a_route_without_a_row_stops_the_start() -> None:
    app = Flask("forgetful")
    app.add_url_rule("/secret", "secret", lambda: "everything")
    with pytest.raises(RuntimeError, match=r"access table .* secret"):
        access.install(app, {"static": access.ANYBODY})


def test_no_row_is_open_to_everybody_by_accident() -> None:
    """An empty set of roles means anybody: what should be closed must name roles."""
    open_to_all = {name for table in (access.PUBLIC, access.INTERNAL) for name, roles in table.items() if not roles}
    assert open_to_all == {
        "static", "health.live", "health.ready", "metrics.metrics", "api-docs.openapi_json",
        "public_api.register", "public_api.show", "staff_api.log_in", "calls_api.receive",
        "public_api.upload", "public_api.download",
        *act_endpoints("public_api", CALLER_ACTS),
        "receipts.receive",
        "public_pages.landing", "public_pages.follow", "public_pages.link", "public_pages.leave", "public_pages.new",
        "public_pages.send", "staff_pages.login", "staff_pages.enter", "staff_pages.setup", "staff_pages.make_admin",
        "staff_pages.second", "staff_pages.show_second", "staff_pages.sso",
        "staff_pages.sso_back",
    }  # fmt: skip


def test_every_act_is_refused_to_every_role_that_the_table_of_transitions_leaves_out(api: Api) -> None:
    number = api.file_at_console()["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    for (name, act), role in product(ACTS.items(), LOGIN_OF):
        if role in ("expert", "admin"):
            continue  # neither may see this ticket at all
        may = role in LEGAL[act.command].roles
        status = api.act(LOGIN_OF[role], number, name, **form_of(name)).status_code
        if not may:
            assert status == (403 if name in STAFF_ACTS else 404), (name, role)
    assert {name for name in ACTS if Role.CALLER in LEGAL[ACTS[name].command].roles} == set(CALLER_ACTS)
    assert set(ACTS) - set(STAFF_ACTS) == {"confirm", "tell_by", "hide_identity"}  # only the caller can say


def form_of(act: str) -> dict[str, Any]:
    """Return a valid form for an act that nobody is able to finish here."""
    return {
        "answer_directly": {"public": "x"}, "not_accept": {"public": "x"}, "dispatch": {"unit": OTHER_UNIT},
        "send_to_seat": {"skill": "tax"}, "send_to_triage": {"why": "x"}, "redispatch": {"unit": UNIT, "reason": "x"},
        "recall": {"reason": "x", "seen_seq": 1},
        "hand_over": {"staff_id": 10**9}, "return": {"basis": "x", "reason": "y", "proposed_unit": UNIT},
        "reply": {"public": "x", "internal": "y"}, "send_back": {"reason": "x"}, "follow_up": {"result": "solved"},
        "redo": {"reason": "x"}, "close": {"end_reason": "solved"}, "withdraw": {"seen_seq": 1},
        "amend": {"reason": "x"}, "supplement": {"text": "x"}, "report": {"public": "x"},
        "renew_code": {"reason": "x"},
    }.get(act, {})  # fmt: skip


def test_the_internet_facing_app_does_not_contain_the_staff_routes(api: Api) -> None:
    public, staff = ({str(rule) for rule in app.url_map.iter_rules()} for app in (api.site.public, api.site.staff))
    shared = {"/static/<path:filename>", "/health/live", "/health/ready", "/api/v1/openapi.json", "/api/v1/tickets",
              "/api/v1/tickets/<number>", "/", "/api/v1/files", "/files/<token>",
              "/api/v1/tickets/<number>/files/<file_id>"}  # fmt: skip
    acts = {f"/api/v1/tickets/<number>/{name}" for name in set(CALLER_ACTS) & set(STAFF_ACTS)}
    assert public & staff == shared | acts
    for path in ("/login", "/setup", "/admin", "/metrics", "/api/v1/queues", "/api/v1/session", "/desk"):
        assert api.public().get(path).status_code == 404, path
    assert api.public().post("/api/v1/session", json={"login": "a", "password": "b"}).status_code == 404


def test_a_method_in_disguise_is_not_believed(api: Api) -> None:
    api.file()
    client = api.staff("zheng")
    client.post("/api/v1/session?_method=DELETE", json={}, headers={"X-HTTP-Method-Override": "DELETE"})
    assert client.get("/api/v1/queues").status_code == 200


def answers_of_every_kind(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """Yield one answer of each sort from both surfaces."""
    for surface, client in (("public", api.public()), ("staff", api.staff())):
        app = getattr(api.site, surface)
        for path in ("/", "/health/live", "/api/v1/openapi.json", "/nothing", "/api/v1/nothing", "/static/nothing.css"):
            yield f"{surface} {path}", client.get(path)
        yield f"{surface} 405", client.put("/api/v1/tickets")
        yield f"{surface} 400", client.post("/api/v1/tickets", data="{", headers=api.key())
        yield f"{surface} 413", client.post("/api/v1/tickets", data=b"x" * 1_000_001, headers=LARGE | api.key())
        form = "/new" if surface == "public" else "/login"
        yield f"{surface} form without token", client.post(form, data={"body": "x"})
        with monkeypatch.context() as broken:
            broken.setitem(app.view_functions, "health.live", lambda: 1 / 0)
            yield f"{surface} 500", client.get("/health/live")
    yield "staff 401", api.staff().get("/api/v1/queues")
    yield "staff 403", api.staff("root").get("/api/v1/queues")


def test_every_answer_carries_the_headers_that_protect_a_browser(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses, ids = set(), set()
    for what, response in answers_of_every_kind(api, monkeypatch):
        policy = response.headers["Content-Security-Policy"]
        for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "default-src 'none'"):
            assert rule in policy, what
        assert "unsafe" not in policy, what
        assert response.headers["X-Content-Type-Options"] == "nosniff", what
        assert response.headers["Referrer-Policy"] == "no-referrer", what
        assert response.headers.get("Cache-Control") == "no-store" or "/static/" in what, what
        assert len(response.headers["X-Request-Id"]) == 32, what
        ids.add(response.headers["X-Request-Id"])
        statuses.add(response.status_code)
        text = response.get_data(as_text=True)
        for leak in ("Traceback", "ZeroDivision", "SELECT", "psycopg", "werkzeug", "Flask", ".py"):
            assert leak not in text or response.status_code == 200, (what, leak)
    assert statuses >= {200, 303, 400, 401, 403, 404, 405, 413, 500}
    assert len(ids) > 20


def test_away_from_loopback_cookies_are_locked_to_the_host_and_https_is_demanded(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOTLINE_DEV")
    monkeypatch.setenv("REDIS_URL", "redis://:secret@127.0.0.1:9/0")
    settings.cache_clear()
    with api.stage.engine.begin() as connection:
        api.staff_id(connection, "lin")
    api.stage.as_owner("UPDATE staff SET password = :hash", hash=hash_of("correct horse"))
    client = create_app("staff").test_client()
    words = {"login": "lin", "password": "correct horse"}
    response = client.post("/api/v1/session", json=words, base_url="https://localhost")
    assert response.status_code == 200
    cookie = response.headers["Set-Cookie"]
    for part in ("__Host-staff=", "Secure", "HttpOnly", "Path=/", "SameSite=Strict"):
        assert part in cookie
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    page = create_app("public").test_client().get("/new", base_url="https://localhost")
    assert "__Host-form=" in page.headers["Set-Cookie"]


def hash_of(password: str) -> str:
    from shared.people.passwords import _hasher

    return _hasher().hash(password)


def test_on_loopback_no_cookie_asks_for_https(api: Api) -> None:
    page = api.public().get("/new")
    assert "Secure" not in page.headers["Set-Cookie"]
    assert "Strict-Transport-Security" not in page.headers
