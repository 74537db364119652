"""A few of the points at which a process may die; all of them: `./hotline faults --full`."""

import pytest

from tests.faults.points.every import WAYS, house
from tests.faults.points.house import House
from tests.faults.points.ways import walk

assert house  # the fixture
A_FEW = ("register.answered", "claim.committed", "batch.committed", "notice.sending")


@pytest.mark.parametrize("point", A_FEW)
def test_a_death_loses_nothing_and_doubles_nothing(house: House, point: str) -> None:
    walk(house, point, WAYS[point])


def test_there_is_a_way_to_every_point() -> None:
    from shared.fault_points import POINTS

    assert set(WAYS) == set(POINTS)
