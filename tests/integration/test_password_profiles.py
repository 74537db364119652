"""The two password profiles: what a password must be like, and how long it is good (SECURITY S20, decision 3)."""

from collections.abc import Callable

import pytest

from shared import people
from shared.domain.errors import Refused
from shared.domain.terms import Role
from shared.people import NewStaff
from shared.settings import settings
from tests.integration.site import PASSWORD, Site, Visitor

Profile = Callable[[str], None]


@pytest.fixture
def profile(site: Site, monkeypatch: pytest.MonkeyPatch) -> Profile:
    def use(name: str) -> None:
        monkeypatch.setenv("HOTLINE_PASSWORD_PROFILE", name)
        settings.cache_clear()

    return use


def refused(site: Site, password: str) -> str | None:
    new = NewStaff(city="chengdu", login="newcomer", name="x", password=password, role=Role.OPERATOR)
    with site.stage.engine.connect() as connection:
        try:
            people.add_staff(connection, new)
        except Refused as error:
            return error.code
        return None


@pytest.mark.parametrize("name", ["asvs", "djbh3"])
def test_short_common_and_telling_passwords_are_refused_in_both(site: Site, profile: Profile, name: str) -> None:
    profile(name)
    assert refused(site, "Sh0rt-1") == "bad_password"
    assert refused(site, "x" * 129) == "bad_password"
    for common in ("iloveyou", "PASSWORD", "1qaz2wsx", "12345678"):
        assert refused(site, common) == "common_password"
    for telling in ("my-Newcomer-9", "Yihaotong-2026"):
        assert refused(site, telling) == "bad_password"
    assert refused(site, "A long 1 with blanks 和汉字") is None
    assert refused(site, "Aa1 " * 32) is None


def test_kinds_of_characters_are_asked_for_in_one_alone(site: Site, profile: Profile) -> None:
    plain = "only small letters"  # and blanks
    assert refused(site, plain) is None
    profile("djbh3")
    assert refused(site, plain) == "plain_password"
    assert refused(site, "Only small letters") is None


def test_after_ninety_days_one_profile_asks_for_another_password(site: Site, profile: Profile) -> None:
    lin = site.person("lin")
    site.stage.as_owner("UPDATE staff SET password_set_at = password_set_at - interval '91 days'")
    assert lin.get("/console").status == 200
    profile("djbh3")
    assert lin.get("/console").location == "/password"
    page = lin.follow(lin.get("/console"))
    assert "90 天" in page.text
    lin.post("/password", current=PASSWORD, password="Another 1 of mine", again="Another 1 of mine")
    visitor = Visitor(site.staff)
    visitor.get("/login")
    visitor.post("/login", login="lin", password="Another 1 of mine")
    assert visitor.get("/console").status == 200


def test_the_administrator_sees_which_profile_holds(site: Site, profile: Profile) -> None:
    root = site.person("root")
    assert "ASVS" in root.get("/admin").text
    profile("djbh3")
    assert "等保三级" in root.get("/admin").text
