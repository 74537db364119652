"""A backup of a running instance, and a restore that loses nothing of it and gives out no number twice (FAULTS T36)."""

import gzip
import hashlib
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from shared import attachments, people, restoration
from shared.attachments import FileState, NewFile
from shared.command import archive
from shared.command.archive import BackupError, Manifest
from shared.command.audit import audit
from shared.command.backup import backup
from shared.command.engines import Addresses
from shared.command.restore import LEAST_SKIPPED, restore, skipped
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.keys import keys_of
from shared.people import NewStaff
from shared.storage import Storage, StorageError
from tests.conftest import Database, _clone
from tests.integration.stage import CITY, HANDLER, MONDAY, OPERATOR, SECRET, UNIT, Stage

MAIL = "wang@caller.example"
CONTENT = b"a photo" * 1000


@pytest.fixture
def empty(engines: Addresses, superuser: psycopg.Connection) -> Iterator[Database]:
    """Another instance's database, as new."""
    with _clone(engines, superuser) as made:
        yield made


@pytest.fixture
def here(stage: Stage, as_settings: object, tmp_path: Path) -> "Here":
    as_settings(stage)  # type: ignore[operator]
    return Here(stage, Storage((tmp_path / "files").as_uri()), tmp_path / "backup.tar")


class Here:
    """An instance with its files, and where its backup goes."""

    def __init__(self, stage: Stage, place: Storage, path: Path) -> None:
        self.stage, self.place, self.path = stage, place, path
        self.url = stage.owner.url.render_as_string(hide_password=False)

    def backup(self) -> Manifest:
        return backup(self.url, self.path, self.place, self.stage.keys)

    def restore(self, to: Database, **more: bool) -> Storage:
        place = Storage((self.path.parent / "restored").as_uri())
        restore(to.owner_url, self.path, place, self.stage.keys, **more)
        return place

    def add_file(self, ticket_id: int) -> str:
        new = NewFile(CITY, None, None, "txt", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        with self.stage.engine.begin() as connection:
            file_id = attachments.begin(connection, new)
            attachments.set_state(connection, file_id, FileState.CLEAN)
        self.place.put(attachments.stored_as(file_id), CONTENT)
        ref = (attachments.FileRef(file_id, new.sha256),)
        self.stage.act(c.Supplement, ticket_id, OPERATOR, text="x", files=ref)
        return file_id


def opened(database: Database) -> Stage:
    return replace(Stage.open(database.app_url, database.owner_url), registered=1_000_000)


def test_what_was_taken_in_before_the_backup_began_is_there_after_it_was_restored(here: Here, empty: Database) -> None:
    before = [here.stage.register(email=MAIL) for _ in range(5)]
    ticket_id = here.stage.dispatched().id
    file_id, ends = here.add_file(ticket_id), threading.Event()

    def go_on() -> None:
        while not ends.is_set():
            here.stage.register()

    busy = threading.Thread(target=go_on)
    busy.start()
    made = here.backup()
    ends.set()
    busy.join()
    lost = here.stage.register()
    place = here.restore(empty)
    there = opened(empty)
    assert [there.ticket(each) for each in before] == [here.stage.ticket(each) for each in before]
    assert place.get(attachments.stored_as(file_id)) == CONTENT
    assert audit(empty.app_url, place=place).differences == []
    assert there.register() > lost + LEAST_SKIPPED / 2, "a number of the lost time is not given out again"
    first_job = min(job["id"] for job in there.jobs(there.register(), JobKind.ROUTE))
    assert first_job > max(job["id"] for job in here.stage.jobs(lost, JobKind.ROUTE))
    assert made.tables["ticket"].rows == len(there.rows("SELECT 1 FROM ticket")) - 2
    there.close()


def test_after_a_restore_notices_are_held_and_nobody_is_logged_in(here: Here, empty: Database) -> None:
    here.stage.register(email=MAIL)
    with here.stage.engine.begin() as connection:
        new = NewStaff(city=CITY, login="zhou", name="Zhou", password=None, role=HANDLER.role, unit=UNIT)
        people.open_session(connection, people.add_staff(connection, new))
    here.backup()
    here.restore(empty)
    there = opened(empty)
    assert (there.rows("SELECT 1 FROM session"), len(there.rows("SELECT 1 FROM staff"))) == ([], 1)
    with there.engine.connect() as connection:
        held = restoration.held(connection)
    assert held is not None
    with there.owner.begin() as connection:
        assert restoration.release(connection, drops=True) == (0, 1)
    there.close()


def test_a_backup_is_for_its_owner_alone_and_holds_no_secret(here: Here) -> None:
    here.stage.register(email=MAIL)
    here.backup()
    assert here.path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(here.path) as tar:
        members = {member.name: tar.extractfile(member) for member in tar}
        read = {
            name: gzip.decompress(file.read()) if name.startswith("tables/") else file.read()
            for name, file in members.items()
            if file
        }
    assert {"tables/session", "tables/admin_code", "tables/attempt"} & set(read) == set()
    for planted in (SECRET, MAIL.encode(), b"13800000000"):
        assert not any(planted in content for content in read.values())
    with pytest.raises(BackupError, match="exists already"):
        here.backup()


def test_what_a_killed_backup_has_left_is_in_nobodys_way(here: Here) -> None:
    half = here.path.with_name(f".{here.path.name}.half")
    half.write_bytes(b"x" * 10_000_000)
    here.backup()
    assert [path.name for path in here.path.parent.iterdir() if path.is_file()] == [here.path.name]
    with archive.reading(here.path, here.stage.keys) as reader:
        assert reader.manifest.tables


def test_of_two_backups_to_one_name_the_second_leaves_the_first_alone(here: Here) -> None:
    with archive.writing(here.path) as first:
        first.add_bytes("a", b"a")
        with pytest.raises(BackupError, match="Another backup"):
            here.backup()
        first.add_bytes("b", b"b")
    with tarfile.open(here.path) as tar:
        assert tar.getnames() == ["a", "b"]


def test_a_restore_refuses_a_database_that_holds_something_unless_told_to_replace_it(
    here: Here, empty: Database
) -> None:
    kept = here.stage.register()
    here.backup()
    there = opened(empty)
    gone = there.register(title="another city's")
    there.close()
    with pytest.raises(BackupError, match="not empty"):
        here.restore(empty)
    there = opened(empty)
    with there.engine.connect() as using, pytest.raises(BackupError, match="stop the services"):
        using.execute(sa.text("SELECT 1"))
        here.restore(empty, replaces=True)
    there.close()
    here.restore(empty, replaces=True)
    there = opened(empty)
    rows = there.rows("SELECT text FROM ticket_text WHERE ticket_id = :id AND part = 'title'", id=gone)
    assert [row["text"] for row in rows] == ["自来水停了"]
    assert there.ticket(kept).id == kept
    there.close()


def test_a_restore_refuses_another_secret_with_a_sentence_and_writes_nothing(here: Here, empty: Database) -> None:
    here.stage.register()
    here.backup()
    with pytest.raises(BackupError, match="another master secret"):
        restore(empty.owner_url, here.path, here.place, keys_of(b"x" * 32))
    with psycopg.connect(empty.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM ticket").fetchone() == (0,)


def test_a_restore_refuses_a_newer_schema_and_another_city(
    here: Here, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.backup()
    with monkeypatch.context() as older, pytest.raises(BackupError, match="newer than this version"):
        older.setattr("shared.command.restore.knows_revision", lambda _: False)
        here.restore(empty)
    monkeypatch.setenv("HOTLINE_CITY", "qinghe")
    from shared.settings import settings

    settings.cache_clear()
    with pytest.raises(BackupError, match="HOTLINE_CITY"):
        here.restore(empty)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.8])
def test_a_damaged_or_cut_backup_is_refused_before_anything_is_written(
    here: Here, empty: Database, share: float
) -> None:
    here.add_file(here.stage.dispatched().id)
    here.backup()
    whole = here.path.read_bytes()
    with tarfile.open(here.path) as tar:
        at = max(member.offset_data for member in tar if member.offset_data < len(whole) * share)
    for damaged in (whole[: int(len(whole) * share)], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
        here.path.write_bytes(damaged)
        with pytest.raises(BackupError, match="damaged"):
            here.restore(empty)
    with psycopg.connect(empty.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM ticket").fetchone() == (0,)


def test_a_file_that_is_gone_does_not_keep_the_rest_from_being_saved(here: Here) -> None:
    file_id = here.add_file(here.stage.dispatched().id)
    here.place.delete(attachments.stored_as(file_id))
    assert (here.backup().missing_files, here.path.exists()) == ([file_id], True)


def test_a_backup_that_breaks_off_leaves_nothing(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.Writer, "close", full)
    with pytest.raises(OSError, match="No space"):
        here.backup()
    assert list(here.path.parent.glob("*backup*")) == []


def test_the_more_time_was_lost_the_more_numbers_are_skipped() -> None:
    made = Manifest("1", "1", CITY, MONDAY.isoformat(), "", 500, {})
    one, day = (skipped(made, MONDAY.replace(hour=MONDAY.hour + 1)), skipped(made, MONDAY.replace(day=MONDAY.day + 1)))
    assert (one, day) == (LEAST_SKIPPED + 10 * 500, LEAST_SKIPPED + 10 * 500 * 24)
    assert json.loads(json.dumps(made.sequences)) == {}


def test_a_restore_over_itself_does_not_write_a_file_that_is_whole(
    here: Here, empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that is full drops what it could not write, and that would be the good file."""
    file_id = here.add_file(here.stage.dispatched().id)
    here.backup()
    place = here.restore(empty)
    monkeypatch.setattr(Storage, "put", refuses)
    restore(empty.owner_url, here.path, place, here.stage.keys, replaces=True)
    assert place.get(attachments.stored_as(file_id)) == CONTENT


def refuses(_: Storage, name: str, content: bytes) -> None:
    raise StorageError("full")
