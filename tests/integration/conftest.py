"""Fixtures of the integration tests."""

from collections.abc import Callable, Iterator

import pytest

from shared.database import engine
from shared.keys import keys
from shared.settings import settings
from tests.conftest import Database
from tests.integration.stage import SECRET, Stage


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A city in a database of the test's own, on a Monday at ten."""
    opened = Stage.open(database.app_url, database.owner_url)
    yield opened
    opened.close()


@pytest.fixture
def as_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Stage], None]]:
    """Let the process's own settings, keys and engine be those of a stage."""
    singletons = (settings, keys, engine)

    def forget() -> None:
        for one in singletons:
            one.cache_clear()

    def use(stage: Stage) -> None:
        monkeypatch.setenv("DATABASE_URL", stage.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
        monkeypatch.setenv("HOTLINE_SECRET", SECRET.decode())
        monkeypatch.setenv("HOTLINE_DEV", "1")
        monkeypatch.delenv("HOTLINE_SECRET_FILE", raising=False)
        forget()

    yield use
    if engine.cache_info().currsize:
        engine().dispose()
    forget()
