"""Single sign-on against a real provider: who is let in, to what, and that an answer counts once (SECURITY S24)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.groups import read_groups
from shared.people import NewStaff, add_staff
from shared.settings import SettingsError, settings
from tests.integration.provider import Use, accounts, agree, know, real_provider
from tests.integration.site import PASSWORD, Page, Site, Visitor
from tests.integration.stage import UNIT


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider() as found:
        yield found


def back(visitor: Visitor, location: str) -> Page:
    """Follow the provider's redirect in the browser."""
    there = urlsplit(location)
    assert (there.path, location.startswith(settings().staff_url)) == ("/login/sso/back", True)
    return visitor.get(f"{there.path}?{there.query}")


def log_in(site: Site, sub: str) -> tuple[Visitor, Page]:
    visitor = Visitor(site.staff)
    return visitor, back(visitor, agree(visitor.get("/login/sso").location, sub))


def test_the_button_is_there_only_where_a_provider_is(site: Site, sso: Use, issuer: str) -> None:
    visitor = Visitor(site.staff)
    assert "/login/sso" not in visitor.get("/login").html
    assert visitor.get("/login/sso").status == 404
    sso(issuer)
    assert "用统一认证登录" in visitor.get("/login").text


def test_a_member_of_a_group_is_let_in_to_the_groups_place_and_keeps_the_account(
    site: Site, sso: Use, issuer: str
) -> None:
    sso(issuer)
    know(issuer, "u1", name="周敏", preferred_username="zhoumin", groups=["others", "water"])
    for _ in range(2):
        visitor, page = log_in(site, "u1")
        assert "周敏" in page.text
        assert visitor.get("/desk").status == 200
    assert accounts(site) == [
        {"login": "sso:zhoumin", "name": "周敏", "role": "handler", "unit": UNIT, "skills": [], "leads_unit": False}
    ]


def test_another_group_is_another_place_from_the_next_login_on(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u2", groups=["water"])
    first, _ = log_in(site, "u2")
    know(issuer, "u2", groups=["CN=Water Leaders,OU=City"])
    log_in(site, "u2")
    assert [one["leads_unit"] for one in accounts(site)] == [True]
    assert first.get("/desk").location == "/login"  # what began with other rights is over
    noted = site.stage.rows("SELECT action FROM access_log WHERE action LIKE 'staff%' ORDER BY id")
    assert [row["action"] for row in noted] == ["staff_added", "staff_changed"]


@pytest.mark.parametrize("groups", [[], ["strangers"], ["abolished"], "admins", None, [["admins"]]])
def test_who_is_in_no_group_with_a_place_is_nobody_here(site: Site, sso: Use, issuer: str, groups: Any) -> None:
    sso(issuer)
    know(issuer, "u3", groups=groups, email="root@example.cn", preferred_username="root")
    visitor, page = log_in(site, "u3")
    assert (page.status, "没有给您本系统的岗位" in page.text) == (403, True)
    assert visitor.get("/").location == "/login"
    assert accounts(site) == []


def test_who_loses_the_group_loses_the_sessions(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u4", groups=["seats"])
    visitor, _ = log_in(site, "u4")
    assert visitor.get("/console").status == 200
    know(issuer, "u4", groups=[])
    log_in(site, "u4")
    assert visitor.get("/console").location == "/login"


def test_a_name_or_address_that_equals_a_local_administrators_gives_nothing(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    site.add("root")
    know(issuer, "root", name="Admin", preferred_username="root", email="root@example.cn", groups=["seats"])
    visitor, _ = log_in(site, "root")
    assert visitor.get("/admin").status == 403
    assert [one["role"] for one in accounts(site)] == ["operator"]
    assert site.person("root").get("/admin").status == 200


def test_a_login_that_is_taken_gets_a_mark_and_no_account(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    with site.stage.engine.begin() as connection:
        add_staff(connection, NewStaff(city="chengdu", login="sso:li", name="x", password=PASSWORD, role="admin"))  # type: ignore[arg-type]
    know(issuer, "u5", preferred_username="li", groups=["seats"])
    assert log_in(site, "u5")[0].get("/console").status == 200
    assert sorted(one["role"] for one in accounts(site)) == ["admin", "operator"]


def test_a_disabled_account_stays_outside(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u6", groups=["seats"])
    log_in(site, "u6")
    site.stage.as_owner("UPDATE staff SET is_active = false WHERE login LIKE 'sso:%'")
    assert log_in(site, "u6")[1].status == 403


def test_a_password_opens_no_account_of_single_sign_on(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u7", preferred_username="wang", groups=["seats"])
    log_in(site, "u7")
    visitor = Visitor(site.staff)
    visitor.get("/login")
    for typed in ("!", "", PASSWORD):
        assert visitor.post("/login", login="sso:wang", password=typed).status == 401


def test_an_administrator_shows_a_code_unless_the_provider_has_asked_for_one(
    site: Site, sso: Use, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sso(issuer)
    monkeypatch.setenv("HOTLINE_SECOND_FACTOR", "required")
    settings.cache_clear()
    know(issuer, "u8", groups=["admins"], amr=["pwd"])
    visitor, _ = log_in(site, "u8")
    assert visitor.get("/admin").location == "/login"
    assert "second-secret" in visitor.get("/login/code").html
    know(issuer, "u9", groups=["admins"], amr=["pwd", "otp"])
    assert log_in(site, "u9")[0].get("/admin").status == 200


def test_the_answer_counts_once_and_only_in_the_browser_that_asked(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u10", groups=["seats"])
    visitor, stranger = Visitor(site.staff), Visitor(site.staff)
    location = agree(visitor.get("/login/sso").location, "u10")
    stranger.get("/login/sso")
    assert back(stranger, location).status == 401
    state = visitor.client.get_cookie("sso")
    assert back(visitor, location).status == 200
    assert state is not None
    visitor.client.set_cookie("sso", state.value)
    visitor.client.delete_cookie("staff")
    assert back(visitor, location).status == 401
    assert visitor.get("/").location == "/login"


def test_an_answer_after_ten_minutes_comes_too_late(site: Site, sso: Use, issuer: str) -> None:
    sso(issuer)
    know(issuer, "u11", groups=["seats"])
    visitor = Visitor(site.staff)
    location = agree(visitor.get("/login/sso").location, "u11")
    site.stage.as_owner("UPDATE sign_on_step SET at = at - interval '11 minutes'")
    assert back(visitor, location).status == 401


def test_a_provider_that_is_down_is_said_so_and_local_accounts_go_on(site: Site, sso: Use) -> None:
    sso("http://127.0.0.1:9")
    page = Visitor(site.staff).get("/login/sso")
    assert (page.status, "本地账号" in page.text) == (401, True)
    assert site.person("root").get("/admin").status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOTLINE_OIDC_ISSUER", "http://login.example.cn"), ("HOTLINE_OIDC_ISSUER", "ftp://x")],
)
def test_away_from_a_developers_machine_the_provider_needs_https(
    sso: Use, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:secret@127.0.0.1:9/0")
    monkeypatch.delenv("HOTLINE_DEV")
    sso(value)
    with pytest.raises(SettingsError, match=name):
        settings()


@pytest.mark.parametrize(
    "line",
    ["boss = x", "handler = x", "operator:tax = x", "expert = x", "operator", "admin =", "expert:tax:leader = x"],
)
def test_a_line_that_makes_no_place_stops_the_start(line: str) -> None:
    with pytest.raises(ValueError, match="="):
        read_groups(line)
