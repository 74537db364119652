"""NUL in an address or a form is refused before a page looks at it, never a 500, and tells nothing of what there is."""

from typing import Any

import pytest

from tests.integration.api import Api
from tests.integration.site import Site, Visitor

NUL = "%00"


def plain(html: str) -> str:
    """Return a problem page without what differs between two of one kind."""
    return "\n".join(line for line in html.splitlines() if 'class="small quiet"' not in line)


@pytest.mark.parametrize("surface", ["public", "staff"])
def test_a_file_that_cannot_be_is_answered_like_one_that_is_not(site: Site, surface: str) -> None:
    ticket_id = site.stage.register()
    visitor = site.caller(ticket_id) if surface == "public" else site.person("lin")
    path = "/ticket/files/" if surface == "public" else "/attachments/"
    odd, missing = visitor.get(path + NUL), visitor.get(path + "0" * 32)
    assert (odd.status, plain(odd.html)) == (404, plain(missing.html))


def test_the_api_answers_a_file_that_cannot_be_like_one_that_is_not(api: Api) -> None:
    number = api.file_at_console()["number"]
    path = f"/api/v1/tickets/{number}/files/"
    lin = api.staff("lin")
    odd, missing = lin.get(path + NUL), lin.get(path + "0" * 32)
    assert (odd.status_code, odd.json["detail"], odd.json["code"]) == (404, missing.json["detail"], "not_found")


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("lin", "/console?draft=%00"), ("lin", "/console?read=%00"), ("lin", "/console?x=1&%00=1"),
        ("root", "/admin?q=%00"), ("root", "/admin?unit=%00"), ("root", "/admin/log?who=%00"),
        ("root", "/admin/packs/{pack}?from=%00"), ("zhou", "/desk?t=%00"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_stored_is_a_400_with_a_sentence(site: Site, login: str, path: str) -> None:
    pack = site.stage.rows("SELECT pack_id FROM active_pack")[0]["pack_id"]
    page = site.person(login).get(path.format(pack=pack))
    assert (page.status, "有不能保存的字符" in page.text) == (400, True)


@pytest.mark.parametrize(
    ("login", "path", "form"),
    [
        ("lin", "/console", {"body": "停水\0了"}), ("lin", "/console/draft", {"body": "停水", "key": "a\0bcdefgh"}),
        ("lin", "/search", {"q": "停水\0"}), ("lin", "/followups/{number}/skip", {"reason": "下午再\0打给她"}),
        ("lin", "/calls/1/skip", {"reason": "下午再\0打给她"}),
        ("lin", "/tickets/{number}/reveal", {"reason": "要核对\0电话"}),
        ("root", "/admin/people", {"login": "new", "name": "新\0人", "role": "operator"}),
        ("root", "/admin/people/{staff}", {"name": "新\0人", "role": "operator", "version": "1"}),
        ("root", "/admin/log.csv", {"who": "l\0"}), ("lin", "/password", {"old": "\0", "new": "\0"}),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_stored_is_a_400_with_a_sentence(
    site: Site, login: str, path: str, form: dict[str, Any]
) -> None:
    number, person = site.number(site.stage.resolved().id), site.person(login)
    page = person.post(path.format(number=number, staff=site.id_of("he")), **form)
    assert (page.status, "有不能保存的字符" in page.text) == (400, True)
    assert "<h1>" in page.html


@pytest.mark.parametrize(
    ("surface", "path", "form"),
    [
        ("staff", "/login", {"login": "l\0in", "password": "x"}), ("public", "/follow", {"number": "1\0", "code": "x"}),
        ("public", "/new", {"body": "停水\0了", "key": "abcdefgh"}),
    ],
)  # fmt: skip
def test_strangers_get_the_same_sentence(site: Site, surface: str, path: str, form: dict[str, str]) -> None:
    visitor = Visitor(site.staff if surface == "staff" else site.public)
    visitor.get("/login" if surface == "staff" else "/")
    page = visitor.post(path, **form)
    assert (page.status, "有不能保存的字符" in page.text) == (400, True)


def test_who_is_not_let_in_learns_no_more_by_odd_addresses(site: Site) -> None:
    assert Visitor(site.staff).get("/console?draft=%00").location == "/login"
    assert site.person("zhou").get("/admin?q=%00").status == 403
