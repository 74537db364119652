"""Files by the API: sent first, named by a step, one set for one ticket, seen by whom the ticket and the step allow."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from shared import attempts
from shared.command.audit import audit
from shared.domain.files import MOST_BYTES, MOST_FILES
from shared.domain.follow_ups import JobKind
from shared.storage import Storage, storage
from tests import samples
from tests.integration.api import BODY, Api
from tests.integration.stage import ANSWER, OTHER_UNIT, UNIT
from worker.tidying import Tidying

NAME = "王芳家门口.jpg"


def send(client: Any, content: bytes, name: str = NAME) -> TestResponse:
    response: TestResponse = client.post("/api/v1/files", **samples.form(("file", name, content)))
    return response


def sent(client: Any, content: bytes | None = None, name: str = NAME) -> str:
    response = send(client, samples.photo() if content is None else content, name)
    assert response.status_code == 201, response.json
    return str(response.json["id"])  # type: ignore[index]


def files_of(api: Api, login: str, number: str) -> list[dict[str, Any]]:
    """Return the files that a person reads on a ticket, oldest first."""
    response = api.staff(login).get(f"/api/v1/tickets/{number}")
    assert response.status_code == 200, response.json
    return [file for step in reversed(response.json["timeline"]) for file in step["files"]]


def fetch(api: Api, login: str, number: str, file_id: str) -> TestResponse:
    return api.staff(login).get(f"/api/v1/tickets/{number}/files/{file_id}")


def place() -> Storage:
    found = storage()
    assert found is not None
    return found


def test_a_photo_comes_with_a_request_and_is_seen_by_the_unit_that_has_it(api: Api) -> None:
    file_id = sent(api.public())
    number = api.file(files=[file_id])["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    (file,) = files_of(api, "zhou", number)
    assert (file["id"], file["name"], file["state"], file["is_inner"]) == (file_id, NAME, "unscanned", False)
    answer = fetch(api, "zhou", number, file_id)
    assert hashlib.sha256(answer.data).hexdigest() == file["sha256"]
    assert b"Wang Fang" not in answer.data
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (answer.mimetype, answer.headers["Content-Disposition"][:6]) == ("image/jpeg", "inline")


def test_what_is_no_picture_is_saved_never_shown(api: Api) -> None:
    file_id = sent(api.public(), samples.pdf(), 'bill "1"; filename=x.html.pdf')
    accepted = api.file(files=[file_id])
    answer = api.public().get(
        f"/api/v1/tickets/{accepted['number']}/files/{file_id}", headers={"Pick-Up-Code": accepted["pick_up_code"]}
    )
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert "\n" not in disposition
    assert '"1"' not in disposition


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.jpg", b"<?php echo 1;", 415, "file_kind"),
        ("a.svg", b"<svg/>", 415, "file_kind"),
        ("a.txt", b"", 415, "file_empty"),
        ("a.txt", b"x" * (MOST_BYTES + 1), 413, "file_too_large"),
    ],
)
def test_what_is_unfit_is_refused_with_a_sentence_and_leaves_nothing(
    api: Api, tmp_path: Path, name: str, content: bytes, status: int, code: str
) -> None:
    response = send(api.public(), content, name)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert response.json is not None
    assert (response.json["code"], "files" in response.json["errors"]) == (code, True)
    assert api.stage.rows("SELECT id FROM attachment") == []
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_only_files_may_be_large_everything_else_keeps_its_limit(api: Api) -> None:
    large = b"x" * 1_100_000
    assert sent(api.public(), large, "large.txt")
    as_json = {"data": large, "content_type": "application/json"}
    for body in (as_json, samples.form(("file", "large.txt", large))):
        assert api.public().post("/api/v1/tickets", headers=api.key(), **body).status_code in (400, 413)
    assert api.public().post("/api/v1/tickets", headers=api.key(), **as_json).status_code == 413
    assert api.public().post("/api/v1/files", **samples.form(file="x" * 1_100_000)).status_code == 413


def test_eleven_files_are_refused_and_ten_are_kept_in_order(api: Api) -> None:
    client = api.public()
    ids = [sent(client, f"{n}".encode(), f"{n}.txt") for n in range(MOST_FILES + 1)]
    refused = client.post("/api/v1/tickets", json={"body": BODY, "files": ids}, headers=api.key())
    assert (refused.status_code, refused.json and refused.json["code"]) == (413, "too_many_files")
    number = api.file(files=ids[:MOST_FILES])["number"]
    assert [file["name"] for file in files_of(api, "lin", number)] == [f"{n}.txt" for n in range(MOST_FILES)]


def test_a_registration_that_is_repeated_gives_one_ticket_and_one_set_of_files(api: Api) -> None:
    said, key = {"body": BODY, "files": [sent(api.public())]}, api.key()
    first, again = (api.public().post("/api/v1/tickets", json=said, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json == again.json
    other = api.public().post("/api/v1/tickets", json=said | {"files": [sent(api.public())]}, headers=key)
    assert other.status_code == 422
    assert len(files_of(api, "lin", first.json["number"])) == 1  # type: ignore[index]


def test_a_file_belongs_to_one_step_once_and_to_whoever_sent_it(api: Api) -> None:
    used = sent(api.public())
    accepted = api.file(files=[used])
    of_lin = sent(api.staff("lin"))
    for stolen in (used, of_lin, "0" * 32):
        response = api.public().post("/api/v1/tickets", json={"body": BODY, "files": [stolen]}, headers=api.key())
        assert (response.status_code, response.json and response.json["code"]) == (400, "unknown_file")
    response = api.act("he", accepted["number"], "supplement", text="x", files=[of_lin])
    assert (response.status_code, response.json and response.json["code"]) == (400, "unknown_file")
    assert len(api.stage.rows("SELECT id FROM ticket")) == 1
    api.done("lin", accepted["number"], "supplement", text="x", files=[of_lin])


def resolved(api: Api, **reply: Any) -> dict[str, Any]:
    """Take a request as far as resolved, with files in the reply."""
    accepted = api.file()
    api.done("lin", accepted["number"], "dispatch", unit=UNIT)
    api.done("zhou", accepted["number"], "sign")
    api.done("zhou", accepted["number"], "reply", public=ANSWER, internal="x", contacted=True, **reply)
    return accepted


def test_the_caller_sees_the_files_of_a_reply_once_it_is_approved_and_never_the_inner_ones(api: Api) -> None:
    public, inner = sent(api.staff("zhou")), sent(api.staff("zhou"), samples.pdf(), "内部.pdf")
    accepted = resolved(api, files=[public], inner_files=[inner])
    number, code = accepted["number"], {"Pick-Up-Code": accepted["pick_up_code"]}

    def seen() -> list[str]:
        steps = api.follow(accepted).json["timeline"]  # type: ignore[index]
        return [file["id"] for step in steps for file in step["files"]]

    assert (seen(), fetch_as_caller(api, number, public, code).status_code) == ([], 404)
    api.done("chen", number, "approve")
    api.done("zhou", number, "resolve")
    assert (seen(), fetch_as_caller(api, number, public, code).status_code) == ([public], 200)
    assert fetch_as_caller(api, number, inner, code).status_code == 404
    assert {file["id"]: file["is_inner"] for file in files_of(api, "lin", number)} == {public: False, inner: True}


def fetch_as_caller(api: Api, number: str, file_id: str, code: dict[str, str]) -> TestResponse:
    return api.public().get(f"/api/v1/tickets/{number}/files/{file_id}", headers=code)


@pytest.mark.parametrize("hides", ["hidden_identity", "confidential"])
def test_where_nobody_may_know_who_asks_the_names_of_their_files_are_absent(api: Api, hides: str) -> None:
    number = api.file_at_console(files=[sent(api.staff("lin"))], **{hides: True})["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    own = sent(api.staff("zhou"), samples.pdf(), "report.pdf")
    api.done("zhou", number, "sign")
    api.done("zhou", number, "report", public="x", files=[own])
    assert [file["name"] for file in files_of(api, "zhou", number)] == [None, "report.pdf"]
    assert NAME[:2] not in api.staff("zhou").get(f"/api/v1/tickets/{number}").get_data(as_text=True)
    first = files_of(api, "zhou", number)[0]["id"]
    assert fetch(api, "zhou", number, first).headers["Content-Disposition"] == f"inline; filename={first[:8]}.jpg"
    assert [file["name"] for file in files_of(api, "zheng", number)] == [NAME, "report.pdf"]


def test_when_the_right_to_a_ticket_ends_the_right_to_its_files_ends(api: Api) -> None:
    file_id = sent(api.public())
    number = api.file(files=[file_id])["number"]
    api.done("lin", number, "dispatch", unit=UNIT)
    assert fetch(api, "zhou", number, file_id).status_code == 200
    api.done("zheng", number, "redispatch", unit=OTHER_UNIT, reason="x")
    assert fetch(api, "zhou", number, file_id).status_code == 404
    noted = api.stage.rows("SELECT action FROM access_log WHERE fields = ARRAY[:it]", it=f"file:{file_id}")
    assert [line["action"] for line in noted] == ["viewed_file"]
    other = api.file()["number"]
    assert fetch(api, "lin", other, file_id).status_code == 404, "a file is found under its own ticket only"


def test_the_log_names_files_by_id_and_hash_and_the_audit_finds_what_differs(api: Api) -> None:
    stage, accepted = api.stage, api.file(files=[sent(api.public())])
    body = json.loads(stage.rows("SELECT body FROM ticket_event WHERE seq = 1")[0]["body"])
    (row,) = stage.rows("SELECT id, sha256, name FROM attachment")
    assert body["facts"]["files"] == [{"id": row["id"], "sha256": row["sha256"]}]
    assert NAME not in json.dumps(body, ensure_ascii=False)
    assert NAME.encode() not in bytes(row["name"])
    url = stage.engine.url.render_as_string(hide_password=False)
    assert audit(url, place=place()).differences == []
    place().put(f"{row['id'][:2]}/{row['id']}", b"something else")
    assert [found.code for found in audit(url, place=place()).differences] == ["file_bytes_changed"]
    place().delete(f"{row['id'][:2]}/{row['id']}")
    assert [found.code for found in audit(url, place=place()).differences] == ["file_bytes_missing"]
    stage.as_owner("UPDATE attachment SET sha256 = repeat('0', 64)")
    assert [found.code for found in audit(url).differences] == ["file_changed"]
    stage.as_owner("DELETE FROM attachment")
    assert [found.code for found in audit(url).differences] == ["file_missing"]
    assert fetch(api, "lin", accepted["number"], row["id"]).status_code == 404


def test_files_that_no_step_took_are_tidied_after_a_day_and_others_stay(api: Api, tmp_path: Path) -> None:
    kept, fresh, old = (sent(api.public()) for _ in range(3))
    api.file(files=[kept])
    api.stage.as_owner("UPDATE attachment SET uploaded_at = uploaded_at - interval '25 hours' WHERE id <> :f", f=fresh)
    # Killed between the file and the word that it is there: the row came first.
    api.stage.as_owner("UPDATE attachment SET state = 'writing' WHERE id = :old", old=old)
    tidying = Tidying(api.stage.engine, ZoneInfo("Asia/Shanghai"), place())
    tidying.arm()
    api.stage.as_owner("UPDATE job SET due_at = business_now() - interval '1 second' WHERE kind = 'tidy'")
    api.stage.work({JobKind.TIDY: tidying.handle}, JobKind.TIDY)
    stored = {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert stored == {kept, fresh} == {row["id"] for row in api.stage.rows("SELECT id FROM attachment")}


def test_strangers_cannot_fill_the_disk(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FILES", attempts.Window("files", 2, timedelta(hours=1)))
    here = api.public("198.51.100.7")
    assert [send(here, b"x", "a.txt").status_code for _ in range(3)] == [201, 201, 429]
    assert send(api.public("198.51.100.8"), b"x", "a.txt").status_code == 201
    assert [send(api.staff("lin"), b"x", "a.txt").status_code for _ in range(3)] == [201] * 3


def test_no_name_of_a_file_is_in_the_logs(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    file_id = sent(api.public(), b"x", "探针文件名.txt")
    send(api.public(), b"<html>", "探针文件名.txt")
    place().delete(f"{file_id[:2]}/{file_id}")
    number = api.file(files=[file_id])["number"]
    assert fetch(api, "lin", number, file_id).status_code == 404
    said = "".join(capfd.readouterr())
    assert "探针" not in said


def test_a_part_that_is_not_the_file_is_refused(api: Api) -> None:
    sent = {"file": (io.BytesIO(b"words"), "note.txt"), "urgent": "yes"}
    answer = api.public().post("/api/v1/files", data=sent)
    assert answer.status_code == 400
    assert answer.json["errors"] == {"urgent": ["Unknown field."]}
