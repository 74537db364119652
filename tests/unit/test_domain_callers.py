"""The caller's word at the end: solved or not, how often, until when, and two ratings (REQUIREMENTS P4-P6, M7)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain.closing import UNSOLVED
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Channel, EndReason, FollowUpResult, HolderKind, Stage, State
from tests.unit.scene import CALLER, HANDLER, OPERATOR, RULES, UNIT, Life, refused, resolved

WHY = "水压还是不够"
DAYS = RULES.policy.reopen_window


def unsolved(life: Life) -> list[str]:
    return life.do(c.Confirm, CALLER, solved=False, reason=WHY, matter_rating=None)


def done_again(life: Life) -> None:
    for kind in (c.Sign, c.Reply, c.Resolve):
        life.do(kind, HANDLER)


def sent_back_as_often_as_possible() -> Life:
    life = resolved()
    for _ in range(RULES.policy.max_caller_redos):
        unsolved(life)
        done_again(life)
    return life


def test_the_callers_solved_closes_the_ticket_and_ends_the_follow_ups_clock() -> None:
    life = resolved()
    assert life.armed_for(Stage.FOLLOW_UP)
    assert life.do(c.Confirm, CALLER) == ["confirmed", "closed"]
    assert (life.stands.state, life.stands.end_reason) == (State.CLOSED, EndReason.SOLVED)
    assert life.stands.holder_kind is HolderKind.ARCHIVE
    assert life.armed_for(Stage.FOLLOW_UP) == []


def test_the_callers_not_solved_sends_it_back_to_its_unit_in_a_new_cycle() -> None:
    life = resolved()
    assert unsolved(life) == ["confirmed", "reopened"]
    assert (life.stands.state, life.stands.holder_id, life.stands.cycle) == (State.REOPENED, UNIT, 2)
    assert life.stands.caller_redos == 1
    assert life.clock.limit is Stage.REDO


def test_not_solved_needs_a_reason() -> None:
    assert refused(resolved(), c.Confirm, CALLER, solved=False, reason="") == "reason_missing"


def test_a_word_that_comes_after_the_follow_ups_limit_still_counts_and_the_delay_is_on_record() -> None:
    life = resolved()
    life.wait_until(life.stands.clocks[Stage.FOLLOW_UP].overdue_at)
    assert life.do(c.Confirm, CALLER) == ["stage_overdue", "confirmed", "closed"]


def test_an_archived_ticket_can_be_sent_back_until_the_citys_days_are_over() -> None:
    early, late = resolved(), resolved()
    for life, delay in ((early, DAYS), (late, DAYS + timedelta(microseconds=1))):
        life.do(c.Confirm, CALLER)
        life.wait(delay)
    assert unsolved(early) == ["confirmed", "reopened"]
    assert refused(late, c.Confirm, CALLER, solved=False, reason=WHY, matter_rating=None) == "too_late_to_confirm"


def test_a_ticket_filed_as_unreachable_becomes_solved_by_the_callers_word_and_once_only() -> None:
    life = resolved()
    life.do(c.Close, OPERATOR, end_reason=EndReason.UNREACHABLE)
    assert life.do(c.Confirm, CALLER, matter_rating=None) == ["confirmed"]
    assert life.stands.end_reason is EndReason.SOLVED
    assert life.do(c.Confirm, CALLER, matter_rating=None) == []


def test_what_was_taken_back_has_no_result_to_confirm() -> None:
    life = Life.begun()
    life.do(c.Withdraw, CALLER)
    life.do(c.Close, OPERATOR, end_reason=EndReason.WITHDRAWN)
    assert refused(life, c.Confirm, CALLER) == "nothing_to_confirm"


def test_after_the_citys_maximum_a_person_decides() -> None:
    life = sent_back_as_often_as_possible()
    assert unsolved(life) == ["confirmed"]
    assert (life.stands.state, life.stands.holder_kind) == (State.RESOLVED, HolderKind.FOLLOW_UP)
    assert (life.stands.alarm, life.stands.caller_redos) == (UNSOLVED, RULES.policy.max_caller_redos)
    assert life.armed_for(Stage.FOLLOW_UP), "the person's time runs on"
    assert refused(life, c.Confirm, CALLER, solved=False, reason=WHY, matter_rating=None) == "person_decides"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (c.FollowUp, {"result": FollowUpResult.NOT_SOLVED}),
        (c.Redo, {}),
        (c.Close, {"end_reason": EndReason.ANSWERED}),
        (c.Confirm, {"matter_rating": None}),
    ],
)
def test_whoever_decides_takes_the_mark_off(kind: type[c.Command], said: dict[str, object]) -> None:
    life = sent_back_as_often_as_possible()
    unsolved(life)
    life.do(kind, CALLER if kind is c.Confirm else OPERATOR, **said)
    assert life.stands.alarm is None
    assert life.stands.holder_kind is not HolderKind.FOLLOW_UP


def test_an_archived_ticket_is_not_sent_back_more_often_either() -> None:
    life = sent_back_as_often_as_possible()
    life.do(c.Close, OPERATOR, end_reason=EndReason.ANSWERED)
    assert refused(life, c.Confirm, CALLER, solved=False, reason=WHY, matter_rating=None) == "redo_limit"
    assert life.do(c.Redo, OPERATOR) == ["reopened"]


def test_a_city_may_leave_every_redo_to_a_person() -> None:
    policy = replace(RULES.policy, max_caller_redos=0)
    life = resolved(rules=replace(RULES, policy=policy))
    assert unsolved(life) == ["confirmed"]
    assert life.stands.alarm == UNSOLVED


def test_each_rating_is_given_once_and_the_matter_again_when_it_was_done_again() -> None:
    life = resolved()
    life.do(c.Confirm, CALLER, solved=False, reason=WHY, call_rating=5, matter_rating=1)
    assert life.stands.rated == ("call",)
    done_again(life)
    assert refused(life, c.Confirm, CALLER, call_rating=4, matter_rating=None) == "not_to_rate"
    life.do(c.Confirm, CALLER, matter_rating=5)
    assert life.stands.rated == ("call", "matter")
    assert refused(life, c.Confirm, CALLER, matter_rating=1) == "not_to_rate"


def test_what_an_operator_has_asked_for_in_a_follow_up_is_not_rated_again() -> None:
    life = resolved()
    life.do(c.FollowUp, OPERATOR)
    assert refused(life, c.Confirm, CALLER) == "not_to_rate"


def test_a_renewed_code_revokes_the_one_before_and_costs_nobody_their_typing() -> None:
    life = resolved(caller=c.CallerDetails(email="a@b.cn"))
    seen = life.stands.seq
    assert life.do(c.RenewCode, OPERATOR) == ["code_renewed"]
    assert life.stands.code_version == 2
    assert (life.stands.seq, JobKind.NOTIFY, "email:caller") in life.jobs
    assert life.do(c.FollowUp, OPERATOR, seen_seq=seen) == ["followed_up", "closed"]
    assert life.do(c.RenewCode, OPERATOR) == ["code_renewed"]


def test_notices_begin_and_end_with_the_callers_choice_and_no_event_holds_the_address() -> None:
    life = resolved()
    assert life.do(c.ChangeTellBy, CALLER, email=None) == []
    assert life.do(c.ChangeTellBy, CALLER) == ["tell_by_changed"]
    assert "wang@example.com" not in "".join(life.log)
    unsolved(life)
    assert (life.stands.seq, JobKind.NOTIFY, "email:caller") in life.jobs
    assert life.do(c.ChangeTellBy, CALLER, email=None) == ["tell_by_changed"]
    done_again(life)
    assert (life.stands.seq, JobKind.NOTIFY, "email:caller") not in life.jobs


def test_an_identity_is_hidden_once_and_for_good() -> None:
    life = resolved()
    assert life.do(c.HideIdentity, CALLER) == ["identity_hidden"]
    assert life.stands.hidden_identity
    assert life.do(c.HideIdentity, CALLER) == []


def test_who_did_not_call_does_not_rate_a_call() -> None:
    assert refused(resolved(channel=Channel.WEB), c.Confirm, CALLER, call_rating=5) == "not_to_rate"
