"""What is legal from which state and for whom: the table against REQUIREMENTS 3.3, and `decide` against the table."""

from collections.abc import Iterator
from itertools import product

import pytest

from shared.domain import commands as c
from shared.domain.decide import decide
from shared.domain.errors import Conflict, NotYours, Refused
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, Role, State
from shared.domain.ticket import Ticket
from shared.domain.transitions import LEGAL, UNFINISHED
from shared.domain.viewer import Viewer
from tests.unit.scene import (
    ADMIN,
    CALLER,
    EVERYBODY,
    EXPERT,
    HANDLER,
    LEADER,
    MONDAY,
    OPERATOR,
    ROUTER,
    RULES,
    SUPERVISOR,
    TIME,
    Life,
    dispatched,
    example,
    in_state,
)

S, H = State, HolderKind
ACTOR_OF = {
    Role.CALLER: CALLER, Role.OPERATOR: OPERATOR, Role.HANDLER: LEADER, Role.EXPERT: EXPERT,
    Role.SUPERVISOR: SUPERVISOR, Role.ADMIN: ADMIN, Role.ROUTER: ROUTER, Role.TIME: TIME,
}  # fmt: skip

# REQUIREMENTS 3.3, "may go to", for the states that exist so far. `merged`, `parked` and the like come later.
MAY_GO_TO = {
    S.REGISTERED: {S.DISPATCHED, S.RESOLVED, S.NOT_ACCEPTED, S.WITHDRAWN},
    S.DISPATCHED: {S.SIGNED, S.RETURN_REQUESTED, S.WITHDRAWN},
    S.SIGNED: {S.REPLY_SUBMITTED, S.RETURN_REQUESTED, S.WITHDRAWN},
    S.RETURN_REQUESTED: {S.DISPATCHED, S.WITHDRAWN},
    S.REPLY_SUBMITTED: {S.RESOLVED, S.SIGNED, S.WITHDRAWN},
    S.RESOLVED: {S.CLOSED, S.REOPENED},
    S.REOPENED: {S.DISPATCHED, S.SIGNED, S.WITHDRAWN},
    S.WITHDRAWN: {S.CLOSED},
    S.NOT_ACCEPTED: {S.CLOSED},
    S.CLOSED: {S.REOPENED},
}
# What issue 2 adds: a supervisor's re-dispatch takes a ticket from whoever has it.
BY_A_SUPERVISOR = {(S.SIGNED, S.DISPATCHED), (S.REPLY_SUBMITTED, S.DISPATCHED)}
# What went to the wrong unit can be taken back until somebody there has signed.
TAKEN_BACK = {(S.DISPATCHED, S.REGISTERED)}
# A returned or reopened ticket before the hotline can turn out to be a question or out of scope, as a new one can.
BEFORE_THE_HOTLINE = {
    (S.RETURN_REQUESTED, S.RESOLVED), (S.RETURN_REQUESTED, S.NOT_ACCEPTED), (S.RETURN_REQUESTED, S.REGISTERED),
    (S.REOPENED, S.RESOLVED), (S.REOPENED, S.NOT_ACCEPTED), (S.REOPENED, S.REGISTERED),
}  # fmt: skip
# What the role is needed for, in words of the field; written down a second time on purpose.
WHO_MAY = {
    Role.CALLER: {
        c.Register, c.Withdraw, c.Supplement, c.Urge, c.Confirm, c.ChangeTellBy, c.HideIdentity,
    },
    Role.OPERATOR: {
        c.Register, c.AnswerDirectly, c.NotAccept, c.Dispatch, c.SendToSeat, c.SendToTriage, c.Recall, c.Redispatch,
        c.FollowUp, c.Redo, c.Close, c.Withdraw, c.Amend, c.Supplement, c.Urge, c.RenewCode,
    },
    Role.SUPERVISOR: {
        c.Register, c.AnswerDirectly, c.NotAccept, c.Dispatch, c.SendToSeat, c.SendToTriage, c.Recall, c.Redispatch,
        c.FollowUp, c.Redo, c.Close, c.Withdraw, c.Amend, c.Supplement, c.Urge, c.RenewCode,
    },
    Role.HANDLER: {
        c.Sign, c.Take, c.HandOver, c.Contact, c.Report, c.Return, c.Reply, c.Approve, c.SendBack, c.Resolve,
    },
    Role.EXPERT: {c.AnswerDirectly, c.Dispatch, c.SendToSeat, c.SendToTriage, c.Take},
    Role.ADMIN: set(),
    Role.ROUTER: {c.Dispatch, c.SendToSeat, c.SendToTriage, c.Bury},
    Role.TIME: {c.Warn, c.MarkOverdue, c.GiveRedCard, c.Recount, c.Bury},
}  # fmt: skip


def pairs() -> Iterator[tuple[type[c.Command], State, HolderKind, Viewer]]:
    for kind, state, holder, role in product(LEGAL, State, HolderKind, Role):
        if kind is not c.Register:
            yield kind, state, holder, ACTOR_OF[role]


def as_seen_by(actor: Viewer, state: State, holder: HolderKind) -> Ticket:
    """Return a ticket that the actor may see and that stands in nobody's way."""
    more = {"handler_id": EXPERT.id} if actor is EXPERT else {}
    more |= {"unit": HANDLER.unit} if actor.role is Role.HANDLER else {}
    return in_state(state, holder, **more)


