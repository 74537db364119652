"""What the demo's played staff do next with a ticket, and how soon. Pure: the same ticket gets the same answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.command.demo_tickets import reply_for
from shared.domain import commands as c
from shared.domain.callers import ratings_open
from shared.domain.rules import Rules
from shared.domain.terms import EndReason, FollowUpResult, HolderKind, Role, Stage, State
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer

_CALLED_BACK = "我们打电话问清楚了：您要办的事在街道便民服务中心就能办，带身份证，工作日上午九点到下午五点。"
_EXPERT_TAIL = "还有不清楚的，请直接在这件诉求里补充，我们接着答。"
_WAITS_FOR_OVERDUE, _WAITS_FOR_WARNING = 0.08, 0.2
_SPOKE = "已电话联系诉求人，核对了地点和情况。"
_SO_FAR = "工作人员已经到现场，正在处理，办完再答复您。"
_RETURNS, _TO_TRIAGE, _URGES, _REPORTS = 0.06, 0.06, 0.15, 0.5
_NOT_SOLVED, _UNREACHABLE = 0.06, 0.14
_BY_THE_CALLER = 0.35  # so many say it themselves, before anybody calls
_RATES = 0.7
_STILL_THERE = "当时好了，现在又不行了，请再看看。"
# Where a visitor of the demo has a desk, the played colleagues leave them something to do.
_SLOWER_BESIDE_VISITORS = 2.5
_USUAL_SPAN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Cast:
    """The played staff; `visited` are units in which a visitor of the demo has an account."""

    operator: Viewer
    supervisor: Viewer
    expert: Viewer
    handlers: Mapping[str, Viewer]
    visited: frozenset[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open ticket: real seconds since its last event, and the router's last candidates, best first."""

    ticket: Ticket
    idle_seconds: float
    speed: float
    candidates: Sequence[Mapping[str, Any]] = ()
    is_elsewhere: bool = False  # the router found words of what the line may not take


@dataclass(frozen=True, slots=True)
class Plan:
    """Do this once the ticket has been idle for so many real seconds."""

    command: c.Command
    after_seconds: float


def plan(waiting: Waiting, cast: Cast, rules: Rules) -> Plan | None:
    """Return what to do next, None to leave the ticket alone."""
    ticket = waiting.ticket
    lots = Random(f"{ticket.id}:{ticket.seq}")  # noqa: S311 - repeatable, nothing secret
    match ticket.holder_kind:
        case HolderKind.UNIT:
            return _at_unit(waiting, cast, rules, lots)
        case HolderKind.TRIAGE:
            return Plan(_at_triage(waiting, cast), lots.uniform(20, 90))
        case HolderKind.SEAT:
            return _at_seat(ticket, cast, lots)
        case HolderKind.FOLLOW_UP:
            told = _confirm(ticket, lots)
            return Plan(told or _follow_up(ticket, cast, lots), lots.uniform(15, 90))
        case _:
            return None


def _at_unit(waiting: Waiting, cast: Cast, rules: Rules, lots: Random) -> Plan | None:
    ticket = waiting.ticket
    me = cast.handlers.get(ticket.holder_id)
    if me is None or _is_neglected(ticket):
        return None
    span = _real_span(waiting) * (_SLOWER_BESIDE_VISITORS if ticket.holder_id in cast.visited else 1.0)
    said = reply_for(ticket.duty)
    lot = lots.random()
    if lot < _URGES and ticket.urged_count == 0 and ticket.state is not State.REPLY_SUBMITTED:
        caller = Viewer(Role.CALLER, ticket.city, ticket_id=ticket.id)
        return Plan(c.Urge(actor=caller, ticket_id=ticket.id), _within(lots, span, 0.1, 0.4))
    match ticket.state:
        case State.DISPATCHED if lots.random() < _RETURNS and _may_return(ticket, rules):
            back = c.Return(actor=me, ticket_id=ticket.id, basis="单位职责清单", reason=said.return_reason)
            return Plan(back, _within(lots, span, 0.03, 0.15))
        case State.DISPATCHED | State.REOPENED:
            return Plan(c.Sign(actor=me, ticket_id=ticket.id), _within(lots, span, 0.02, 0.15))
        case State.SIGNED if Stage.FIRST_CONTACT in ticket.clocks:
            spoke = c.Contact(actor=me, ticket_id=ticket.id, note=_SPOKE)
            return Plan(spoke, _within(lots, span, 0.01, 0.06))
        case State.SIGNED if Stage.INTERIM in ticket.clocks and lots.random() < _REPORTS:
            return Plan(c.Report(actor=me, ticket_id=ticket.id, public=_SO_FAR), _within(lots, span, 0.02, 0.1))
        case State.SIGNED:
            reply = c.Reply(actor=me, ticket_id=ticket.id, public=said.public, internal=said.internal, contacted=True)
            return Plan(reply, _within(lots, span, 0.08, 0.45))
        case State.REPLY_SUBMITTED if ticket.is_approved or not rules.policy.approval_required:
            return Plan(c.Resolve(actor=me, ticket_id=ticket.id), _within(lots, span, 0.02, 0.1))
        case _:
            return None


