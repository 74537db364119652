"""What a command means: the events it causes, or a refusal. The only place that says no, also who may."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain import callers, closing, dispatching, handling, timing
from shared.domain import commands as c
from shared.domain.errors import Conflict, NotYours, Refused
from shared.domain.events import Event
from shared.domain.files import with_files
from shared.domain.labels import HOLDERS, STATES
from shared.domain.rules import Rules
from shared.domain.ticket import Ticket
from shared.domain.transitions import LEGAL
from shared.domain.viewer import may_see

Decider = Callable[[Ticket, Any, Rules, datetime], list[Event]]

_DECIDERS: Mapping[type[c.Command], Decider] = {
    c.AnswerDirectly: closing.answer_directly,
    c.NotAccept: closing.not_accept,
    c.Dispatch: dispatching.dispatch,
    c.SendToSeat: dispatching.send_to_seat,
    c.SendToTriage: dispatching.send_to_triage,
    c.Recall: dispatching.recall,
    c.Redispatch: dispatching.redispatch,
    c.Sign: handling.sign,
    c.Take: handling.take,
    c.HandOver: handling.hand_over,
    c.Contact: handling.contact,
    c.Report: handling.report,
    c.Return: handling.return_,
    c.Reply: handling.reply,
    c.Approve: handling.approve,
    c.SendBack: handling.send_back,
    c.Resolve: handling.resolve,
    c.FollowUp: closing.follow_up,
    c.Confirm: callers.confirm,
    c.Redo: closing.redo,
    c.Close: closing.close,
    c.Withdraw: closing.withdraw,
    c.Amend: dispatching.amend,
    c.Supplement: handling.supplement,
    c.Urge: handling.urge,
    c.RenewCode: callers.renew_code,
    c.ChangeTellBy: callers.change_tell_by,
    c.HideIdentity: callers.hide_identity,
    c.Warn: timing.warn,
    c.MarkOverdue: timing.mark_overdue,
    c.GiveRedCard: timing.red_card,
    c.Recount: timing.recount_clocks,
    c.Bury: timing.bury,
}


def decide(ticket: Ticket | None, command: c.Command, rules: Rules, now: datetime) -> list[Event]:
    """Return the events that `command` causes at `now`; an empty list means that there is nothing to do.

    Raises `Refused` (with a sentence for the person), `NotYours` or `Conflict`. Pure.
    """
    legal = LEGAL[type(command)]
    if command.actor.role not in legal.roles:
        raise Refused("role_may_not", "您的岗位不能做这一步。", role=command.actor.role)
    if isinstance(command, c.Register):
        if ticket is not None:
            raise Refused("already_registered", "这个流水号已经登记过了。")
        return with_files(dispatching.register(command, rules, now), command.files, command.inner_files)
    if ticket is None or not may_see(command.actor, ticket):
        raise NotYours
    if ticket.state not in legal.states or ticket.holder_kind not in legal.holders:
        if legal.moot_else:
            return []
        raise Refused("not_now", _why_not_now(ticket), state=ticket.state, holder=ticket.holder_kind)
    if command.seen_seq is not None and command.seen_seq < ticket.material_seq:
        raise Conflict(command.seen_seq, ticket.seq)
    absent = _on_behalf_of(ticket, command)
    events = _DECIDERS[type(command)](ticket, command, rules, now)
    if absent is not None:
        events = [replace(one, facts={**one.facts, "on_behalf_of": absent}) for one in events]
    return with_files(events, command.files, command.inner_files) if isinstance(command, c.WithFiles) else events


def _on_behalf_of(ticket: Ticket, command: c.Command) -> int | None:
    """Return the absent colleague in whose stead this is done, so that the event names both (SECURITY S17)."""
    actor = command.actor
    if isinstance(command, c.Approve | c.SendBack) and not actor.leads_unit:
        return actor.deputy_of_leader
    return ticket.handler_id if ticket.handler_id in actor.deputy_of else None


def _why_not_now(ticket: Ticket) -> str:
    return f"工单现在是“{STATES[ticket.state].zh}”，由{HOLDERS[ticket.holder_kind].zh}持有，这一步现在不能做。"
