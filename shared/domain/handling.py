"""Deciders for the unit's work: sign, take, hand over, return, reply, approve, resolve; supplement and urge. Pure."""

from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.clocks import ended, resumed, stopped
from shared.domain.dispatching import check_unit
from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Stage, State
from shared.domain.ticket import Ticket
from shared.domain.timing import OF_THE_UNIT, after, case_of, overdue, started


def sign(ticket: Ticket, command: c.Sign, rules: Rules, now: datetime) -> list[Event]:
    """签收: whoever signs works on it, unless a colleague already does."""
    changes = {"state": State.SIGNED, "handler_id": ticket.handler_id or command.actor.id}
    return [*overdue(ticket, (Stage.SIGN,), now), Event(EventKind.SIGNED, changes | _over(ticket, Stage.SIGN))]


def take(ticket: Ticket, command: c.Take, rules: Rules, now: datetime) -> list[Event]:
    """认领 inside the unit or the expert queue."""
    if ticket.handler_id == command.actor.id:
        return []
    if ticket.handler_id is not None:
        raise Refused("already_taken", "同事已经在办这件工单，请先请他移交。", handler_id=ticket.handler_id)
    return [Event(EventKind.TAKEN, {"handler_id": command.actor.id})]


def hand_over(ticket: Ticket, command: c.HandOver, rules: Rules, now: datetime) -> list[Event]:
    """移交 by whoever works on it, or by the unit's leader."""
    actor = command.actor
    if ticket.handler_id is not None and not (actor.works_on(ticket.handler_id) or actor.may_approve):
        raise Refused("not_the_handler", "只有经办人或本单位领导可以移交。")
    if ticket.handler_id == command.staff_id:
        return []
    return [Event(EventKind.HANDED_OVER, {"handler_id": command.staff_id}, {"from": ticket.handler_id})]


def contact(ticket: Ticket, command: c.Contact, rules: Rules, now: datetime) -> list[Event]:
    """首次联系: the caller was spoken to; every talk is noted, the first one ends the stage."""
    changes = {"contacted_at": now} | _over(ticket, Stage.FIRST_CONTACT)
    spoke = Event(EventKind.CONTACTED, changes, texts={"note": command.note} if command.note else {})
    return [*overdue(ticket, (Stage.FIRST_CONTACT,), now), spoke]


def report(ticket: Ticket, command: c.Report, rules: Rules, now: datetime) -> list[Event]:
    """阶段性反馈: the caller reads what has been done so far; the reply is still owed."""
    told = Event(EventKind.REPORTED, _over(ticket, Stage.INTERIM), {"unit": ticket.unit}, {"report": command.public})
    return [*overdue(ticket, (Stage.INTERIM,), now), told]


def return_(ticket: Ticket, command: c.Return, rules: Rules, now: datetime) -> list[Event]:
    """退单: the router looks again without this unit; after the city's maximum a person decides."""
    if command.proposed_unit is not None:
        check_unit(command.proposed_unit, rules, "proposed_unit")
    if command.proposed_unit == ticket.unit:
        raise Refused("same_unit", "建议的单位就是本单位，请另选或留空。", field="proposed_unit")
    window = ticket.clocks.get(Stage.RETURN)
    if window is not None and now >= window.overdue_at:
        raise Refused(
            "too_late_to_return", "退单的期限已过。请继续办理，或请督办改派。", due_at=window.due_at.isoformat()
        )
    returned = (*ticket.returned_by, ticket.unit or "")
    to_person = len(returned) >= rules.policy.max_returns
    changes: dict[str, Any] = {
        "state": State.RETURN_REQUESTED,
        "holder_kind": HolderKind.TRIAGE if to_person else HolderKind.ROUTER,
        "holder_id": "",
        "handler_id": None,
        "unit": None,
        "returned_by": returned,
        "proposed_unit": command.proposed_unit,
        "clocks": ended(ticket.clocks, OF_THE_UNIT) | started(rules, case_of(ticket, rules), (Stage.DISPATCH,), now),
    }
    facts = {"unit": ticket.unit, "proposed_unit": command.proposed_unit}
    late = overdue(ticket, OF_THE_UNIT, now)
    return [
        *late,
        Event(EventKind.RETURN_REQUESTED, changes, facts, {"basis": command.basis, "reason": command.reason}),
    ]


