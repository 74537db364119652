"""A machine whose clock is wrong says so when a service starts; work itself goes by the database's time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from shared.service import warn_of_clock


@pytest.mark.parametrize(("ahead", "said"), [(3600, ["clock_differs"]), (-3600, ["clock_differs"]), (1, [])])
def test_a_clock_that_differs_from_the_databases_is_told(
    connection: sa.Connection, ahead: int, said: list[str]
) -> None:
    here = connection.execute(sa.func.clock_timestamp().select()).scalar_one() + timedelta(seconds=ahead)
    with capture_logs() as lines:
        warn_of_clock(connection, here)
    assert [line["event"] for line in lines] == said
