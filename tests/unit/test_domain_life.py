"""Random lives of tickets: whatever is asked in whatever order, the log gives the row and nobody drops the ticket."""

from datetime import datetime, timedelta

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.domain import commands as c
from shared.domain.clocks import Card
from shared.domain.decide import decide
from shared.domain.errors import Refused
from shared.domain.follow_ups import TIME_LIMITS, JobKind
from shared.domain.routing import Candidate, Decision
from shared.domain.terms import Channel, EndReason, FollowUpResult, HolderKind, Nature, Role, Stage, State, Urgency
from shared.domain.ticket import encode, ticket_from_row
from shared.domain.transitions import FINISHED, LEGAL, UNFINISHED
from shared.domain.viewer import Viewer, may_see
from tests.unit.scene import (
    CITY,
    COUNTY,
    EVERYBODY,
    LEADER,
    OTHER_UNIT,
    ROUTER,
    RULES,
    SKILL,
    SUPERVISOR,
    TIME,
    UNIT,
    Life,
    example,
)

UNITS = st.sampled_from((UNIT, OTHER_UNIT, "transport", "nowhere"))
MAYBE_UNITS = st.none() | UNITS
NATURES, URGENCIES = st.none() | st.sampled_from(Nature), st.none() | st.sampled_from(Urgency)
CALLERS = (c.CallerDetails(), c.CallerDetails(email="a@b.cn"))
COUNTIES, FLAGS = st.sampled_from((None, COUNTY, "atlantis")), st.sampled_from((None, True, False))
CLASSIFIED = {"nature": NATURES, "urgency": URGENCIES, "county": COUNTIES}

# What may be said with a command beside its plain example.
SAID: dict[type[c.Command], dict[str, st.SearchStrategy[object]]] = {
    c.Register: {
        **CLASSIFIED, "confidential": st.booleans(), "hidden_identity": st.booleans(), "accused_unit": MAYBE_UNITS,
        "channel": st.sampled_from(Channel), "caller": st.sampled_from(CALLERS),
    },
    c.Dispatch: {"unit": UNITS, **CLASSIFIED, "reason": st.sampled_from(("", "只有它能办"))},
    c.SendToSeat: {"skill": st.sampled_from((SKILL, "astrology")), "nature": NATURES, "urgency": URGENCIES},
    c.Redispatch: {"unit": UNITS},
    c.HandOver: {"staff_id": st.sampled_from((3, 5, 6))},
    c.Return: {"proposed_unit": MAYBE_UNITS},
    c.Reply: {"contacted": st.booleans()},
    c.FollowUp: {"result": st.sampled_from(FollowUpResult), "matter_rating": st.none() | st.integers(1, 5)},
    c.Confirm: {
        "solved": st.booleans(), "reason": st.sampled_from(("", "还是没有水")),
        "call_rating": st.none() | st.integers(1, 5), "matter_rating": st.none() | st.integers(1, 5),
    },
    c.Close: {"end_reason": st.sampled_from(EndReason)},
    c.Amend: {**CLASSIFIED, "confidential": FLAGS, "hidden_identity": FLAGS, "accused_unit": MAYBE_UNITS},
    c.Warn: {"stage": st.sampled_from(Stage)},
    c.MarkOverdue: {"stage": st.sampled_from(Stage)},
    c.Bury: {"kind": st.sampled_from(JobKind)},
}  # fmt: skip

USUAL = (
    c.Dispatch, c.SendToSeat, c.Sign, c.Return, c.Reply, c.SendBack, c.Resolve, c.FollowUp, c.Confirm, c.Redo,
    c.Redispatch, c.Amend, c.Take, c.SendToTriage,
)  # fmt: skip

STRAIGHT_ON = ((c.Dispatch, SUPERVISOR), (c.Sign, LEADER), (c.Reply, LEADER), (c.Approve, LEADER), (c.Resolve, LEADER))


def decision(chosen: Candidate | None, nature: Nature, urgency: Urgency) -> Decision:
    found = () if chosen is None else (chosen,)
    return Decision(chosen, found, nature, urgency, COUNTY, "停水属于供水", 0.6, (), RULES.version, "test-1")


