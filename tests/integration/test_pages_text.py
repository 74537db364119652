"""What the pages say: hostile text stays text everywhere, nothing inline, both languages whole."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.pages.words import WORDS
from shared.domain import commands as c
from tests.integration.site import Page, Site
from tests.integration.stage import HANDLER, OPERATOR, ROUTER, SUPERVISOR, UNIT

TEMPLATES = Path(__file__).parents[2] / "intake/templates"
HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} </script><script>alert(2)</script> javascript:alert(3) \u2028 '\"&lt;"
_NEEDS_NO_LABEL = ("hidden", "checkbox", "radio")
CJK = re.compile(r"[\u3400-\u9fff]")
# Data that the city wrote in Chinese only, a caller's name, and the name of the other language.
CHINESE_DATA = ("中文", "王*", "四川省12345政务服务便民热线运行管理办法（2025-12）")


def test_hostile_text_is_shown_as_text_on_every_page(site: Site) -> None:
    shown = 0
    for page in _every_page(site, HOSTILE):
        tags = {tag for tag, _ in page.tags}
        assert "img" not in tags, page.text[:200]
        assert all(attrs.get("src", "").startswith("/static/") for tag, attrs in page.tags if tag == "script")
        assert not [attrs for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
        assert not [attrs for _, attrs in page.tags if (attrs.get("href") or "").startswith("javascript")]
        shown += "{{7*7}}" in page.text
        assert "49 </script>" not in page.text
    assert shown >= 8


def test_no_page_carries_inline_scripts_or_styles(site: Site) -> None:
    for page in _every_page(site, "一件事"):
        policy = page.response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert "style" not in {tag for tag, _ in page.tags}
        assert re.findall(r"<script(?![^>]*\ssrc=)", page.html) == []
        assert page.response.headers["X-Content-Type-Options"] == "nosniff"
        assert page.response.headers["Cache-Control"] == "no-store"


def test_every_page_is_whole_in_english(site: Site) -> None:
    for page in _every_page(site, "a leaking pipe", language="en"):
        text = page.text
        for known in CHINESE_DATA:
            text = text.replace(known, "")
        attributes = [v for _, attrs in page.tags for v in attrs.values() if v and v not in CHINESE_DATA]
        assert CJK.findall(text) == [], text
        assert [value for value in attributes if CJK.search(value)] == []
        assert '<html lang="en"' in page.html


def test_every_label_of_a_form_belongs_to_a_field_and_ids_are_unique(site: Site) -> None:
    for page in _every_page(site, "一件事"):
        ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
        assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
        named = {attrs["for"] for tag, attrs in page.tags if tag == "label" and "for" in attrs}
        assert named <= set(ids)
        typed = {
            attrs.get("id")
            for tag, attrs in page.tags
            if tag in ("textarea", "select") or (tag == "input" and attrs.get("type", "text") not in _NEEDS_NO_LABEL)
        }
        assert typed <= named


def test_every_sentence_exists_in_both_languages() -> None:
    for key, (chinese, english) in WORDS.items():
        assert chinese, key
        assert english, key
        assert not CJK.search(english) or "中文" in english, key
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), key


def test_every_key_that_a_template_names_exists() -> None:
    named = {
        key
        for template in TEMPLATES.rglob("*.html")
        for key in re.findall(r"\bt\('([\w.]+)'[,)]", template.read_text("utf-8"))
    }
    assert len(named) > 100
    assert named <= WORDS.keys()


def test_a_demo_says_so_on_every_page(demo: Site) -> None:
    for page in _every_page(demo, "一件事"):
        assert "演示环境" in page.text


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Site:
    """A site that calls itself a demo."""
    monkeypatch.setenv("HOTLINE_DEMO", "1")
    found: Site = request.getfixturevalue("site")
    return found


def _every_page(site: Site, text: str, language: str = "zh") -> Iterator[Page]:
    """Yield every page of both surfaces with `text` wherever somebody may type."""
    stage = site.stage
    waiting = stage.register(title=text, body=text)
    stage.act(c.SendToTriage, waiting, ROUTER, why=text)
    asked = stage.register(title=text, body=text)
    stage.act(c.SendToSeat, asked, OPERATOR, skill="tax")
    signed = stage.dispatched(title=text, body=text).id
    stage.act(c.Sign, signed, HANDLER)
    stage.act(c.Supplement, signed, OPERATOR, text=text)
    answered = stage.dispatched(title=text, body=text).id
    stage.act(c.Sign, answered, HANDLER)
    stage.act(c.Reply, answered, HANDLER, public=text, internal=text, contacted=True)
    stage.act(c.Resolve, answered, HANDLER)
    moved = stage.dispatched(unit="urban_management", title=text, body=text).id
    stage.act(c.Redispatch, moved, SUPERVISOR, unit=UNIT, reason=text)

    citizen = site.visitor()
    for path in ("/", "/new"):
        yield citizen.get(f"{path}?lang={language}")
    yield citizen.post("/new", title=text, body=text, name=text, phone=text, email=text, address=text)
    yield citizen.post("/follow", number=text[:30], code=text[:30])
    yield citizen.follow(citizen.post("/new", title=text, body=text))
    yield citizen.get("/ticket")
    yield citizen.get("/ticket/withdraw")
    for ticket_id in (signed, answered):
        caller = site.caller(ticket_id)
        yield caller.get(f"/ticket?lang={language}")

    for login, paths in {
        "lin": ("/", "/console", "/triage", "/followups", f"/tickets/{site.number(waiting)}", "/search"),
        "zhou": ("/", "/desk", f"/desk?t={site.number(signed)}", f"/tickets/{site.number(moved)}"),
        "wu": ("/", "/seat"),
        "zheng": ("/", "/overview", f"/tickets/{site.number(signed)}", f"/tickets/{site.number(answered)}"),
        "root": ("/", "/admin"),
    }.items():
        person = site.person(login)
        person.get(f"/?lang={language}")
        for path in paths:
            page = person.get(path)
            yield person.follow(page) if page.status == 303 else page
    lin, root = site.person("lin"), site.person("root")
    yield lin.post("/console", body=text, title=text, phone=text, name=text, answer=text, accused_unit=text)
    yield lin.follow(lin.post("/console", body=text, title=text, channel="phone"))
    yield lin.post(f"/tickets/{site.number(waiting)}/dispatch", unit=text[:60], reason=text)
    yield root.post("/admin/people", login=text[:60], name=text[:50], unit=text[:60], role=text)
    yield lin.get(f"/login/nowhere?lang={language}")
