"""What each step of a ticket's way asks for and leaves behind (REQUIREMENTS 3.3 P1-P13, SECURITY S12)."""

from dataclasses import replace

import pytest

from shared.domain import commands as c
from shared.domain.errors import Refused
from shared.domain.terms import Channel, EndReason, HolderKind, Nature, Role, State, Urgency
from shared.domain.viewer import Viewer
from tests.unit.scene import (
    CALLER,
    COLLEAGUE,
    COUNTY,
    EXPERT,
    FORMS,
    HANDLER,
    LEADER,
    OPERATOR,
    OTHER_HANDLER,
    OTHER_UNIT,
    ROUTER,
    RULES,
    SKILL,
    SUPERVISOR,
    UNIT,
    Life,
    dispatched,
    refused,
    replied,
    resolved,
)


def test_a_new_ticket_is_with_the_router_and_its_words_are_only_in_the_texts() -> None:
    life = Life.begun(caller=c.CallerDetails(name="王小明", phone="+8613812345678"))
    assert (life.stands.state, life.stands.holder_kind) == (State.REGISTERED, HolderKind.ROUTER)
    for word in ("自来水停了", "从早上到现在没有水。", "王小明", "13812345678"):
        assert word not in life.log[0]


def test_what_a_person_chose_at_registration_the_router_leaves_alone() -> None:
    life = Life.begun(nature=Nature.COMPLAINT, urgency=Urgency.URGENT)
    life.do(c.Dispatch, ROUTER, nature=Nature.HELP, urgency=Urgency.NORMAL, county=COUNTY)
    stands = life.stands
    assert (stands.nature, stands.urgency, stands.county) == (Nature.COMPLAINT, Urgency.URGENT, COUNTY)


def test_a_person_at_triage_may_overrule_what_another_person_chose() -> None:
    life = Life.begun(nature=Nature.COMPLAINT)
    life.do(c.Dispatch, OPERATOR, nature=Nature.HELP)
    assert life.stands.nature is Nature.HELP


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"county": "atlantis"}, "unknown_county"),
        ({"accused_unit": "nowhere"}, "unknown_unit"),
    ],
)
def test_a_registration_with_an_unknown_place_or_unit_is_refused(form: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        Life().do(c.Register, OPERATOR, **form)
    assert refusal.value.code == code


@pytest.mark.parametrize("kind", [c.Dispatch, c.Redispatch])
def test_the_accused_unit_never_becomes_the_holder(kind: type[c.Command]) -> None:
    life = Life.begun(accused_unit=UNIT)
    assert refused(life, kind, SUPERVISOR, unit=UNIT) == "conflict_of_interest"
    assert refused(life, c.Dispatch, ROUTER, unit=UNIT) == "conflict_of_interest"


def test_a_unit_cannot_be_accused_while_it_handles_the_ticket() -> None:
    life = dispatched()
    assert refused(life, c.Amend, OPERATOR, accused_unit=UNIT) == "conflict_of_interest"
    life.do(c.Redispatch, SUPERVISOR)
    assert life.do(c.Amend, OPERATOR, accused_unit=UNIT) == ["amended"]


def test_the_accused_units_people_cannot_even_be_refused_for_a_reason() -> None:
    life = Life.begun(accused_unit=OTHER_UNIT)
    life.do(c.Dispatch, OPERATOR)
    assert refused(life, c.Sign, OTHER_HANDLER) == "not_found"
    assert refused(life, c.Redispatch, replace(SUPERVISOR, unit=OTHER_UNIT)) == "not_found"


@pytest.mark.parametrize(("kind", "form", "code"), [
    (c.Dispatch, {"unit": "nowhere"}, "unknown_unit"),
    (c.Dispatch, {"county": "atlantis"}, "unknown_county"),
    (c.SendToSeat, {"skill": "astrology"}, "unknown_skill"),
    (c.Amend, {"county": "atlantis"}, "unknown_county"),
    (c.Amend, {"accused_unit": "nowhere"}, "unknown_unit"),
])  # fmt: skip
def test_nothing_goes_to_whom_the_city_does_not_know(kind: type[c.Command], form: dict[str, str], code: str) -> None:
    assert refused(Life.begun(), kind, OPERATOR, **form) == code


def test_a_consultation_goes_to_the_expert_queue_and_is_followed_up_after_the_written_answer() -> None:
    life = Life.begun(nature=Nature.CONSULTATION)
    life.do(c.SendToSeat, ROUTER)
    assert (life.stands.state, life.stands.holder_kind, life.stands.holder_id) == ("registered", "seat", SKILL)
    life.do(c.Take, EXPERT)
    life.do(c.AnswerDirectly, EXPERT)
    assert (life.stands.state, life.stands.holder_kind) == (State.RESOLVED, HolderKind.FOLLOW_UP)


def test_an_answer_with_the_caller_on_the_line_ends_the_ticket_at_once() -> None:
    life = Life.begun()
    assert life.do(c.AnswerDirectly, OPERATOR) == ["answered_directly", "closed"]
    assert (life.stands.state, life.stands.end_reason) == (State.CLOSED, EndReason.ANSWERED)


def test_an_expert_hands_a_question_that_is_none_to_triage() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, ROUTER)
    life.do(c.Take, EXPERT)
    life.do(c.SendToTriage, EXPERT)
    assert (life.stands.holder_kind, life.stands.handler_id) == (HolderKind.TRIAGE, None)
    assert refused(life, c.AnswerDirectly, EXPERT) == "not_found"


