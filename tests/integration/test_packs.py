"""City packs in the database: loaded once, activated by one at a time, seen by running processes at once."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from shared import packs
from shared.cities.problems import PackError
from shared.command.migrate import upgrade
from shared.command.shipped import pack_news
from shared.domain import commands as c
from shared.packs import Overtaken, Packs, known_packs
from tests.conftest import Database
from tests.integration.site import Site
from tests.integration.stage import CITY, OPERATOR, UNIT, Stage
from tests.integration.town import BY, SHIPPED, Town, with_limit


@pytest.fixture
def town(stage: Stage) -> Town:
    return Town.of(stage)


def renamed(name: str) -> dict[str, bytes]:
    """Return the shipped pack with another name for the unit that these tests use."""
    units = SHIPPED["units.csv"].decode()
    line = next(line for line in units.splitlines() if line.startswith(f"{UNIT},"))
    changed = units.replace(line, line.replace(line.split(",")[1], name, 1))
    return {**SHIPPED, "units.csv": changed.encode()}


def test_a_new_database_has_the_shipped_pack_active(town: Town) -> None:
    with town.stage.engine.connect() as connection:
        assert packs.read_files(connection, town.active().id) == SHIPPED
        assert [done.note for done in packs.activations(connection, CITY)] == ["first start"]


def test_migrating_again_switches_nothing(town: Town, database: Database) -> None:
    town.activate(with_limit(3))
    upgrade(database.owner_url)
    with town.stage.engine.connect() as connection:
        assert packs.read_files(connection, town.active().id) == with_limit(3)


def test_the_same_content_loaded_again_is_the_version_it_was(town: Town) -> None:
    first, again, other = town.load(with_limit(3)), town.load(with_limit(3)), town.load(with_limit(4))
    assert first == again
    assert other.id != first.id
    assert town.stage.rows("SELECT count(*) AS n FROM pack_version")[0]["n"] == 3


@pytest.mark.parametrize("spoilt", [b"code,name\n", b"\xff\xfe", b""])
def test_a_pack_with_mistakes_is_not_kept(town: Town, spoilt: bytes) -> None:
    with pytest.raises(PackError, match=r"units\.csv"):
        town.load({**SHIPPED, "units.csv": spoilt})
    assert town.stage.rows("SELECT count(*) AS n FROM pack_version")[0]["n"] == 1


@pytest.mark.parametrize("table", ["pack_version", "pack_activation"])
@pytest.mark.parametrize("change", ["UPDATE {} SET city = city", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_loaded_and_activated_stays_even_for_the_owner(town: Town, table: str, change: str) -> None:
    with town.stage.owner.begin() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.exec_driver_sql(change.format(table))


@pytest.mark.parametrize("is_first", [False, True])
def test_of_two_activations_at_once_one_wins_and_the_other_learns_who_and_when(town: Town, is_first: bool) -> None:
    one, other = town.load(with_limit(3)), town.load(with_limit(4))
    standing = None if is_first else town.active().id
    told: list[Any] = []
    if is_first:
        with town.stage.owner.begin() as connection:
            connection.exec_driver_sql("DELETE FROM active_pack")

    def try_other() -> None:
        try:
            with town.stage.owner.begin() as connection:
                told.append(packs.activate(connection, other, standing, "slow"))
        except Overtaken as overtaken:
            told.append(overtaken)

    with town.stage.owner.begin() as connection:
        won = packs.activate(connection, one, standing, "quick")
        slow = threading.Thread(target=try_other)
        slow.start()
        wait_until_it_waits(town.stage, slow)
    slow.join()
    assert isinstance(told[0], Overtaken)
    assert (told[0].newest, told[0].facts["by"]) == (won, "quick")
    assert town.active() == one


def wait_until_it_waits(stage: Stage, thread: threading.Thread) -> None:
    """Return once somebody waits for a lock in this database, or the thread has ended."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with stage.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while thread.is_alive() and not connection.exec_driver_sql(query).scalar():
            thread.join(0.01)


def test_what_is_active_already_is_not_activated_again(town: Town) -> None:
    standing = town.active()
    with town.stage.owner.begin() as connection:
        assert packs.activate(connection, standing, standing.id, BY) is None
        assert len(packs.activations(connection, CITY)) == 1


