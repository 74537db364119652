"""The fixture `site`, for the tests of the pages."""

from collections.abc import Callable, Iterator

import pytest

from intake import stores
from intake.app import create_app
from tests.integration.site import Site
from tests.integration.stage import Stage


@pytest.fixture
def site(stage: Stage, as_settings: Callable[[Stage], None]) -> Iterator[Site]:
    """Both surfaces on a database of the test's own."""
    as_settings(stage)
    for one in (stores.engine, stores.ledger):
        one.cache_clear()
    yield Site(stage, create_app("public"), create_app("staff"))
    stores.engine().dispose()
    for one in (stores.engine, stores.ledger):
        one.cache_clear()