def test_an_expert_has_no_part_in_a_ticket_that_comes_back_to_the_hotline() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, ROUTER)
    life.do(c.Take, EXPERT)
    life.do(c.AnswerDirectly, EXPERT)
    life.do(c.Redo, OPERATOR)
    assert (life.stands.holder_kind, life.stands.handler_id) == (HolderKind.TRIAGE, None)


def test_sending_to_the_queue_where_it_lies_changes_nothing() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, ROUTER)
    assert life.do(c.SendToSeat, OPERATOR) == []


def test_the_router_says_nothing_of_a_ticket_that_a_person_has_taken_over() -> None:
    life = Life.begun()
    life.do(c.SendToSeat, OPERATOR)
    assert life.do(c.SendToTriage, ROUTER) == []


def test_whoever_signs_works_on_it_and_a_colleague_must_be_handed_it() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    assert life.stands.handler_id == HANDLER.id
    assert life.do(c.Take, HANDLER) == []
    assert refused(life, c.Take, COLLEAGUE) == "already_taken"
    assert refused(life, c.HandOver, COLLEAGUE) == "not_the_handler"
    assert life.do(c.HandOver, HANDLER, staff_id=COLLEAGUE.id) == ["handed_over"]
    assert life.do(c.HandOver, LEADER, staff_id=HANDLER.id) == ["handed_over"]
    assert life.do(c.HandOver, LEADER, staff_id=HANDLER.id) == []


def test_a_colleague_who_took_it_before_signing_keeps_it() -> None:
    life = dispatched()
    life.do(c.Take, COLLEAGUE)
    life.do(c.Sign, HANDLER)
    assert life.stands.handler_id == COLLEAGUE.id


def test_a_returned_ticket_is_not_sent_back_to_the_same_department_without_a_reason() -> None:
    life = dispatched()
    life.do(c.Return, HANDLER, proposed_unit=OTHER_UNIT)
    assert (life.stands.holder_kind, life.stands.unit) == (HolderKind.ROUTER, None)
    assert (life.stands.returned_by, life.stands.proposed_unit) == ((UNIT,), OTHER_UNIT)
    assert refused(life, c.Dispatch, ROUTER) == "already_returned"
    assert life.do(c.Dispatch, OPERATOR, reason="三定方案第五条") == ["dispatched"]
    assert life.stands.proposed_unit is None


def test_after_the_citys_maximum_of_returns_a_person_decides() -> None:
    life = dispatched()
    life.do(c.Return, HANDLER)
    life.do(c.Dispatch, ROUTER, unit=OTHER_UNIT)
    life.do(c.Return, OTHER_HANDLER)
    assert RULES.policy.max_returns == 2
    assert life.stands.holder_kind is HolderKind.TRIAGE


