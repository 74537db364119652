"""A request that got no turn in time is refused without the database; a process that lives says so nevertheless."""

import pytest

from intake.turns import NO_TURN
from tests.integration.api import BODY, Api


@pytest.mark.parametrize("path", ["/api/v1/tickets/123", "/", "/health/ready"])
def test_without_a_turn_the_answer_is_503_and_says_when_to_come_back(api: Api, path: str) -> None:
    answer = api.public().get(path, environ_overrides={NO_TURN: True})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_without_a_turn_nothing_is_registered(api: Api) -> None:
    said = {"json": {"body": BODY}, "headers": api.key()}
    assert api.public().post("/api/v1/tickets", environ_overrides={NO_TURN: True}, **said).status_code == 503
    assert api.stage.rows("SELECT id FROM ticket") == []


def test_a_process_is_alive_and_says_its_figures_without_a_turn(api: Api) -> None:
    assert api.public().get("/health/live", environ_overrides={NO_TURN: True}).status_code == 200
    assert api.staff().get("/metrics", environ_overrides={NO_TURN: True}).status_code == 200
