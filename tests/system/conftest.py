"""Whole instances for tests: the product's own processes under its own supervisor, on engines of their own."""

from collections.abc import Iterator

import pytest

from tests.system.instance import Options
from tests.system.running import Instance, an_instance


@pytest.fixture(scope="session")
def stack() -> Iterator[Instance]:
    """An instance that every test leaves as healthy as it found it; business time runs at normal speed."""
    with an_instance(Options()) as running:
        yield running


@pytest.fixture(scope="session")
def _fragile() -> Iterator[Instance]:
    with an_instance(Options()) as running:
        yield running


@pytest.fixture
def fragile(_fragile: Instance) -> Instance:
    """An instance to break: healthy at the start of each test, which must heal what it breaks."""
    from tests.system.running import wait

    wait(_fragile.is_ready, "the instance to be whole again", 60)
    return _fragile
