"""Second factor and recovery codes: who needs one, that each is good once, what wrong ones cost (SECURITY S22)."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from werkzeug.test import TestResponse

from intake.identity import staff_cookie
from shared import people
from shared.people import second_factor
from shared.settings import settings
from tests.integration.api import Api
from tests.integration.site import PASSWORD, Page, Site, Visitor
from tests.integration.stage import ADMIN

STEP = 30


@pytest.fixture(autouse=True)
def required(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOTLINE_SECOND_FACTOR", "required")
    settings.cache_clear()
    yield
    settings.cache_clear()


class Device:
    """An authenticator app. Time is the server's; each code asked for is of the next step, so that none was used."""

    def __init__(self, site: Site, secret: str) -> None:
        self.site, self.totp, self.given = site, pyotp.TOTP(secret), -1

    def step(self) -> int:
        return int(self.site.stage.rows("SELECT floor(extract(epoch FROM clock_timestamp()) / 30)::int AS n")[0]["n"])

    def code(self, drift: int = 0) -> str:
        return self.totp.generate_otp(self.step() + drift)

    def fresh(self, login: str) -> str:
        """Return a code that is good now, as if the last login had been some time ago."""
        self.site.stage.as_owner(
            "UPDATE second_factor SET last_step = 0 WHERE staff_id = (SELECT id FROM staff WHERE login = :l)", l=login
        )
        return self.code()


def begin(site: Site, login: str) -> tuple[Visitor, Page]:
    site.add(login)
    visitor = Visitor(site.staff)
    visitor.get("/login")
    return visitor, visitor.follow(visitor.post("/login", login=login, password=PASSWORD))


def enrol(site: Site, login: str = "zheng") -> tuple[Device, list[str]]:
    visitor, page = begin(site, login)
    device = Device(site, secret_on(page))
    return device, re.findall(r"<li><code>(.*?)</code>", visitor.post("/login/code", code=device.code()).html)


def secret_on(page: Page) -> str:
    found = re.search(r'id="second-secret">([A-Z2-7 ]+)<', page.html)
    assert found, page.text
    return found[1].replace(" ", "")


def by_api(api: Api, login: str, **more: Any) -> TestResponse:
    return api.site.staff.test_client().post("/api/v1/session", json={"login": login, "password": PASSWORD} | more)


def test_the_first_login_sets_the_device_up_and_gives_ten_recovery_codes_once(site: Site) -> None:
    visitor, page = begin(site, "zheng")
    assert "<svg" in page.html
    assert visitor.get("/overview").location == "/login"  # the password alone opens nothing
    device = Device(site, secret_on(page))
    shown = visitor.post("/login/code", code=device.code())
    assert len(set(re.findall(r"<li><code>(.*?)</code>", shown.html))) == 10
    assert visitor.get("/overview").status == 200
    kept = repr(site.stage.rows("SELECT * FROM second_factor")) + repr(site.stage.rows("SELECT * FROM recovery_code"))
    assert secret_on(page) not in kept
    assert not any(code.replace("-", "") in kept for code in re.findall(r"<li><code>(.*?)</code>", shown.html))
    assert "second-secret" not in begin(site, "zheng")[1].html


def test_a_device_that_was_never_confirmed_is_shown_the_same_secret_again(site: Site) -> None:
    assert secret_on(begin(site, "zheng")[1]) == secret_on(begin(site, "zheng")[1])


def test_only_administrators_and_supervisors_are_asked(site: Site) -> None:
    for login in ("lin", "zhou", "wu"):
        assert begin(site, login)[1].location != "/login/code"
        assert begin(site, login)[0].get("/login/code").location == "/login"
    for login in ("zheng", "root"):
        assert secret_on(begin(site, login)[1])


def test_where_the_deployment_does_without_nobody_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SECOND_FACTOR", "off")
    settings.cache_clear()
    assert begin(site, "root")[0].get("/admin").status == 200


def test_a_code_is_good_once_and_no_older_one_after_it(site: Site) -> None:
    device, _ = enrol(site)
    code = device.fresh("zheng")
    first, second = begin(site, "zheng")[0], begin(site, "zheng")[0]
    assert first.post("/login/code", code=code).status == 303
    assert second.post("/login/code", code=code).location == "/login"  # that login waits no longer
    for again in (code, device.code(-1)):
        refused = begin(site, "zheng")[0].post("/login/code", code=again)
        assert (refused.status, "动态口令不对" in refused.text) == (401, True)