def reply(ticket: Ticket, command: c.Reply, rules: Rules, now: datetime) -> list[Event]:
    """答复: without contact nothing is resolved, unless the caller hides who they are or the unit says why not."""
    _check_contact(ticket, command, rules)
    texts = {"public": command.public, "internal": command.internal}
    texts |= {"no_contact": command.no_contact} if command.no_contact else {}
    changes = {
        "state": State.REPLY_SUBMITTED,
        "is_approved": False,
        "handler_id": ticket.handler_id or command.actor.id,
    }
    marked = overdue(ticket, (*OF_THE_UNIT, Stage.REPLY), now)
    clocks = ended(ticket.clocks, OF_THE_UNIT) | stopped(after(ticket, marked).clocks, (Stage.REPLY,), now)
    contacted = command.contacted or ticket.contacted_at is not None
    replied = Event(EventKind.REPLY_SUBMITTED, changes | {"clocks": clocks}, {"contacted": contacted}, texts)
    return [*marked, replied]


def approve(ticket: Ticket, command: c.Approve, rules: Rules, now: datetime) -> list[Event]:
    """审核 by the unit's leader."""
    _must_lead(command.actor.may_approve)
    return [] if ticket.is_approved else [Event(EventKind.APPROVED, {"is_approved": True})]


def send_back(ticket: Ticket, command: c.SendBack, rules: Rules, now: datetime) -> list[Event]:
    """The reply is done again, and the time counts as never stopped."""
    _must_lead(command.actor.may_approve)
    changes = {"state": State.SIGNED, "is_approved": False, "clocks": resumed(ticket.clocks, (Stage.REPLY,))}
    return [Event(EventKind.SENT_BACK, changes, texts={"reason": command.reason})]


def resolve(ticket: Ticket, command: c.Resolve, rules: Rules, now: datetime) -> list[Event]:
    """办结: on to the follow-up call."""
    if rules.policy.needs_approval(ticket.unit) and not ticket.is_approved:
        raise Refused("approval_missing", "答复要先由本单位领导审核。")
    changes: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": now}
    changes |= {"holder_kind": HolderKind.FOLLOW_UP, "holder_id": ""}
    changes |= {"clocks": started(rules, case_of(ticket, rules), (Stage.FOLLOW_UP,), now)}
    return [Event(EventKind.RESOLVED, changes, {"unit": ticket.unit})]


def supplement(ticket: Ticket, command: c.Supplement, rules: Rules, now: datetime) -> list[Event]:
    """补充: new facts stand beside the request, nothing is overwritten."""
    return [Event(EventKind.SUPPLEMENTED, texts={"supplement": command.text})]


def urge(ticket: Ticket, command: c.Urge, rules: Rules, now: datetime) -> list[Event]:
    """催办: never moves a due time; within the city's window a repeat is joined to the first."""
    if ticket.urged_at is not None and now - ticket.urged_at < rules.policy.urge_window:
        return []
    changes = {"urged_at": now, "urged_count": ticket.urged_count + 1}
    return [Event(EventKind.URGED, changes, {"unit": ticket.unit}, {"note": command.note} if command.note else {})]


def _over(ticket: Ticket, *stages: Stage) -> dict[str, Any]:
    """Return the change by which stages are over, where they had a clock."""
    gone = ended(ticket.clocks, stages)
    return {"clocks": gone} if gone else {}


def _check_contact(ticket: Ticket, command: c.Reply, rules: Rules) -> None:
    if command.no_contact or ticket.hidden_identity or ticket.confidential or ticket.contacted_at is not None:
        return
    if not command.contacted:
        raise Refused("contact_missing", "请先联系诉求人，再提交答复。", field="contacted")
    if rules.policy.contact_evidence:
        raise Refused(
            "contact_not_recorded", "请先用“联系了诉求人”记下那次联系，或写明没有联系的原因。", field="no_contact"
        )


def _must_lead(may_approve: bool) -> None:
    if not may_approve:
        raise Refused("role_may_not", "只有本单位领导可以审核答复。")
