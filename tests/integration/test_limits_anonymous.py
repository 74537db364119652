"""How often somebody without a key may register, and whose address counts (SECURITY S26, S44)."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.app import create_app
from shared.settings import SettingsError, settings
from tests.integration.api import BODY, Api

PATH = "/api/v1/tickets"
PHONE = "13812345678"
Configure = Callable[..., None]


@pytest.fixture
def configure(api: Api, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Give the deployment settings, and surfaces that know them."""

    def use(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        api.site.public, api.site.staff = create_app("public"), create_app("staff")

    return use


def register(api: Api, client: FlaskClient, phone: str | None = None, **headers: str) -> TestResponse:
    said = {"body": BODY} | ({"phone": phone} if phone else {})
    return client.post(PATH, json=said, headers=api.key() | headers)


def test_a_phone_registers_ten_times_an_hour_from_whatever_address(api: Api) -> None:
    assert {register(api, api.public(), PHONE).status_code for _ in range(10)} == {201}
    refused = register(api, api.public(), "+86 138 1234 5678")
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert "12345" in refused.json["detail"]
    assert register(api, api.public(), "13812345679").status_code == 201
    api.stage.as_owner("UPDATE attempt SET since = since - interval '1 hour'")
    assert register(api, api.public(), PHONE).status_code == 201


def test_an_address_registers_so_often_a_minute_as_is_configured(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="intake_address=3/60")
    statuses = [register(api, api.public("2001:db8:1:2::1")).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]
    assert register(api, api.public("2001:db8:1:2:ffff::9")).status_code == 429  # the same /64
    assert register(api, api.public("2001:db8:1:3::1")).status_code == 201
    assert register(api, api.public("203.0.113.1")).status_code == 201


def test_sixty_a_minute_is_what_an_address_has_by_itself(api: Api) -> None:
    register(api, api.public("203.0.113.1"))
    api.stage.as_owner("UPDATE attempt SET count = 59")
    assert [register(api, api.public("203.0.113.1")).status_code for _ in range(2)] == [201, 429]


def test_a_repeat_of_what_was_registered_is_answered_over_the_limit_too(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="intake_address=1/60")
    named = api.key()
    first, again = (api.public("203.0.113.1").post(PATH, json={"body": BODY}, headers=named) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    assert register(api, api.public("203.0.113.1")).status_code == 429


def test_what_the_database_could_not_take_does_not_count(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="intake_phone=1/3600 intake_address=1/3600")
    named = api.key()
    with api.stage.owner.connect() as busy:
        busy.exec_driver_sql("LOCK TABLE ticket IN ACCESS EXCLUSIVE MODE")
        first = api.public("203.0.113.1").post(PATH, json={"body": BODY, "phone": PHONE}, headers=named)
        assert (first.status_code, first.json["code"]) == (503, "try_again")
        busy.rollback()
    again = api.public("203.0.113.1").post(PATH, json={"body": BODY, "phone": PHONE}, headers=named)
    assert again.status_code == 201
    assert register(api, api.public("203.0.113.2"), PHONE).status_code == 429


def test_a_network_on_the_list_shares_its_address_without_a_limit_but_not_a_phone(
    api: Api, configure: Configure
) -> None:
    configure(
        HOTLINE_LIMITS="intake_address=1/60 intake_phone=2/60", HOTLINE_EXEMPT_NETWORKS="203.0.113.0/24, 2001:db8::/32"
    )
    for address in ("203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"):
        assert {register(api, api.public(address)).status_code for _ in range(3)} == {201}, address
    assert [register(api, api.public("203.0.113.7"), PHONE).status_code for _ in range(3)] == [201, 201, 429]


def test_a_forwarded_address_is_believed_as_far_as_our_own_proxies_wrote_it(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="intake_address=1/60", HOTLINE_TRUSTED_PROXIES="1")
    proxy = api.public("10.0.0.1")
    forged = [register(api, proxy, **{"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.1"}).status_code for n in range(2)]
    assert forged == [201, 429]
    assert register(api, proxy, **{"X-Forwarded-For": "203.0.113.2"}).status_code == 201
    configure(HOTLINE_TRUSTED_PROXIES="0")
    direct = [
        register(api, api.public("10.0.0.9"), **{"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(2)
    ]
    assert direct == [201, 429]


def test_the_audit_log_names_the_address_that_the_proxy_saw(api: Api, configure: Configure) -> None:
    configure(HOTLINE_TRUSTED_PROXIES="1")
    client = api.staff()
    client.post(
        "/api/v1/session", json={"login": "x", "password": "y"}, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.5"}
    )
    assert api.stage.rows("SELECT address FROM access_log") == [{"address": "203.0.113.5"}]


def test_over_the_limit_the_form_keeps_what_was_typed_and_says_when(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="intake_address=1/60")
    visitor = api.site.visitor()
    visitor.get("/new")
    assert visitor.post("/new", body="第一件", key="k" * 20).status == 303
    refused = visitor.post("/new", body="路灯坏了三天", name="张某", key="l" * 20)
    assert refused.status == 429
    assert refused.typed("new-body") == "路灯坏了三天"
    assert refused.value("name") == "张某"
    assert 0 < int(refused.response.headers["Retry-After"]) <= 60
    assert "12345" in refused.text
    assert "再提交一次" in refused.text


def test_one_password_tried_on_many_accounts_from_one_address_is_stopped(api: Api, configure: Configure) -> None:
    configure(HOTLINE_LIMITS="login_address=3/900")

    def log_in(login: str, address: str) -> int:
        client = api.site.staff.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client.post("/api/v1/session", json={"login": login, "password": "Password1"}).status_code

    assert [log_in(f"person{n}", "203.0.113.1") for n in range(4)] == [401, 401, 401, 429]
    assert log_in("person9", "203.0.113.2") == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOTLINE_LIMITS", "intake_phone=10"), ("HOTLINE_LIMITS", "intake_fone=10/60"), ("HOTLINE_LIMITS", "login=0/60"),
     ("HOTLINE_EXEMPT_NETWORKS", "10.0.0.1/8"), ("HOTLINE_TRUSTED_PROXIES", "yes")],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant_stops_the_start(configure: Configure, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        configure(**{name: value})
