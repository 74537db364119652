"""A changed or missing line of the access log is found (SECURITY S50)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from shared import access_log, access_seal
from shared.domain.follow_ups import JobKind
from tests.integration.stage import MONDAY, OPERATOR, Stage
from worker.handlers import tidying

KEY = b"k" * 32


def note(stage: Stage, *reasons: str) -> None:
    with stage.engine.begin() as connection:
        for reason in reasons:
            access_log.note(connection, OPERATOR, "revealed", reason=reason)


def found(stage: Stage, key: bytes = KEY) -> list[str]:
    with stage.engine.connect() as connection:
        return [one.code for one in access_seal.differences(connection, key)]


def behind_its_back(stage: Stage, statement: str, table: str = "access_log") -> None:
    with stage.owner.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
        connection.execute(sa.text(statement))


def test_an_untouched_log_verifies_however_often_it_is_sealed(stage: Stage) -> None:
    note(stage, "a", "b")
    assert access_seal.seal(stage.engine, KEY) == 2
    assert access_seal.seal(stage.engine, KEY) == 0
    note(stage, "c")
    assert access_seal.seal(stage.engine, KEY) == 1
    assert found(stage) == []


def test_a_changed_and_a_missing_line_and_a_missing_seal_are_found(stage: Stage) -> None:
    note(stage, "a", "b", "c")
    access_seal.seal(stage.engine, KEY)
    behind_its_back(stage, "UPDATE access_log SET reason = 'x' WHERE reason = 'b'")
    assert found(stage) == ["access_log_changed"]
    behind_its_back(stage, "UPDATE access_log SET reason = 'b' WHERE reason = 'x'")
    assert found(stage) == []
    behind_its_back(stage, "DELETE FROM access_log WHERE reason = 'c'")
    assert found(stage) == ["access_log_changed"]
    note(stage, "d")
    access_seal.seal(stage.engine, KEY)
    behind_its_back(stage, "DELETE FROM access_seal WHERE after = 0", "access_seal")
    assert found(stage) == ["access_seal_missing"]


def test_who_does_not_know_the_key_makes_no_seal(stage: Stage) -> None:
    note(stage, "a")
    access_seal.seal(stage.engine, b"another key")
    assert found(stage) == ["access_log_changed"]


def test_a_line_whose_transaction_ends_late_is_not_passed_over(stage: Stage) -> None:
    with stage.engine.connect() as slow:
        access_log.note(slow, OPERATOR, "revealed", reason="slow")
        with stage.engine.connect() as fast:
            access_log.note(fast, OPERATOR, "revealed", reason="fast")
            fast.commit()
        with stage.engine.begin() as sealing:  # as `seal` asks, but without waiting
            free = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('access_log'))")
            assert sealing.execute(free).scalar_one() is False
        slow.commit()
    assert access_seal.seal(stage.engine, KEY) == 2
    assert found(stage) == []


def test_the_worker_seals_once_a_day(stage: Stage, as_settings: Callable[[Stage], None]) -> None:
    as_settings(stage)
    note(stage, "a")
    tidying().arm()
    stage.set_clock(MONDAY + timedelta(days=1))
    assert stage.work({JobKind.TIDY: tidying().handle}, JobKind.TIDY) == 1
    assert stage.rows("SELECT lines FROM access_seal") == [{"lines": 1}]


def test_a_long_log_is_sealed_piece_by_piece(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_seal, "MOST_LINES", 2)
    note(stage, *"abcde")
    assert [access_seal.seal(stage.engine, KEY) for _ in range(4)] == [2, 2, 1, 0]
    assert found(stage) == []
    behind_its_back(stage, "UPDATE access_log SET reason = 'x' WHERE reason = 'c'")
    assert found(stage) == ["access_log_changed"]