def _may_return(ticket: Ticket, rules: Rules) -> bool:
    """The window is left well before it closes: the demo's days are minutes."""
    return Stage.RETURN in ticket.clocks and len(ticket.returned_by) < rules.policy.max_returns


def _is_neglected(ticket: Ticket) -> bool:
    """Some tickets are left until they are warned of or overdue, so that a visitor sees both."""
    lot = Random(f"{ticket.id}/{ticket.cycle}").random()  # noqa: S311
    if ticket.due_at is None or ticket.state is State.REPLY_SUBMITTED:
        return False
    waits_for_overdue = lot < _WAITS_FOR_OVERDUE and not ticket.is_overdue
    return waits_for_overdue or (lot < _WAITS_FOR_WARNING and not ticket.is_warned)


def _real_span(waiting: Waiting) -> float:
    ticket = waiting.ticket
    if ticket.due_at is None or ticket.dispatched_at is None:
        return _USUAL_SPAN_SECONDS
    return (ticket.due_at - ticket.dispatched_at).total_seconds() / waiting.speed


def _within(lots: Random, span: float, least: float, most: float) -> float:
    return min(max(1.0, lots.uniform(least, most) * span), 240.0)


def _at_triage(waiting: Waiting, cast: Cast) -> c.Command:
    ticket, me = waiting.ticket, cast.operator
    for candidate in waiting.candidates:
        code = candidate["holder_id"]
        if candidate["holder_kind"] == HolderKind.SEAT:
            return c.SendToSeat(actor=me, ticket_id=ticket.id, skill=code, duty=candidate["duty"])
        if code not in ticket.returned_by and code != ticket.accused_unit:
            return c.Dispatch(actor=me, ticket_id=ticket.id, unit=code, duty=candidate["duty"], reason="按派单目录")
    if waiting.is_elsewhere and not ticket.returned_by:
        told = "这件事热线不能受理。涉及案件的请找受理机关，涉及诉讼的请找法院，电话和地址工作人员已告诉您。"
        return c.NotAccept(actor=me, ticket_id=ticket.id, public=told)
    return c.AnswerDirectly(actor=me, ticket_id=ticket.id, public=_CALLED_BACK)


def _at_seat(ticket: Ticket, cast: Cast, lots: Random) -> Plan:
    me = cast.expert
    if ticket.handler_id is None:
        if lots.random() < _TO_TRIAGE:
            away = c.SendToTriage(actor=me, ticket_id=ticket.id, why="不是咨询，需要单位现场处理。")
            return Plan(away, lots.uniform(15, 40))
        return Plan(c.Take(actor=me, ticket_id=ticket.id), lots.uniform(10, 60))
    said = reply_for(ticket.duty).public
    answer = c.AnswerDirectly(actor=me, ticket_id=ticket.id, public=f"{said}{_EXPERT_TAIL}")
    return Plan(answer, lots.uniform(20, 90))


def _confirm(ticket: Ticket, lots: Random) -> c.Command | None:
    """What the caller says by themselves on the tracking page, None if they wait for the call."""
    if Random(f"{ticket.id}+{ticket.cycle}").random() >= _BY_THE_CALLER:  # noqa: S311
        return None
    me, ratings = Viewer(Role.CALLER, ticket.city, ticket_id=ticket.id), ratings_open(ticket)
    if lots.random() < _NOT_SOLVED and ticket.cycle == 1:
        return c.Confirm(actor=me, ticket_id=ticket.id, solved=False, reason=_STILL_THERE)
    given = {name: lots.choice((3, 4, 5, 5)) for name in ratings if lots.random() < _RATES}
    return c.Confirm(
        actor=me, ticket_id=ticket.id, solved=True, call_rating=given.get("call"), matter_rating=given.get("matter")
    )


def _follow_up(ticket: Ticket, cast: Cast, lots: Random) -> c.Command:
    lot, me = lots.random(), cast.operator
    if lot < _NOT_SOLVED and ticket.cycle == 1:
        note = "诉求人说问题还在，要求再办。"
        return c.FollowUp(actor=me, ticket_id=ticket.id, result=FollowUpResult.NOT_SOLVED, note=note)
    if lot < _UNREACHABLE:
        if ticket.is_warned:
            return c.Close(actor=cast.supervisor, ticket_id=ticket.id, end_reason=EndReason.UNREACHABLE)
        return c.FollowUp(actor=me, ticket_id=ticket.id, result=FollowUpResult.UNREACHABLE)
    call, matter = lots.choice((4, 5, 5)), lots.choice((3, 4, 5, 5))
    return c.FollowUp(
        actor=me, ticket_id=ticket.id, result=FollowUpResult.SOLVED, call_rating=call, matter_rating=matter
    )
