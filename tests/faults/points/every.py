"""A process dies at a point, lives again, and everything is as it must be."""

from collections.abc import Iterator

import pytest

from shared.fault_points import POINTS
from tests.conftest import Database
from tests.faults.points import machines, people, verbs
from tests.faults.points.house import House, open_house
from tests.faults.points.ways import Way, walk

WAYS: dict[str, Way] = {**people.WAYS, **machines.WAYS, **verbs.WAYS}


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A hotline on a database of the test's own."""
    with open_house(database) as found:
        yield found


@pytest.mark.parametrize("point", sorted(WAYS))
def test_a_death_here_loses_nothing_and_doubles_nothing(house: House, point: str) -> None:
    walk(house, point, WAYS[point])


def test_there_is_a_way_to_every_point() -> None:
    assert set(WAYS) == set(POINTS)
