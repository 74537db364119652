"""An index on a large table is built while others write, and within a restore's one transaction as well."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from shared.settings import driver_url
from tests.conftest import Database

ENV = Path(__file__).parents[2] / "shared" / "migrations" / "env.py"
REVISION = """
from shared.migrations import online
revision, down_revision = "t1", None
def upgrade() -> None:
    online.index("ticket_trial ON ticket (city, seq)")
"""


def upgrade(connection: sa.Connection, folder: Path) -> None:
    """Run the one revision of a folder, with the product's own env.py."""
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "env.py").write_text(
        ENV.read_text().replace("context.configure(", 'context.configure(version_table="t", ')
    )
    (folder / "versions" / "t1_trial.py").write_text(REVISION)
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def engine_of(database: Database) -> sa.Engine:
    return sa.create_engine(driver_url(database.owner_url), poolclass=sa.NullPool)


def is_valid(database: Database) -> bool:
    with engine_of(database).connect() as connection:
        found = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ticket_trial'::regclass"
        valid: bool = connection.execute(sa.text(found)).scalar_one()
    return valid


def test_an_index_is_built_beside_a_writer_who_has_not_committed_and_another_comes_meanwhile(
    database: Database, tmp_path: Path
) -> None:
    engine = engine_of(database)
    failed: list[BaseException] = []

    def migrate() -> None:
        try:
            with engine.connect() as connection:
                upgrade(connection, tmp_path)
        except BaseException as error:  # noqa: BLE001 told by the test's own thread
            failed.append(error)

    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND state = 'active'"
    )
    with engine.connect() as writer, engine.connect() as other:
        writer.execute(sa.text("LOCK TABLE ticket IN ROW EXCLUSIVE MODE"))
        thread = threading.Thread(target=migrate)
        thread.start()
        while thread.is_alive() and not other.execute(waiting).scalar_one():
            other.rollback()
        other.execute(sa.text("SET lock_timeout = '2s'"))
        other.execute(sa.text("LOCK TABLE ticket IN ROW EXCLUSIVE MODE"))  # what an INSERT takes
        other.rollback()
        writer.rollback()
        thread.join(60)
    assert not failed
    assert is_valid(database)


@pytest.mark.parametrize("is_undone", [False, True])
def test_in_one_transaction_it_comes_and_goes_with_the_rest(
    database: Database, tmp_path: Path, is_undone: bool
) -> None:
    with engine_of(database).connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        upgrade(connection, tmp_path)
        connection.rollback() if is_undone else connection.commit()
    if is_undone:
        with pytest.raises(sa.exc.ProgrammingError):
            is_valid(database)
    else:
        assert is_valid(database)