@pytest.mark.parametrize(("unit", "code"), [("nowhere", "unknown_unit"), (UNIT, "same_unit")])
def test_a_return_proposes_another_unit_of_the_city(unit: str, code: str) -> None:
    assert refused(dispatched(), c.Return, HANDLER, proposed_unit=unit) == code


def test_a_supervisor_takes_a_ticket_from_whoever_has_it_but_not_to_where_it_is() -> None:
    life = replied()
    assert refused(life, c.Redispatch, SUPERVISOR, unit=UNIT) == "same_unit"
    assert life.do(c.Redispatch, SUPERVISOR) == ["redispatched"]
    assert (life.stands.state, life.stands.unit, life.stands.handler_id) == (State.DISPATCHED, OTHER_UNIT, None)


def test_without_contact_a_reply_is_refused_unless_the_caller_hides() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    assert refused(life, c.Reply, HANDLER, contacted=False) == "contact_missing"
    for hidden in ({"hidden_identity": True}, {"confidential": True}):
        secret = dispatched(actor=SUPERVISOR, **hidden) if "hidden_identity" in hidden else confidential()
        secret.do(c.Sign, HANDLER)
        assert secret.do(c.Reply, HANDLER, contacted=False) == ["reply_submitted"]


def confidential() -> Life:
    life = Life.begun(confidential=True)
    life.do(c.Dispatch, OPERATOR)
    return life


def test_where_the_city_wants_it_the_units_leader_approves_before_anything_is_resolved() -> None:
    life = replied(rules=replace(RULES, policy=replace(RULES.policy, approval_required=True)))
    assert refused(life, c.Resolve, HANDLER) == "approval_missing"
    assert refused(life, c.Approve, HANDLER) == "role_may_not"
    assert refused(life, c.SendBack, HANDLER) == "role_may_not"
    assert [life.do(c.Approve, LEADER), life.do(c.Approve, LEADER)] == [["approved"], []]
    assert life.do(c.Resolve, HANDLER) == ["resolved"]


def test_a_reply_that_was_sent_back_needs_a_new_approval() -> None:
    life = replied()
    life.do(c.Approve, LEADER)
    life.do(c.SendBack, LEADER)
    assert (life.stands.state, life.stands.is_approved) == (State.SIGNED, False)


def test_a_supplement_stands_beside_the_request_and_overwrites_nothing() -> None:
    life = resolved()
    before = life.stands
    assert life.do(c.Supplement, CALLER) == ["supplemented"]
    assert replace(life.stands, seq=before.seq, material_seq=before.material_seq) == before


def test_an_amendment_keeps_what_was_there_and_fixes_what_a_person_chose() -> None:
    life = dispatched()
    assert life.do(c.Amend, OPERATOR, county=COUNTY, urgency=Urgency.URGENT) == ["amended"]
    assert '"before":{"county":null,"urgency":"normal"}' in life.log[-1]
    assert life.stands.chosen_by_person == ("county", "urgency")


def test_confidentiality_and_a_hidden_name_can_be_set_and_lifted_by_an_amendment() -> None:
    life = Life.begun()
    life.do(c.Amend, OPERATOR, confidential=True, hidden_identity=True)
    assert (life.stands.confidential, life.stands.hidden_identity) == (True, True)
    life.do(c.Amend, SUPERVISOR, confidential=False)
    assert (life.stands.confidential, life.stands.hidden_identity) == (False, True)


def test_every_command_has_a_valid_example() -> None:
    commands = {kind for kind in vars(c).values() if isinstance(kind, type) and issubclass(kind, c.Command)}
    assert set(FORMS) == commands - {c.Command, c.WithFiles}


def test_every_channel_can_register() -> None:
    assert {Life.begun(channel=channel).stands.channel for channel in Channel} == set(Channel)


def test_an_administrator_has_no_part_in_tickets() -> None:
    life = dispatched()
    assert refused(life, c.Sign, Viewer(Role.ADMIN, "chengdu", 8)) == "role_may_not"
