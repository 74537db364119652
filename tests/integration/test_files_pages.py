"""Files by the pages, without scripts: sent with a form, kept when the form is wrong, opened by a link that dies."""

import re
from pathlib import Path

import pytest

from intake.pages import files as file_pages
from shared.storage import storage
from tests import samples
from tests.integration.site import Page, Site, Visitor
from tests.integration.stage import HANDLER, UNIT, Stage

BODY = "春熙路停水三天了"


def send(visitor: Visitor, path: str, *files: tuple[str, str, bytes], **fields: str) -> Page:
    form = samples.form(*files, csrf_token=visitor.token, **fields)
    return visitor._page(visitor.client.post(path, **form))


def file_links(page: Page) -> list[str]:
    return re.findall(r'href="(/(?:ticket/files|attachments)/[0-9a-f]{32})"', page.html)


def names(stage: Stage) -> list[str | None]:
    rows = stage.rows("SELECT name FROM attachment WHERE ticket_id IS NOT NULL ORDER BY ticket_id, seq, place")
    return [stage.keys.decrypt(row["name"]) for row in rows]


def test_a_request_with_photos_by_the_form_without_scripts(site: Site) -> None:
    visitor = site.visitor()
    key = visitor.get("/new").value("key")
    files = [("files", "门口.jpg", samples.photo()), ("files", "水费.pdf", samples.pdf())]
    done = send(visitor, "/new", *files, body=BODY, key=key)
    assert visitor.follow(done).status == 200
    page = visitor.get("/ticket")
    assert all(name in page.text for name in ("门口.jpg", "水费.pdf", "未查毒"))
    again = send(visitor, "/new", *files, body=BODY, key=key)
    assert again.status == 303, "a second press of the button is the same request"
    assert (len(site.stage.rows("SELECT 1 FROM ticket")), names(site.stage)) == (1, ["门口.jpg", "水费.pdf"])


def test_an_unfit_file_loses_neither_the_words_nor_the_other_files(site: Site) -> None:
    visitor = site.visitor()
    key = visitor.get("/new").value("key")
    wrong = send(
        visitor, "/new", ("files", "good.jpg", samples.photo()), ("files", "bad.jpg", b"<?php"), body=BODY, key=key
    )
    assert (wrong.status, wrong.typed("new-body")) == (415, BODY)
    assert "已经收到 1 个附件" in wrong.text
    kept = wrong.value("kept_files")
    assert send(visitor, "/new", body=BODY, key=key, kept_files=kept).status == 303
    assert names(site.stage) == ["good.jpg"]


@pytest.mark.parametrize("count", [11])
def test_a_form_with_a_file_too_large_or_too_many_keeps_the_words(site: Site, count: int) -> None:
    visitor = site.visitor()
    key = visitor.get("/new").value("key")
    large = send(visitor, "/new", ("files", "large.txt", b"x" * 20_000_001), body=BODY, key=key)
    assert (large.status, large.typed("new-body"), "20 MB" in large.text) == (413, BODY, True)
    many = [("files", f"{n}.txt", b"x") for n in range(count)]
    refused = send(visitor, "/new", *many, body=BODY, key=key)
    assert (refused.status, refused.typed("new-body")) == (413, BODY)
    assert site.stage.rows("SELECT 1 FROM ticket") == []


