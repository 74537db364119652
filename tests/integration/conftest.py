"""Fixtures of the integration tests."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.integration.stage import Stage


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A city in a database of the test's own, on a Monday at ten."""
    opened = Stage.open(database.app_url, database.owner_url)
    yield opened
    opened.close()