def outcome(ticket: Ticket, command: c.Command) -> str:
    try:
        decide(ticket, command, RULES, MONDAY)
    except NotYours:
        return "not_found"
    except Refused as refusal:
        return refusal.code
    return "allowed"


def test_every_command_from_every_state_with_every_holder_and_role_ends_as_the_table_says() -> None:
    wrong, tried = [], 0
    for kind, state, holder, actor in pairs():
        tried += 1
        legal, got = LEGAL[kind], outcome(as_seen_by(actor, state, holder), example(kind, actor))
        stands = state in legal.states and holder in legal.holders
        if actor.role not in legal.roles:
            expected = got == "role_may_not"
        elif not stands:
            expected = got == ("allowed" if legal.moot_else else "not_now")
        else:
            expected = got not in {"role_may_not", "not_now", "not_found"}
        if not expected:
            wrong.append((kind.__name__, state, holder, actor.role, got))
    assert wrong == []
    assert tried == 33 * 10 * 6 * 8


def test_each_role_may_do_what_its_work_needs_and_nothing_else() -> None:
    assert {role: {kind for kind, legal in LEGAL.items() if role in legal.roles} for role in Role} == WHO_MAY


def test_commands_lead_where_the_requirements_know_a_way_and_nowhere_else() -> None:
    wanted = {(start, end) for start, ends in MAY_GO_TO.items() for end in ends}
    assert edges() == wanted | BY_A_SUPERVISOR | TAKEN_BACK | BEFORE_THE_HOTLINE


def edges() -> set[tuple[State, State]]:
    """Return every change of state that any command makes, each event a step."""
    found = set()
    for kind, state, holder, actor in pairs():
        ticket = as_seen_by(actor, state, holder)
        for more in VARIANTS.get(kind, ({},)):
            try:
                drafts = decide(ticket, example(kind, actor, **more), RULES, MONDAY)
            except Refused:
                continue
            step = state
            for draft in drafts:
                found.add((step, draft.changes.get("state", step)))
                step = draft.changes.get("state", step)
    return {(start, end) for start, end in found if start is not end}


VARIANTS = {
    c.FollowUp: tuple({"result": result} for result in FollowUpResult),
    c.Confirm: ({"solved": True}, {"solved": False, "reason": "还是没有水"}),
    c.Close: tuple({"end_reason": reason} for reason in EndReason),
}


def test_nothing_can_be_asked_of_a_ticket_of_another_city() -> None:
    elsewhere = in_state(S.REGISTERED, H.ROUTER, city="qinghe")
    answers = {outcome(elsewhere, example(kind, actor)) for kind in LEGAL for actor in EVERYBODY}
    assert answers == {"role_may_not", "not_found", "already_registered"}


def test_a_missing_ticket_and_a_foreign_one_are_refused_in_the_same_words() -> None:
    life = dispatched()
    stranger = Viewer(Role.HANDLER, "chengdu", 99, "transport")
    with pytest.raises(NotYours) as foreign:
        life.do(c.Sign, stranger)
    with pytest.raises(NotYours) as missing:
        decide(None, example(c.Sign, stranger), RULES, MONDAY)
    assert (foreign.value.code, foreign.value.why, foreign.value.facts) == (
        missing.value.code,
        missing.value.why,
        missing.value.facts,
    )


def test_a_refusal_says_in_words_where_the_ticket_stands() -> None:
    life = Life.begun()
    with pytest.raises(Refused, match=r"已受理.*自动分派") as refusal:
        life.do(c.Close, OPERATOR)
    assert refusal.value.code == "not_now"


def test_a_ticket_is_registered_only_once() -> None:
    with pytest.raises(Refused) as refusal:
        Life.begun().do(c.Register, OPERATOR)
    assert refusal.value.code == "already_registered"


def test_what_a_person_typed_before_another_persons_step_is_a_conflict() -> None:
    life = dispatched()
    seen = life.stands.seq
    life.do(c.Sign, HANDLER)
    with pytest.raises(Conflict) as conflict:
        life.do(c.Reply, HANDLER, seen_seq=seen)
    assert conflict.value.facts == {"seen_seq": seen, "now_seq": life.stands.seq}


def test_a_warning_an_urge_or_an_alarm_costs_nobody_their_typing() -> None:
    life = dispatched()
    life.do(c.Sign, HANDLER)
    life.do(c.Contact, HANDLER)
    seen = life.stands.seq
    life.wait_until(life.clock.warn_at)
    assert life.do(c.Warn, TIME) == ["warned"]
    life.wait_until(life.clock.overdue_at)
    assert life.do(c.MarkOverdue, TIME) == ["overdue"]
    assert life.do(c.Urge, CALLER) == ["urged"]
    assert life.do(c.Bury, TIME, kind="notify") == ["job_buried"]
    assert life.do(c.Reply, HANDLER, seen_seq=seen) == ["reply_submitted"]


def test_only_what_time_asks_is_moot_instead_of_refused() -> None:
    assert {kind for kind, legal in LEGAL.items() if legal.moot_else} == WHO_MAY[Role.TIME]
    assert LEGAL[c.Warn].states == UNFINISHED | {State.RESOLVED}  # a follow-up call has a time limit too