def test_going_back_activates_what_was_before_and_the_history_shows_both(town: Town) -> None:
    shipped = town.active()
    town.activate(with_limit(3))
    changed = town.active()
    with town.stage.owner.begin() as connection:
        assert packs.rollback(connection, CITY, changed.id, BY) is not None
        with pytest.raises(Overtaken):
            packs.rollback(connection, CITY, changed.id, BY)
        notes = [(done.pack_id, done.replaced_id, done.note) for done in packs.activations(connection, CITY)]
    assert notes == [
        (shipped.id, changed.id, "rollback"),
        (changed.id, shipped.id, ""),
        (shipped.id, None, "first start"),
    ]
    assert town.active() == shipped


def test_a_version_is_found_by_id_by_name_and_by_what_it_declares(town: Town) -> None:
    only = town.active()
    with town.stage.engine.connect() as connection:
        for named in (only.id, str(only.id), only.version, only.version.partition("+")[0]):
            assert packs.find(connection, CITY, named) == only
        assert packs.find(connection, CITY, "%") is None
        assert packs.find(connection, CITY, "9" * 40) is None
        assert packs.find(connection, "elsewhere", only.id) is None
    town.load(with_limit(3))
    with town.stage.engine.connect() as connection:
        assert packs.find(connection, CITY, only.version.partition("+")[0]) is None  # two declare it


def test_the_ledger_decides_by_the_pack_that_is_active_when_it_writes(town: Town) -> None:
    stage = town.stage
    before = stage.dispatched()
    waiting = stage.register()
    town.activate(with_limit(3))
    after = stage.act(c.Dispatch, waiting, OPERATOR, unit=UNIT)
    assert before.due_at is not None
    assert after.due_at is not None
    assert after.due_at < before.due_at
    facts = stage.rows("SELECT body FROM ticket_event WHERE ticket_id = :id AND kind = 'dispatched'", id=after.id)
    assert town.active().version in facts[0]["body"]


def test_each_version_is_read_once_and_stays_the_same_object(town: Town) -> None:
    known = Packs()
    with town.stage.engine.connect() as connection:
        first = known.at(connection, CITY)
        assert known.at(connection, CITY) is known.named(connection, CITY, first.version) is first
        assert known.named(connection, CITY, "no such") is None


def test_a_city_without_an_active_pack_decides_nothing_and_says_what_to_do(town: Town) -> None:
    with town.stage.engine.connect() as connection, pytest.raises(PackError, match="pack load"):
        Packs().at(connection, "elsewhere")


def test_a_running_process_shows_the_new_pack_without_a_restart(site: Site) -> None:
    site.stage.dispatched()
    town, desk = Town.of(site.stage), site.person("chen")
    known_packs()._look_seconds = known_packs()._next_look = 0
    assert "清河水务局" not in desk.get("/desk").text
    town.activate(renamed("清河水务局"))
    assert "清河水务局" in desk.get("/desk").text


def test_pages_ask_for_the_active_pack_once_a_second_at_most(site: Site) -> None:
    known_packs()._look_seconds = 3600
    asked: list[str] = []
    visitor = site.visitor()
    visitor.get("/")
    with counted(asked):
        visitor.get("/")
    assert [statement for statement in asked if "active_pack" in statement] == []


class counted:  # noqa: N801 used as a function
    """Collect what is asked of any database meanwhile."""

    def __init__(self, into: list[str]) -> None:
        self._listen = lambda _c, _cursor, statement, *_: into.append(statement)

    def __enter__(self) -> None:
        sa.event.listen(sa.engine.Engine, "before_cursor_execute", self._listen)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", self._listen)


def test_a_start_tells_of_a_shipped_pack_that_was_never_loaded_and_of_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"DATABASE_URL": town.stage.engine.url.render_as_string(hide_password=False)}
    assert pack_news(environment) is None
    town.activate(with_limit(3))
    assert pack_news(environment) is None
    monkeypatch.setattr("shared.cities.load.files_of", lambda _city: with_limit(5))
    assert "./hotline pack diff" in str(pack_news(environment))