@pytest.mark.parametrize(("drift", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off_and_no_more(site: Site, drift: int, is_right: bool) -> None:
    device, _ = enrol(site)
    visitor = begin(site, "zheng")[0]
    device.fresh("zheng")
    before = device.step()
    answer = visitor.post("/login/code", code=device.totp.generate_otp(before + drift))
    if device.step() == before:  # else the clock moved on meanwhile, and the drift is another
        assert (answer.status == 303) == is_right


def test_a_recovery_code_lets_in_once_however_it_is_written(site: Site) -> None:
    _, codes = enrol(site)
    assert begin(site, "zheng")[0].post("/login/code", code=f" {codes[0].upper().replace('-', ' ')} ").status == 303
    assert begin(site, "zheng")[0].post("/login/code", code=codes[0]).status == 401
    assert begin(site, "zheng")[0].post("/login/code", code=codes[1]).status == 303
    left = site.stage.rows("SELECT after ->> 'left' AS left FROM access_log WHERE action = 'recovery_code_used'")
    assert [row["left"] for row in left] == ["9", "8"]


def test_wrong_codes_count_as_wrong_passwords_do(site: Site) -> None:
    device, _ = enrol(site)
    visitor = begin(site, "zheng")[0]
    statuses = [visitor.post("/login/code", code=typed).status for typed in ("000000", "x", "", "00000", "0000000")]
    assert statuses == [401] * 5
    refused = visitor.post("/login/code", code=device.fresh("zheng"))
    assert (refused.status, "Retry-After" in refused.response.headers) == (429, True)
    assert visitor.post("/login", login="zheng", password=PASSWORD).status == 429


def test_from_another_address_wrong_codes_count_on(api: Api) -> None:
    device, _ = enrol(api.site)
    for n in range(10):
        client = api.site.staff.test_client()
        client.environ_base["REMOTE_ADDR"] = f"203.0.113.{n}"
        wrong = client.post("/api/v1/session", json={"login": "zheng", "password": PASSWORD, "code": "000000"})
        assert wrong.status_code == 401
    client.environ_base["REMOTE_ADDR"] = "203.0.113.99"
    right = {"login": "zheng", "password": PASSWORD, "code": device.fresh("zheng")}
    assert client.post("/api/v1/session", json=right).status_code == 429


def test_the_api_asks_for_the_code_too(api: Api) -> None:
    api.site.add("zheng")
    assert (by_api(api, "zheng").json["code"], by_api(api, "zheng").status_code) == ("enrol_first", 403)
    device, _ = enrol(api.site)
    assert (by_api(api, "zheng").json["code"], by_api(api, "zheng").status_code) == ("code_needed", 401)
    assert by_api(api, "zheng", code="000000").json["code"] == "wrong_code"
    done = by_api(api, "zheng", code=device.fresh("zheng"))
    assert (done.status_code, staff_cookie() in done.headers["Set-Cookie"]) == (200, True)
    assert "Set-Cookie" not in by_api(api, "zheng").headers


def test_a_login_that_waits_for_ten_minutes_begins_anew(site: Site) -> None:
    device, _ = enrol(site)
    visitor = begin(site, "zheng")[0]
    site.stage.as_owner("UPDATE login_step SET at = at - interval '10 minutes'")
    assert visitor.post("/login/code", code=device.fresh("zheng")).location == "/login"
    assert visitor.get("/login/code").location == "/login"


def test_the_cookie_of_a_login_that_waits_is_no_session(site: Site) -> None:
    visitor = begin(site, "root")[0]
    waiting = visitor.client.get_cookie("login")
    assert waiting is not None
    visitor.client.set_cookie(staff_cookie(), waiting.value)
    assert visitor.get("/admin").location == "/login"


def test_who_lost_the_device_sets_up_another_after_a_reset_and_is_logged_out(site: Site) -> None:
    visitor, page = begin(site, "zheng")
    visitor.post("/login/code", code=Device(site, secret_on(page)).code())
    staff_id = site.id_of("zheng")
    with site.stage.engine.begin() as connection:
        second_factor.reset(connection, ADMIN, staff_id)
    assert visitor.get("/overview").location == "/login"
    assert secret_on(begin(site, "zheng")[1]) != secret_on(page)
    noted = site.stage.rows("SELECT action FROM access_log WHERE object = :o ORDER BY id", o=f"staff:{staff_id}")
    assert [row["action"] for row in noted] == ["second_factor_set", "second_factor_reset"]


def test_a_disabled_account_is_not_let_in_by_its_code(site: Site) -> None:
    device, _ = enrol(site)
    visitor = begin(site, "zheng")[0]
    staff_id = site.id_of("zheng")
    with site.stage.engine.begin() as connection:
        people.deactivate(connection, ADMIN, staff_id)
    assert visitor.post("/login/code", code=device.fresh("zheng")).location == "/login"
