"""Whole instances for tests: the product's own processes under its own supervisor, on engines of their own."""

from collections.abc import Iterator

import pytest

from tests.faults.keeper import Options
from tests.faults.stack import Stack, a_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """An instance that every test leaves as healthy as it found it; business time runs at normal speed."""
    with a_stack(Options()) as running:
        yield running