class TicketLife(RuleBasedStateMachine):
    """Everybody asks for anything at any time; jobs run when they are due, sometimes late."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()

    @initialize(data=st.data(), actor=st.sampled_from(EVERYBODY[:3]), steps=st.integers(0, len(STRAIGHT_ON)))
    def begin_somewhere_on_the_way(self, data, actor, steps):  # type: ignore[no-untyped-def]
        said = data.draw(st.fixed_dictionaries(SAID[c.Register]))
        said["county"] = COUNTY if said["county"] else None
        said["accused_unit"] = None if said["accused_unit"] == "nowhere" else said["accused_unit"]
        assert self.life.do(c.Register, actor, **said) == ["registered"]
        for kind, who in STRAIGHT_ON[: steps if said["accused_unit"] != UNIT else 0]:
            self.life.do(kind, who)

    @rule(data=st.data())
    def go_on_as_usual(self, data):  # type: ignore[no-untyped-def]
        kinds = [kind for kind in USUAL if self.is_open(kind)]
        if kinds:
            self.ask(data, data.draw(st.sampled_from(kinds)), seen=st.none())

    @rule(data=st.data())
    def go_on_in_any_legal_way(self, data):  # type: ignore[no-untyped-def]
        self.ask(data, data.draw(st.sampled_from([kind for kind in LEGAL if self.is_open(kind)])), seen=st.none())

    @rule(data=st.data(), kind=st.sampled_from(tuple(LEGAL)), actor=st.sampled_from(EVERYBODY))
    def ask_for_anything(self, data, kind, actor):  # type: ignore[no-untyped-def]
        # A job that is done without its instant being due is what the next rule but one is for.
        if kind not in (c.Warn, c.MarkOverdue):
            self.ask(data, kind, actor, seen=st.none() | st.integers(1, self.life.stands.seq))

    @rule(hours=st.integers(0, 200))
    def let_time_pass(self, hours):  # type: ignore[no-untyped-def]
        self.life.wait(timedelta(hours=hours, microseconds=1))

    @precondition(lambda self: self.life.jobs)
    @rule(data=st.data())
    def work_off_a_due_job(self, data):  # type: ignore[no-untyped-def]
        due = [name for name, due_at in self.life.jobs.items() if due_at <= self.life.now]
        if not due:
            return
        name = data.draw(st.sampled_from(due))
        if name[1] is JobKind.NOTIFY:
            del self.life.jobs[name]  # the ticket knows nothing of letters
        else:
            self.life.carry_out(self.think(data, name[1], name[2]), done=name)

    @precondition(lambda self: self.life.armed(*TIME_LIMITS))
    @rule()
    def wait_for_the_next_instant(self):  # type: ignore[no-untyped-def]
        self.life.now = max(self.life.now, min(self.life.armed(*TIME_LIMITS)))

    def is_open(self, kind):  # type: ignore[no-untyped-def]
        stands, legal = self.life.stands, LEGAL[kind]
        by_people = kind not in (c.Warn, c.MarkOverdue, c.Bury)
        return stands.state in legal.states and stands.holder_kind in legal.holders and by_people

    def somebody_who_may(self, data, kind):  # type: ignore[no-untyped-def]
        stands = self.life.stands
        worker = Viewer(Role.HANDLER, CITY, data.draw(st.sampled_from((3, 5))), stands.unit, leads_unit=True)
        able = [who for who in (*EVERYBODY, worker) if who.role in LEGAL[kind].roles and may_see(who, stands)]
        return data.draw(st.sampled_from(able or EVERYBODY))

    def ask(self, data, kind, actor=None, *, seen):  # type: ignore[no-untyped-def]
        said = data.draw(st.fixed_dictionaries(SAID.get(kind, {})))
        actor = actor or self.somebody_who_may(data, kind)
        command = example(kind, actor, seen_seq=data.draw(seen), **said)
        before = self.life.stands
        assert self.answer(command) == self.answer(command), "decide gives one answer"
        try:
            self.life.carry_out(command)
        except Refused:
            assert self.life.stands == before

    def answer(self, command):  # type: ignore[no-untyped-def]
        try:
            return decide(self.life.ticket, command, RULES, self.life.now)
        except Refused as refusal:
            return refusal.code, refusal.facts

    def think(self, data, kind, part):  # type: ignore[no-untyped-def]
        match kind:
            case JobKind.WARN:
                return example(c.Warn, TIME, stage=Stage(part))
            case JobKind.OVERDUE:
                return example(c.MarkOverdue, TIME, stage=Stage(part))
            case JobKind.RED:
                return example(c.GiveRedCard, TIME)
            case _:
                return self.route(data)

    def route(self, data):  # type: ignore[no-untyped-def]
        said = {"nature": data.draw(st.sampled_from(Nature)), "urgency": data.draw(st.sampled_from(Urgency))}
        barred = {*self.life.stands.returned_by, self.life.stands.accused_unit}
        unit = next((code for code in (UNIT, OTHER_UNIT, "transport") if code not in barred), None)
        holder = data.draw(st.sampled_from((HolderKind.UNIT, HolderKind.SEAT, None)))
        if holder is HolderKind.UNIT and unit is not None:
            chosen = Candidate(holder, unit, None, 0.9, ("停水",))
            return example(c.Dispatch, ROUTER, unit=unit, **said, decision=decision(chosen, **said))
        if holder is HolderKind.SEAT:
            chosen = Candidate(holder, SKILL, None, 0.9, ("咨询",))
            return example(c.SendToSeat, ROUTER, **said, decision=decision(chosen, **said))
        return example(c.SendToTriage, ROUTER, decision=decision(None, **said))

    @invariant()
    def the_log_gives_the_row(self):  # type: ignore[no-untyped-def]
        assert self.life.replayed() == self.life.ticket

    @invariant()
    def the_row_survives_being_stored(self):  # type: ignore[no-untyped-def]
        if self.life.ticket is not None:
            names = self.life.ticket.__dataclass_fields__
            row = {name: encode(getattr(self.life.ticket, name)) for name in names}
            assert ticket_from_row(row) == self.life.ticket

    @invariant()
    def exactly_one_holder_fits_the_state(self):  # type: ignore[no-untyped-def]
        if (stands := self.life.ticket) is None:
            return
        assert (stands.holder_id != "") == (stands.holder_kind in (HolderKind.UNIT, HolderKind.SEAT))
        assert (stands.holder_kind is HolderKind.ARCHIVE) == (stands.state in FINISHED - {State.RESOLVED})
        assert (stands.holder_kind is HolderKind.FOLLOW_UP) == (stands.state is State.RESOLVED)
        if stands.holder_kind is HolderKind.UNIT:
            assert stands.unit == stands.holder_id
            assert stands.state in UNFINISHED - {State.REGISTERED, State.RETURN_REQUESTED}
        if stands.holder_kind is HolderKind.ROUTER:
            assert stands.state in (State.REGISTERED, State.RETURN_REQUESTED)
        if stands.holder_kind in (HolderKind.ROUTER, HolderKind.TRIAGE):
            assert stands.handler_id is None
        assert stands.accused_unit is None or stands.accused_unit not in (stands.unit, stands.holder_id)

    @invariant()
    def what_must_happen_is_armed(self):  # type: ignore[no-untyped-def]
        if (stands := self.life.ticket) is None:
            return
        assert len(self.life.armed(JobKind.ROUTE)) == (stands.holder_kind is HolderKind.ROUTER)
        assert self.life.armed_for(Stage.REPLY) == expected_instant(self.life)
        for stage in stands.clocks:
            assert len(self.life.armed_for(stage)) <= 1
        assert len(self.life.armed(*TIME_LIMITS)) == sum(len(self.life.armed_for(stage)) for stage in stands.clocks)

    @invariant()
    def instants_stand_in_order(self):  # type: ignore[no-untyped-def]
        if (stands := self.life.ticket) is None:
            return
        for clock in stands.clocks.values():
            assert clock.started_at <= clock.due_at < clock.overdue_at
            assert clock.warn_at is None or clock.warn_at < clock.due_at
        over = stands.holder_kind is HolderKind.ARCHIVE
        assert over == all(clock.stopped_at is not None for clock in stands.clocks.values())
        assert stands.closed_at is None or stands.state is State.CLOSED
        assert (stands.end_reason is None) == (stands.state is not State.CLOSED)
        assert stands.material_seq <= stands.seq == len(self.life.log)


def expected_instant(life: Life) -> list[datetime]:
    """Return the one instant that must be armed, written down apart from `follow_ups`."""
    stands = life.stands
    clock = stands.reply_clock
    if stands.state not in UNFINISHED or stands.state is State.REPLY_SUBMITTED or clock is None:
        return []
    if clock.card is Card.NONE and clock.warn_at is not None:
        return [clock.warn_at]
    if clock.card < Card.OVERDUE:
        return [clock.overdue_at]
    return [clock.red_at] if clock.card < Card.RED and clock.red_at is not None else []


TestRandomLives = TicketLife.TestCase
# Without shrinking: it would take minutes, and the steps of an unshrunk life are few enough to read.
TestRandomLives.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.reuse, Phase.generate),
)
