"""What went the wrong way is taken back or passed on, and a reply rests on a talk with the caller."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import commands as c
from shared.domain.rules import Policy, Rules
from shared.domain.terms import HolderKind, Stage, State
from tests.unit.scene import (
    EXPERT,
    HANDLER,
    LEADER,
    OPERATOR,
    OTHER_UNIT,
    ROUTER,
    RULES,
    SUPERVISOR,
    UNIT,
    Life,
    dispatched,
    refused,
)


def with_policy(**more: object) -> Rules:
    return replace(RULES, policy=replace(RULES.policy, **more))  # type: ignore[arg-type]


def test_the_hotline_takes_back_what_nobody_has_signed_and_the_promise_stays() -> None:
    life = dispatched()
    promised = life.stands.promised_at
    assert life.do(c.Recall, OPERATOR) == ["recalled"]
    assert (life.stands.state, life.stands.holder_kind) == (State.REGISTERED, HolderKind.TRIAGE)
    assert (life.stands.unit, life.stands.reply_clock, life.stands.promised_at) == (None, None, promised)
    assert life.armed_for(Stage.REPLY) == []
    assert life.armed_for(Stage.DISPATCH) != []
    life.do(c.Dispatch, OPERATOR, unit=OTHER_UNIT)
    assert (life.stands.unit, life.stands.promised_at) == (OTHER_UNIT, promised)
    assert life.replayed() == life.stands


def test_what_is_taken_back_late_is_marked_late() -> None:
    life = dispatched()
    life.wait_until(life.clock.overdue_at + timedelta(minutes=1))
    kinds = life.do(c.Recall, OPERATOR)
    assert (kinds[-1], "overdue" in kinds) == ("recalled", True)


def test_once_signed_an_operator_can_take_back_nothing_but_a_supervisor_re_dispatches() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    assert refused(life, c.Recall, OPERATOR) == "not_now"
    assert refused(life, c.Redispatch, OPERATOR) == "unit_has_signed"
    assert life.do(c.Redispatch, SUPERVISOR) == ["redispatched"]


def test_an_operator_who_sees_the_mistake_at_once_sends_it_on_in_one_step() -> None:
    life = dispatched()
    assert life.do(c.Redispatch, OPERATOR) == ["redispatched"]
    assert life.stands.unit == OTHER_UNIT


@pytest.mark.parametrize(
    ("kind", "form", "holder"),
    [(c.SendToSeat, {"skill": "housing_fund"}, "housing_fund"), (c.Dispatch, {"unit": UNIT}, UNIT)],
)
def test_an_expert_passes_on_with_a_reason_only(kind: type[c.Command], form: dict[str, str], holder: str) -> None:
    life = Life.begun()
    life.do(c.SendToSeat, ROUTER)
    life.do(c.Take, EXPERT)
    skill = min(set(RULES.skills) - {life.stands.holder_id}) if kind is c.SendToSeat else None
    form = {"skill": skill} if skill else form
    assert refused(life, kind, EXPERT, **form) == "reason_to_pass_on"
    life.do(kind, EXPERT, **form, reason="问的不是税")
    assert (life.stands.holder_id, life.stands.handler_id) == (skill or holder, None)


def test_a_reply_needs_a_talk_or_the_reason_for_none() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    assert refused(life, c.Reply, HANDLER, contacted=False) == "contact_missing"
    assert life.do(c.Reply, HANDLER, contacted=False, no_contact="三次无人接听") == ["reply_submitted"]


def test_a_recorded_talk_is_enough_and_where_the_city_wants_evidence_nothing_less() -> None:
    for rules, claimed in ((RULES, "allowed"), (with_policy(contact_evidence=True), "contact_not_recorded")):
        life = dispatched(rules=rules)
        life.do(c.Sign, HANDLER)
        if claimed == "allowed":
            assert life.do(c.Reply, HANDLER, contacted=True) == ["reply_submitted"]
            continue
        assert refused(life, c.Reply, HANDLER, contacted=True) == claimed
        life.do(c.Contact, HANDLER)
        assert life.do(c.Reply, HANDLER, contacted=False) == ["reply_submitted"]


def test_another_unit_and_another_cycle_need_a_talk_of_their_own() -> None:
    life = dispatched(rules=with_policy(contact_evidence=True))
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    life.do(c.Reply, HANDLER)
    life.do(c.Resolve, HANDLER)
    life.do(c.Redo, OPERATOR)
    assert life.stands.contacted_at is None
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    life.do(c.Redispatch, SUPERVISOR)
    assert life.stands.contacted_at is None
    assert life.replayed() == life.stands


def test_a_hidden_caller_is_answered_without_a_talk() -> None:
    life = dispatched(rules=with_policy(contact_evidence=True), hidden_identity=True)
    life.do(c.Sign, HANDLER)
    assert life.do(c.Reply, HANDLER, contacted=False) == ["reply_submitted"]


@pytest.mark.parametrize("policy", [{"approval_required": True}, {"approval_units": (UNIT,)}])
def test_where_the_leader_approves_nothing_is_resolved_without(policy: dict[str, object]) -> None:
    life = dispatched(rules=with_policy(**policy))
    life.do(c.Sign, HANDLER)
    life.do(c.Reply, HANDLER)
    assert refused(life, c.Resolve, HANDLER) == "approval_missing"
    life.do(c.Approve, LEADER)
    assert life.do(c.Resolve, HANDLER) == ["resolved"]


def test_one_units_approval_is_not_another_units() -> None:
    assert not Policy(approval_units=(OTHER_UNIT,)).needs_approval(UNIT)
    assert not Policy(approval_units=(OTHER_UNIT,)).needs_approval(None)
