"""Tickets that live by the real interface: what is asked of them, what is known of them, who works off their jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from intake.acts import ACTS, CALLER_ACTS, STAFF_ACTS
from router.handlers import think
from shared import jobs
from shared.cities.load import read_pack
from shared.command.audit import audit
from shared.consumer import Handler, through_ledger
from shared.domain.follow_ups import TIME_LIMITS, JobKind
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, Nature, Role, State, Urgency
from shared.domain.transitions import LEGAL, Legal
from shared.ledger import Item, Ledger
from shared.watch import bury_vanished
from tests.integration.api import Api
from tests.integration.site import PEOPLE
from tests.integration.stage import ANSWER, CITY, MONDAY, OTHER_UNIT, TIME, UNIT
from tests.integration.town import SHIPPED, Town, with_limit
from worker.handlers import time_handlers

CALLER = "the caller"
KINDS = (JobKind.ROUTE, *TIME_LIMITS, JobKind.RECOUNT)
STANDS_STILL = 1e-5  # business time passes only where it is set, but for some microseconds
TICK = timedelta(milliseconds=1)  # more than these
_EMPTY = "ticket, ticket_event, ticket_text, caller, decision, idempotency, job, notice, errand, attempt"
_BY_TIME = {"warned", "stage_warned", "overdue", "stage_overdue", "red_carded", "recounted", "promise_moved"}
_BY_CONSUMERS = _BY_TIME | {"dispatched", "sent_to_seat", "sent_to_triage", "job_buried"}
REFUSALS = {400, 403, 404, 409}

_UNITS = st.sampled_from((UNIT, OTHER_UNIT, "transport", "nowhere"))
_COUNTIES = st.sampled_from(("jinjiang", "wuhou"))
_RATINGS = st.integers(1, 5)
_SORTED = {
    "nature": st.sampled_from([str(one) for one in Nature]), "urgency": st.sampled_from([str(one) for one in Urgency]),
    "county": _COUNTIES,
}  # fmt: skip


def _form(optional: Mapping[str, st.SearchStrategy[Any]], **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    needed = {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in fixed.items()}
    return st.fixed_dictionaries(needed, optional=dict(optional))


REQUESTS = _form(
    {**_SORTED, "phone": st.just("13800000000"), "accused_unit": _UNITS.filter(lambda code: code != "nowhere")},
    body=st.sampled_from(
        (
            "锦江区春熙路昨天起停水，打电话没人管。",
            "个人所得税年度汇算怎么办理？",
            "占道经营的摊位挡住了人行道。",
            "有事想说",
        )
    ),
)
FORMS: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "answer_directly": _form({}, public=ANSWER),
    "not_accept": _form({}, public="这类纠纷请向法院起诉。"),
    "dispatch": _form({**_SORTED, "reason": st.just("只有它能办")}, unit=_UNITS),
    "send_to_seat": _form({"reason": st.just("是咨询")}, skill=st.sampled_from(("tax", "astrology"))),
    "send_to_triage": _form({}, why="没有写明地点。"),
    "recall": _form({}, reason="派错了"),
    "redispatch": _form({}, unit=_UNITS, reason="原单位无权处理"),
    "contact": _form({"note": st.just("约好明天上门")}),
    "report": _form({}, public="抢修队已到现场。"),
    "return": _form({"proposed_unit": _UNITS}, basis="三定方案", reason="不是本单位的职责"),
    "reply": _form({"no_contact": st.just("电话打不通")}, public=ANSWER, internal="换管", contacted=st.booleans()),
    "send_back": _form({}, reason="没有写清楚"),
    "follow_up": _form(
        {"call_rating": _RATINGS, "matter_rating": _RATINGS},
        result=st.sampled_from([str(one) for one in FollowUpResult]), note="问过了",
    ),
    "confirm": _form({"call_rating": _RATINGS, "matter_rating": _RATINGS}, solved=st.booleans(), reason="还是没有水"),
    "redo": _form({}, reason="还是没有水"),
    "close": _form({}, end_reason=st.sampled_from([str(one) for one in EndReason])),
    "withdraw": _form({}, reason="不用了"),
    "amend": _form(
        {**_SORTED, "confidential": st.booleans(), "hidden_identity": st.booleans(), "accused_unit": _UNITS},
        reason="登记错了",
    ),
    "supplement": _form({}, text="是三号楼。"),
    "urge": _form({"note": st.just("老人在家")}),
    "tell_by": _form({"email": st.just("a@b.example")}),
    "renew_code": _form({}, reason="核对过姓名和地址"),
}  # fmt: skip


@dataclass
class Known:
    """What the model knows of a ticket: what the interface last said of it."""

    id: int
    number: str
    code: str
    state: str = State.REGISTERED
    holder: tuple[str, str] = (HolderKind.ROUTER, "")
    seq: int = 1

    @property
    def row(self) -> tuple[str, str, str, int]:
        return (str(self.state), str(self.holder[0]), self.holder[1], self.seq)


class Pocket:
    """A ledger's stand-in that keeps what a consumer wants applied, until it is applied, late or never."""

    def __init__(self) -> None:
        self.items: Sequence[Item] = ()

    def execute_many(self, items: Sequence[Item]) -> None:
        self.items = items