def test_a_full_disk_takes_the_words_and_says_which_files_it_did_not_keep(
    site: Site, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.settings import settings

    monkeypatch.setenv("HOTLINE_FILES_URL", (small_disk / "files").as_uri())
    settings.cache_clear()
    storage.cache_clear()
    visitor = site.visitor()
    key = visitor.get("/new").value("key")
    files = [("files", "fits.txt", b"x"), ("files", "太大.txt", b"x" * 500_000)]
    page = visitor.follow(send(visitor, "/new", *files, body=BODY, key=key))
    assert "文字已经收下" in page.text
    assert "太大.txt" in page.text
    assert "fits.txt" not in page.text
    assert names(site.stage) == ["fits.txt"]
    assert "太大.txt" not in visitor.get("/ticket").text, "told once"
    assert send(visitor, "/new", *files, body=BODY, key=key).status == 303, "the same form is still the same request"
    assert len(site.stage.rows("SELECT 1 FROM ticket")) == 1


def test_the_caller_adds_a_photo_and_the_unit_opens_it(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    sent = send(caller, "/ticket/supplement", ("files", "现场.jpg", samples.photo()), text="这是照片")
    assert "现场.jpg" in caller.follow(sent).text
    handler = site.person("zhou")
    (link,) = file_links(handler.get(f"/tickets/{site.number(ticket_id)}"))
    opened = handler.follow(handler.get(link))
    assert (opened.status, opened.response.mimetype) == (200, "image/jpeg")
    assert opened.response.headers["Content-Security-Policy"].startswith("sandbox")
    noted = site.stage.rows("SELECT action FROM access_log WHERE fields <> '{}' ORDER BY id")
    assert [line["action"] for line in noted] == ["asked_for_file", "viewed_file"]


def test_a_link_opens_for_whom_it_was_made_for_five_minutes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket_id = site.stage.dispatched().id
    caller, other = site.caller(ticket_id), site.caller(site.stage.dispatched().id)
    caller.get("/ticket")
    caller.follow(send(caller, "/ticket/supplement", ("files", "a.txt", b"x"), text="x"))
    (asks,) = file_links(caller.get("/ticket"))
    link = caller.get(asks).location
    assert caller.get(link).status == 200
    missing = caller.get("/files/x")
    stranger, forged = other.get(link), caller.get(link[:-2] + "xx")
    assert {page.status for page in (missing, stranger, forged)} == {404}
    assert len({re.sub(r"[0-9a-f]{32}", "", page.html) for page in (missing, stranger, forged)}) == 1
    assert other.get(asks).status == 404
    monkeypatch.setattr(file_pages, "LINK_SECONDS", -1)
    assert caller.get(link).status == 404


def test_the_handler_shows_proof_to_the_caller_and_keeps_what_is_inner(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    number, handler = site.number(ticket_id), site.person("zhou")
    assert handler.post(f"/tickets/{number}/sign").status == 303
    handler.get(f"/tickets/{number}")
    files = [("files", "修好了.jpg", samples.photo()), ("inner_files", "派工单.pdf", samples.pdf())]
    form = {"public": "修好了", "internal": "换管", "contacted": "true"}
    assert send(handler, f"/tickets/{number}/reply", *files, **form).status == 303
    assert "派工单.pdf" in handler.get(f"/tickets/{number}").text
    caller = site.caller(ticket_id)
    assert "修好了.jpg" not in caller.get("/ticket").text
    assert site.person("chen").post(f"/tickets/{number}/approve").status == 303
    assert handler.post(f"/tickets/{number}/resolve").status == 303
    page = caller.get("/ticket")
    assert ("修好了.jpg" in page.text, "派工单.pdf" in page.text) == (True, False)
    assert HANDLER.unit == UNIT


def test_an_operator_registers_with_a_file_and_answers_with_one(site: Site) -> None:
    lin = site.person("lin")
    lin.get("/console")
    done = send(lin, "/console", ("files", "传真.pdf", samples.pdf()), body=BODY, channel="phone", key="a-key-of-mine")
    assert lin.follow(done).status == 200
    assert names(site.stage) == ["传真.pdf"]


def test_a_name_that_would_run_is_shown_as_text(site: Site) -> None:
    ticket_id = site.stage.dispatched().id
    caller = site.caller(ticket_id)
    caller.get("/ticket")
    name = "<img src=x onerror=alert(1)>{{7*7}}\u2028.txt"
    page = caller.follow(send(caller, "/ticket/supplement", ("files", name, b"x"), text="x"))
    assert "onerror=alert(1)" in page.text
    assert [tag for tag, attributes in page.tags if "onerror" in attributes] == []
