"""People, tickets and a ticket's whole life in memory, for tests of the pure domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.cities.load import load_city
from shared.domain import commands as c
from shared.domain.clocks import Clock
from shared.domain.decide import decide
from shared.domain.errors import Refused
from shared.domain.follow_ups import TIME_LIMITS, JobKind
from shared.domain.limits import Limit, LimitLine, Limits, TimeUnit
from shared.domain.rules import Rules
from shared.domain.terms import Channel, EndReason, FollowUpResult, HolderKind, Nature, Role, Stage, State, Urgency
from shared.domain.ticket import Ticket, evolve
from shared.domain.viewer import Viewer
from shared.ledger.chain import recorded_from_body
from shared.ledger.change import Change

CITY, UNIT, OTHER_UNIT, SKILL = "chengdu", "water_affairs", "urban_management", "tax"
COUNTY = "jinjiang"
TICKET_ID = 614
MONDAY = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)  # ten in the morning in Chengdu
_MAIL = {UNIT: "desk@water.example"}
_CITY = load_city(CITY)
RULES = replace(_CITY, units={**_CITY.units, **{code: replace(_CITY.units[code], email=_MAIL[code]) for code in _MAIL}})

CALLER = Viewer(Role.CALLER, CITY, ticket_id=TICKET_ID)
OPERATOR = Viewer(Role.OPERATOR, CITY, 1)
SUPERVISOR = Viewer(Role.SUPERVISOR, CITY, 2)
HANDLER = Viewer(Role.HANDLER, CITY, 3, UNIT)
COLLEAGUE = Viewer(Role.HANDLER, CITY, 5, UNIT)
LEADER = Viewer(Role.HANDLER, CITY, 6, UNIT, leads_unit=True)
OTHER_HANDLER = Viewer(Role.HANDLER, CITY, 7, OTHER_UNIT)
EXPERT = Viewer(Role.EXPERT, CITY, 4, skills=(SKILL,))
ADMIN = Viewer(Role.ADMIN, CITY, 8)
ROUTER = Viewer(Role.ROUTER, CITY)
TIME = Viewer(Role.TIME, CITY)
EVERYBODY = (
    CALLER, OPERATOR, SUPERVISOR, HANDLER, COLLEAGUE, LEADER, OTHER_HANDLER, EXPERT, ADMIN, ROUTER, TIME,
)  # fmt: skip

# One valid example of everything that can be asked of a ticket.
FORMS: Mapping[type[c.Command], Mapping[str, Any]] = {
    c.Register: {"title": "自来水停了", "body": "从早上到现在没有水。", "channel": Channel.PHONE},
    c.AnswerDirectly: {"public": "请携带身份证到任一网点办理。"},
    c.NotAccept: {"public": "这类纠纷请向法院起诉。"},
    c.Dispatch: {"unit": UNIT},
    c.SendToSeat: {"skill": SKILL},
    c.SendToTriage: {"why": "没有写明地点。"},
    c.Recall: {"reason": "派错了"},
    c.Redispatch: {"unit": OTHER_UNIT, "reason": "原单位无权处理"},
    c.Sign: {},
    c.Take: {},
    c.HandOver: {"staff_id": 5},
    c.Contact: {"note": "约好明天上门"},
    c.Report: {"public": "抢修队已到现场。"},
    c.Return: {"basis": "三定方案", "reason": "不是本单位的职责"},
    c.Reply: {"public": "水管已经修好。", "internal": "换了阀门", "contacted": True},
    c.Approve: {},
    c.SendBack: {"reason": "没有写清楚"},
    c.Resolve: {},
    c.FollowUp: {"result": FollowUpResult.SOLVED, "call_rating": 5, "matter_rating": 4},
    c.Confirm: {"solved": True, "matter_rating": 4},
    c.Redo: {"reason": "还是没有水"},
    c.Close: {"end_reason": EndReason.SOLVED},
    c.Withdraw: {},
    c.Amend: {"reason": "登记错了", "county": COUNTY},
    c.Supplement: {"text": "是三号楼。"},
    c.Urge: {},
    c.ChangeTellBy: {"email": "wang@example.com"},
    c.HideIdentity: {},
    c.RenewCode: {"reason": "报对了姓名和地址，纸条丢了"},
    c.Warn: {},
    c.MarkOverdue: {},
    c.GiveRedCard: {},
    c.Recount: {},
    c.Bury: {"kind": "route", "error": "RuntimeError"},
}


def example(kind: type[c.Command], actor: Viewer, /, **more: Any) -> c.Command:
    """Return a command with everything it needs; `more` replaces fields."""
    return kind(actor=actor, ticket_id=TICKET_ID, **{**FORMS[kind], **more})


def refused(life: "Life", kind: type[c.Command], actor: Viewer, /, **more: object) -> str:
    """Return the code of the refusal; the ticket must stand as before."""
    before = life.stands
    with pytest.raises(Refused) as refusal:
        life.do(kind, actor, **more)
    assert life.stands == before
    return refusal.value.code


@dataclass
class Life:
    """One ticket as the ledger keeps it: the row, the log as stored text, and the jobs that are to do."""

    rules: Rules = RULES
    now: datetime = MONDAY
    ticket: Ticket | None = None
    log: list[str] = field(default_factory=list)
    jobs: dict[tuple[int, JobKind, str], datetime] = field(default_factory=dict)

    @classmethod
    def begun(cls, rules: Rules = RULES, **more: Any) -> "Life":
        """Return a ticket that has just been registered."""
        life = cls(rules=rules)
        life.do(c.Register, more.pop("actor", OPERATOR), **more)
        return life

    @property
    def stands(self) -> Ticket:
        assert self.ticket is not None
        return self.ticket

    def do(self, kind: type[c.Command], actor: Viewer, /, **more: Any) -> list[str]:
        """Carry out a command and return the kinds of its events."""
        return self.carry_out(example(kind, actor, **more))

    def carry_out(self, command: c.Command, done: tuple[int, JobKind, str] | None = None) -> list[str]:
        """Decide, record and follow up as the ledger does; `done` is the job that this closes."""
        drafts = decide(self.ticket, command, self.rules, self.now)
        if done is not None:
            del self.jobs[done]
        change = Change(self.ticket)
        change.record(drafts, command.actor, self.rules, self.now)
        self.ticket = change.ticket
        self.log += [row["body"] for row in change.events]
        gone = {(kind, part) for _, kind, part in change.disarmed}
        self.jobs = {name: due for name, due in self.jobs.items() if not {(name[1], name[2]), (name[1], None)} & gone}
        for row in change.jobs:
            name = (row["cause_seq"], JobKind(row["kind"]), row["part"])
            assert name not in self.jobs
            self.jobs[name] = datetime.fromisoformat(row["due_at"])
        return [draft.kind for draft in drafts]

    def wait(self, delay: timedelta) -> None:
        self.now += delay

    def wait_until(self, instant: datetime | None) -> None:
        assert instant is not None
        self.now = instant

    def armed(self, *kinds: JobKind) -> list[datetime]:
        """Return when jobs of these kinds are due."""
        return [due for (_, kind, _), due in self.jobs.items() if kind in kinds]

    def armed_for(self, stage: Stage) -> list[datetime]:
        """Return the armed instants of a stage's clock."""
        return [due for (_, kind, part), due in self.jobs.items() if kind in TIME_LIMITS and part == stage]

    @property
    def clock(self) -> Clock:
        """The unit's clock."""
        clock = self.stands.reply_clock
        assert clock is not None
        return clock

    def replayed(self) -> Ticket | None:
        """Return what the stored log alone says of the ticket."""
        ticket = None
        for body in self.log:
            ticket = evolve(ticket, recorded_from_body(body, CITY)[0])
        return ticket


