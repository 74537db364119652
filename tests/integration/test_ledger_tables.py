"""The tables as the code sees them are as the migrations make them; what the app role may do is written down."""

import pytest
import sqlalchemy as sa

import shared.tables.attachment
import shared.tables.calls
import shared.tables.job
import shared.tables.mailbox
import shared.tables.pack
import shared.tables.people
import shared.tables.restoration
import shared.tables.ticket  # noqa: F401
from shared.command.migrate import upgrade
from shared.tables import metadata
from tests.conftest import Database
from tests.integration.stage import MONDAY, Stage

# SELECT everywhere; what is append-only knows neither UPDATE nor DELETE.
RIGHTS = {
    "ticket": "IU", "ticket_text": "IU", "caller": "IU", "ticket_event": "I", "decision": "I", "access_log": "I",
    "job": "IUD", "idempotency": "IUD", "session": "IUD", "attempt": "IUD", "admin_code": "IUD",
    "staff": "IU", "notice": "IU", "call": "IU", "call_event": "I",
    "pack_version": "", "pack_activation": "I", "active_pack": "IU", "business_clock": "", "alembic_version": "",
    "restoration": "", "api_key": "IU", "attachment": "IUD", "webhook": "IU", "absence": "IU",
    "second_factor": "IUD", "recovery_code": "IUD", "login_step": "IUD", "sign_on": "I", "sign_on_step": "ID",
    "draft": "IUD", "errand": "IUD", "mailbox": "IU", "access_seal": "I",
}  # fmt: skip


def test_code_and_schema_know_the_same_tables_and_columns(stage: Stage) -> None:
    inspector = sa.inspect(stage.owner)
    assert set(inspector.get_table_names()) - {"business_clock", "alembic_version"} == set(metadata.tables)
    for name, table in metadata.tables.items():
        made = {column["name"]: column for column in inspector.get_columns(name)}
        assert set(made) == {column.name for column in table.columns}, name
        for column in table.columns:
            there = made[column.name]
            assert there["nullable"] == column.nullable, (name, column.name)
            kinds = (
                sa.types.Integer,
                sa.types.String,
                sa.types.LargeBinary,
                sa.types.Boolean,
                sa.types.DateTime,
                sa.types.ARRAY,
                sa.types.JSON,
            )
            kind = next(kind for kind in kinds if isinstance(column.type, kind))
            assert isinstance(there["type"], kind), (name, column.name)
        keys = inspector.get_pk_constraint(name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key], name


def test_every_instant_is_stored_with_its_zone(stage: Stage) -> None:
    naive = stage.rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE data_type = 'timestamp without time zone' AND table_schema = 'public'"
    )
    assert naive == []


def test_the_app_role_may_do_what_is_written_down_and_no_more(stage: Stage) -> None:
    rows = stage.rows(
        "SELECT c.relname AS name, concat(CASE WHEN has_table_privilege(c.oid, 'INSERT') THEN 'I' END,"
        " CASE WHEN has_table_privilege(c.oid, 'UPDATE') THEN 'U' END,"
        " CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'D' END,"
        " CASE WHEN has_table_privilege(c.oid, 'TRUNCATE') THEN 'T' END) AS rights FROM pg_class c"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    assert {row["name"]: row["rights"] for row in rows} == RIGHTS


def test_migrating_again_changes_nothing_and_several_may_at_once(database: Database) -> None:
    for _ in range(2):
        upgrade(database.owner_url)


def test_business_time_is_real_time_unless_a_clock_is_set(database: Database, stage: Stage) -> None:
    with stage.engine.connect() as connection:
        assert connection.execute(
            sa.text("SELECT business_now() - :monday < interval '1 minute'"), {"monday": MONDAY}
        ).scalar()
    stage.as_owner("DELETE FROM business_clock")
    with stage.engine.connect() as connection:
        gap = connection.execute(
            sa.text("SELECT abs(extract(epoch FROM business_now() - clock_timestamp()))::float8")
        ).scalar()
    assert gap == pytest.approx(0, abs=1)


DUE = "SELECT id FROM job WHERE state = 'todo' AND kind = 'route' AND due_at <= business_now() ORDER BY due_at, id"
QUEUE = "SELECT id FROM ticket WHERE holder_kind = 'unit' AND holder_id = 'x' ORDER BY due_at, id LIMIT 25"


@pytest.mark.parametrize(("query", "index"), [(DUE, "job_due"), (QUEUE, "ticket_queue")])
def test_due_jobs_and_queues_are_found_by_their_index_in_its_order(stage: Stage, query: str, index: str) -> None:
    with stage.owner.begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(connection.execute(sa.text(f"EXPLAIN {query}")).scalars())
    assert index in plan
    assert "Sort" not in plan
