"""How a ticket ends and comes back: follow-up, archive, redo (REQUIREMENTS 3.3 P4-P6)."""

import pytest

from shared.domain import commands as c
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, State
from tests.unit.scene import CALLER, OPERATOR, UNIT, Life, refused, resolved


def test_a_follow_up_closes_reopens_or_stays_in_the_queue() -> None:
    solved, unsolved, silent = resolved(), resolved(), resolved()
    assert solved.do(c.FollowUp, OPERATOR) == ["followed_up", "closed"]
    assert solved.stands.end_reason is EndReason.SOLVED
    assert unsolved.do(c.FollowUp, OPERATOR, result=FollowUpResult.NOT_SOLVED) == ["followed_up", "reopened"]
    assert (unsolved.stands.holder_id, unsolved.stands.cycle) == (UNIT, 2)
    assert silent.do(c.FollowUp, OPERATOR, result=FollowUpResult.UNREACHABLE) == ["followed_up"]
    assert silent.stands.holder_kind is HolderKind.FOLLOW_UP


@pytest.mark.parametrize(
    ("begun", "reasons"),
    [
        ("resolved", {EndReason.SOLVED, EndReason.ANSWERED, EndReason.UNREACHABLE}),
        ("withdrawn", {EndReason.WITHDRAWN}),
        ("not_accepted", {EndReason.NOT_ACCEPTED}),
    ],
)
def test_a_ticket_is_closed_with_a_true_reason_only(begun: str, reasons: set[EndReason]) -> None:
    for reason in EndReason:
        life = {"resolved": resolved, "withdrawn": withdrawn, "not_accepted": not_accepted}[begun]()
        if reason in reasons:
            assert life.do(c.Close, OPERATOR, end_reason=reason) == ["closed"]
            assert life.stands.end_reason is reason
        else:
            assert refused(life, c.Close, OPERATOR, end_reason=reason) == "wrong_end_reason"


def withdrawn() -> Life:
    life = Life.begun()
    life.do(c.Withdraw, CALLER)
    return life


def not_accepted() -> Life:
    life = Life.begun()
    life.do(c.NotAccept, OPERATOR)
    return life


def test_an_archived_ticket_can_be_redone_whoever_ended_it() -> None:
    for life in (withdrawn(), not_accepted()):
        life.do(c.Close, OPERATOR, end_reason=next(r for r in EndReason if r.value == life.stands.state.value))
        life.do(c.Redo, OPERATOR)
        assert (life.stands.state, life.stands.holder_kind) == (State.REOPENED, HolderKind.TRIAGE)
        assert (life.stands.closed_at, life.stands.end_reason) == (None, None)
