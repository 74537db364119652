"""The per-ticket hash chain: whole after every life, broken by every change, untouched by lawful erasure."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain import commands as c
from shared.domain.routing import Candidate
from shared.domain.terms import FollowUpResult, HolderKind
from shared.domain.ticket import evolve
from shared.keys import text_digest
from shared.ledger.chain import GENESIS, canonical, link, recorded_from_body
from tests.integration.stage import CITY, HANDLER, OPERATOR, Stage


def chain(stage: Stage, ticket_id: int) -> list[tuple[str, bytes]]:
    rows = stage.rows("SELECT body, hash FROM ticket_event WHERE ticket_id = :id ORDER BY seq", id=ticket_id)
    return [(row["body"], bytes(row["hash"])) for row in rows]


def is_whole(stage: Stage, ticket_id: int) -> bool:
    """Tell whether every event's hash covers its body and the hash before it, up to the head in the ticket's row."""
    head = GENESIS
    for body, stored in chain(stage, ticket_id):
        head = link(head, body)
        if head != stored:
            return False
    return head == bytes(stage.rows("SELECT head FROM ticket WHERE id = :id", id=ticket_id)[0]["head"])


@pytest.fixture
def closed(stage: Stage) -> int:
    """The id of a ticket that has gone the whole way."""
    ticket_id = stage.resolved(email="wang@example.cn").id
    stage.act(c.FollowUp, ticket_id, OPERATOR, result=FollowUpResult.NOT_SOLVED, note="还是没有水")
    stage.act(c.Sign, ticket_id, HANDLER)
    return ticket_id


def test_the_chain_is_whole_after_a_life_of_single_and_batched_steps(stage: Stage, closed: int) -> None:
    assert len(chain(stage, closed)) == 8
    assert is_whole(stage, closed)


def test_replaying_the_stored_log_gives_the_stored_row(stage: Stage, closed: int) -> None:
    ticket = None
    for body, _ in chain(stage, closed):
        ticket = evolve(ticket, recorded_from_body(body, CITY)[0])
    assert ticket == stage.ticket(closed)


@pytest.mark.parametrize(
    "forgery",
    [
        pytest.param(
            "UPDATE ticket_event SET body = replace(body, 'water_affairs', 'housing') WHERE seq = 2", id="body"
        ),
        pytest.param("UPDATE ticket_event SET hash = sha256(hash) WHERE seq = 5", id="hash"),
        pytest.param("DELETE FROM ticket_event WHERE seq = 8", id="last event"),
        pytest.param("DELETE FROM ticket_event WHERE seq = 3", id="event in the middle"),
        pytest.param("UPDATE ticket SET head = sha256(head)", id="head"),
        pytest.param(
            "INSERT INTO ticket_event SELECT ticket_id, 9, kind, at, body, hash FROM ticket_event WHERE seq = 8",
            id="one more",
        ),
    ],
)
def test_any_change_by_a_side_door_breaks_the_chain(stage: Stage, closed: int, forgery: str) -> None:
    stage.as_owner(forgery)
    assert not is_whole(stage, closed)


def test_erasing_every_text_and_salt_breaks_neither_chain_nor_replay(stage: Stage, closed: int) -> None:
    stage.as_owner("UPDATE ticket_text SET text = NULL, salt = NULL")
    stage.as_owner("UPDATE caller SET name = NULL, phone = NULL, phone_index = NULL, email = NULL, address = NULL")
    assert is_whole(stage, closed)
    test_replaying_the_stored_log_gives_the_stored_row(stage, closed)


def test_every_text_is_the_one_that_the_log_names(stage: Stage, closed: int) -> None:
    texts = stage.rows("SELECT seq, part, text, salt FROM ticket_text WHERE ticket_id = :id", id=closed)
    named = {
        (recorded.seq, part): digest
        for body, _ in chain(stage, closed)
        for recorded, raw in [recorded_from_body(body)]
        for part, digest in raw["texts"].items()
    }
    assert {(row["seq"], row["part"]): text_digest(bytes(row["salt"]), row["text"]) for row in texts} == named


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=6), st.randoms(use_true_random=False))
def test_equal_facts_have_one_canonical_text_whatever_their_order(facts: dict[str, object], chance: object) -> None:
    shuffled = list(facts.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert canonical(dict(shuffled)) == canonical(facts)


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_what_is_no_json_number_is_no_score(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        Candidate(HolderKind.UNIT, "water_affairs", None, score, ())
