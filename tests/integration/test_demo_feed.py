"""The demo's played staff: every act is legal, tickets come to an end, and a visitor's work is left alone."""

from collections import Counter
from collections.abc import Callable
from itertools import islice

import pytest

from router.handlers import think
from shared.cities.load import load_city
from shared.command import demo_stage
from shared.command.accounts import create_demo_accounts
from shared.command.demo_policy import plan
from shared.command.demo_tickets import generate
from shared.consumer import drain, through_ledger
from shared.domain import commands as c
from shared.domain.follow_ups import JobKind
from shared.domain.terms import HolderKind, Role
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from tests.integration.stage import CITY, HANDLER, ROUTER, UNIT, Stage

RULES = load_city(CITY)
CALLER = Viewer(Role.CALLER, CITY)


@pytest.fixture
def demo(stage: Stage, as_settings: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("HOTLINE_DEMO", "1")
    as_settings(stage)
    create_demo_accounts()
    return stage


def route(stage: Stage) -> None:
    drain(stage.engine, JobKind.ROUTE, through_ledger(stage.ledger, think), 30)


def play(stage: Stage) -> int:
    """Do what the staff would do if no time mattered; return how many acts."""
    with stage.engine.connect() as connection:
        found = demo_stage.cast_of(connection, RULES)
        assert found is not None
        cast, visitors = found
        waiting = demo_stage.waiting(connection, CITY, visitors)
    chosen = [one for one in (plan(ticket, cast, RULES) for ticket in waiting) if one is not None]
    for one in chosen:
        assert 1.0 <= one.after_seconds <= 240.0
        stage.ledger.execute(one.command)
    return len(chosen)


def dispatched(stage: Stage, unit: str) -> Ticket:
    """A ticket from a caller by way of the router: no account's id stands in its log."""
    return stage.act(c.Dispatch, stage.register(actor=CALLER), ROUTER, unit=unit)


def test_the_played_staff_bring_nearly_every_ticket_to_an_end_by_legal_acts_alone(demo: Stage) -> None:
    for ticket in islice(generate(1), 40):
        demo.register(title=ticket.title, body=ticket.body, channel=ticket.channel, actor=CALLER)
    for _ in range(25):
        route(demo)
        if not play(demo):
            break
    held = Counter(row["holder_kind"] for row in demo.rows("SELECT holder_kind FROM ticket"))
    assert held["archive"] >= 25
    assert set(held) <= {"archive", "unit"}
    kinds = {row["kind"] for row in demo.rows("SELECT DISTINCT kind FROM ticket_event")}
    assert {
        "dispatched",
        "signed",
        "reply_submitted",
        "resolved",
        "followed_up",
        "confirmed",
        "closed",
        "urged",
    } <= kinds


def test_a_ticket_that_a_visitor_has_worked_on_is_left_alone(demo: Stage) -> None:
    [visitor] = demo.rows("SELECT id, unit FROM staff WHERE login = 'handler'")
    mine, other = dispatched(demo, visitor["unit"]), dispatched(demo, visitor["unit"])
    demo.act(c.Sign, mine.id, Viewer(Role.HANDLER, CITY, visitor["id"], visitor["unit"]))
    with demo.engine.connect() as connection:
        found = demo_stage.cast_of(connection, RULES)
        assert found is not None
        waiting = demo_stage.waiting(connection, CITY, found[1])
    assert [one.ticket.id for one in waiting] == [other.id]


def test_the_same_ticket_gets_the_same_plan(demo: Stage) -> None:
    dispatched(demo, UNIT)
    with demo.engine.connect() as connection:
        found = demo_stage.cast_of(connection, RULES)
        assert found is not None
        one, two = (demo_stage.waiting(connection, CITY, found[1])[0] for _ in range(2))
    assert plan(one, found[0], RULES) == plan(two, found[0], RULES)


def test_nobody_plays_before_the_demos_accounts_are_made(stage: Stage) -> None:
    with stage.engine.connect() as connection:
        assert demo_stage.cast_of(connection, RULES) is None
    assert HANDLER.unit == UNIT
    assert stage.ticket(stage.register()).holder_kind is HolderKind.ROUTER
