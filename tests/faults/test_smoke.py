"""The few faults that every change must survive; all of them: `./hotline faults --full`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.catalogue import Fault, all_faults
from tests.faults.house import House
from tests.faults.load import seed_of_this_run

SMOKE = [one for one in all_faults().values() if one.in_smoke]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Stacks to break; the next fault gets a whole one, whatever became of the last."""
    folder: Path = tmp_path_factory.mktemp("faults")
    with House(seed_of_this_run(), folder) as opened:
        yield opened


@pytest.mark.parametrize("fault", SMOKE, ids=[one.id for one in SMOKE])
def test_what_is_promised_holds_when(house: House, fault: Fault) -> None:
    result = house.run(fault)
    print(f"\n{fault.id} {fault.what}: {result.figures.seconds:.0f} s; {result.notes}")
    assert (result.outcome, result.why) == ("PASS", "")