@dataclass
class Lives:
    """The house, the clients of its people, and the dictionary of tickets that must be in it."""

    api: Api
    town: Town
    tickets: dict[int, Known] = field(default_factory=dict)
    now: datetime = MONDAY
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    shipped: str = field(default_factory=lambda: read_pack(CITY, SHIPPED).version)

    def begin(self) -> None:
        """Empty the house; the people stay."""
        self.tickets.clear()
        self.now = MONDAY
        stage = self.api.stage
        stage.as_owner(f"TRUNCATE {_EMPTY} CASCADE")
        if not self.is_shipped():
            self.town.activate(SHIPPED)
            stage.as_owner("TRUNCATE job")
        self.set_clock(MONDAY)

    def is_shipped(self) -> bool:
        return self.town.active().version == self.shipped

    def set_clock(self, at: datetime) -> None:
        """Let it be that late, or a tick later than it was."""
        self.now = max(self.now + TICK, at)
        self.api.stage.set_clock(self.now, STANDS_STILL)

    def client(self, who: str) -> FlaskClient:
        """Return the client of a member of staff, logged in once, or one on the internet."""
        if who == CALLER:
            return self.api.public()
        if who not in self.clients:
            self.clients[who] = self.api.staff(who)
        return self.clients[who]

    def register(self, who: str, said: Mapping[str, Any]) -> TestResponse:
        """File a request, and again with the same key, as after a lost answer."""
        key = self.api.key()
        first, again = (self.client(who).post("/api/v1/tickets", json=said, headers=key) for _ in range(2))
        assert (again.status_code, again.json) == (first.status_code, first.json)
        if first.status_code == 201:
            answer = first.json
            (row,) = self.api.stage.rows("SELECT max(id) AS id FROM ticket")
            self.tickets[row["id"]] = Known(row["id"], answer["number"], answer["pick_up_code"])
        return first

    def ask(self, known: Known, who: str, act: str, form: Mapping[str, Any]) -> TestResponse:
        """Ask for an act, and keep in mind what the answer says of the ticket."""
        headers = {"Pick-Up-Code": known.code} if who == CALLER else {}
        answer = self.client(who).post(f"/api/v1/tickets/{known.number}/{act}", json=form, headers=headers)
        if answer.status_code == 200:
            said = answer.json
            assert said["seq"] == known.seq + said["event_count"]
            known.state, known.holder, known.seq = said["state"], (said["holder_kind"], said["holder_id"]), said["seq"]
            known.code = said.get("pick_up_code", known.code)
        return answer

    def handlers(self, ledger: Ledger | None = None) -> Mapping[JobKind, Handler]:
        """Return what works off the jobs, through the stage's ledger unless told another."""
        by = ledger or self.api.stage.ledger
        found = {JobKind.ROUTE: through_ledger(by, think), **time_handlers(by, TIME)}
        return {**found, **self.town.handlers()} if ledger is None else found

    def claim_and_think(self, kind: JobKind) -> list[Item]:
        """Do as a consumer does until just before it applies what it thought."""
        pocket = Pocket()
        claimed = jobs.claim(self.api.stage.engine, kind)
        handlers = self.handlers(pocket)  # type: ignore[arg-type]
        if claimed and kind in handlers:
            handlers[kind](claimed)
        return list(pocket.items)

    def work(self, kind: JobKind) -> int:
        """Let a bell of this kind be answered."""
        return self.api.stage.work(self.handlers(), kind)

    def heal(self) -> None:
        """Let every lease end and everything due be done, as it is some time after the last fault."""
        stage = self.api.stage
        stage.end_leases()
        for _ in range(20):
            bury_vanished(stage.engine, stage.ledger, KINDS)
            if not sum(self.work(kind) for kind in KINDS):
                break
        self.learn()
        left = stage.rows(
            "SELECT id, kind, due_at, attempts, outcome, error FROM job"
            " WHERE state = 'todo' AND due_at <= business_now() AND kind = ANY (:kinds)", kinds=[str(k) for k in KINDS],
        )  # fmt: skip
        assert left == []

    def learn(self) -> None:
        """Take in what router and worker did, and look that it was theirs to do."""
        for known in self.tickets.values():
            query = "SELECT kind FROM ticket_event WHERE ticket_id = :id AND seq > :seq ORDER BY seq"
            kinds = [row["kind"] for row in self.api.stage.rows(query, id=known.id, seq=known.seq)]
            assert set(kinds) <= _BY_CONSUMERS, kinds
            stands = self.api.stage.ticket(known.id)
            assert stands.seq == known.seq + len(kinds)
            if not set(kinds) - _BY_TIME:
                assert (stands.state, stands.holder_kind, stands.holder_id) == (known.state, *known.holder)
            known.state, known.holder, known.seq = stands.state, (stands.holder_kind, stands.holder_id), stands.seq

    def rows(self) -> dict[int, tuple[str, str, str, int]]:
        found = self.api.stage.rows("SELECT id, state, holder_kind, holder_id, seq FROM ticket")
        return {row["id"]: (row["state"], row["holder_kind"], row["holder_id"], row["seq"]) for row in found}

    def differences(self) -> list[str]:
        """Return what the audit finds wrong; how late jobs are says nothing where the clock jumps."""
        report = audit(self.api.stage.engine.url.render_as_string(hide_password=False))
        return [f"{one.code}: {one.detail}" for one in report.differences if one.code != "job_late"]

    def next_instant(self) -> datetime | None:
        """Return when something comes due next."""
        (row,) = self.api.stage.rows(
            "SELECT min(due_at) AS at FROM job WHERE state = 'todo' AND due_at > business_now()"
        )
        found: datetime | None = row["at"]
        return found

    def change_limits(self) -> None:
        """Activate another version of the city's pack; its recount waits."""
        self.town.activate(with_limit(3) if self.is_shipped() else SHIPPED)

    def kill_at_every_attempt(self, kind: JobKind) -> None:
        """Let whoever claims what is due now die with it, until the watch gives it up."""
        stage = self.api.stage
        for _ in range(jobs.MAX_ATTEMPTS):
            jobs.claim(stage.engine, kind)
            stage.end_leases()
        bury_vanished(stage.engine, stage.ledger, KINDS)
        self.learn()


def open_acts(known: Known) -> list[tuple[str, str]]:
    """Return which acts the table of transitions has now, each with whom it has them for."""
    return [(act, who) for act, who in EVERY_ACT if _is_open(LEGAL[ACTS[act].command], known, who)]


def _is_open(legal: Legal, known: Known, who: str) -> bool:
    if known.state not in legal.states or known.holder[0] not in legal.holders:
        return False
    role: Role = Role.CALLER if who == CALLER else PEOPLE[who]["role"]
    if role is Role.HANDLER and known.holder != (HolderKind.UNIT, PEOPLE[who]["unit"]):
        return False
    if role is Role.EXPERT and known.holder != (HolderKind.SEAT, "tax"):
        return False
    return role in legal.roles


WORKERS = ("lin", "he", "zhou", "chen", "luo", "wu", "zheng")
EVERY_ACT = [(act, who) for act in STAFF_ACTS for who in WORKERS] + [(act, CALLER) for act in CALLER_ACTS]