def in_state(state: State, holder: HolderKind, **more: Any) -> Ticket:
    """Return a ticket in a state and with a holder, whether or not a life leads there."""
    held = {HolderKind.UNIT: UNIT, HolderKind.SEAT: SKILL}.get(holder, "")
    unit = {HolderKind.ROUTER: None, HolderKind.TRIAGE: None, HolderKind.SEAT: None}.get(holder, UNIT)
    fields = {"state": state, "holder_kind": holder, "holder_id": held, "unit": unit, "handler_id": None} | more
    return replace(_BASE, **fields)


_BASE = Life.begun().stands


def dispatched(**more: Any) -> Life:
    """Return a ticket that a unit has to sign."""
    life = Life.begun(**more)
    life.do(c.Dispatch, OPERATOR, nature=Nature.HELP, urgency=Urgency.NORMAL)
    return life


def replied(**more: Any) -> Life:
    """Return a ticket whose reply waits."""
    life = dispatched(**more)
    life.do(c.Sign, HANDLER)
    life.do(c.Reply, HANDLER)
    return life


def resolved(**more: Any) -> Life:
    """Return a ticket that waits for its follow-up."""
    life = replied(**more)
    life.do(c.Resolve, HANDLER)
    return life


def with_reply_limit(days: int) -> Rules:
    """Return Chengdu with another limit for every reply."""
    every: frozenset[Any] = frozenset()
    limit = Limit(days, TimeUnit.WORKING_DAYS, "新办法", from_next_day=True, warn_days=1)
    line = LimitLine(Stage.REPLY, every, every, every, every, every, limit)
    return replace(RULES, limits=Limits([line, *RULES.limits.lines]))
