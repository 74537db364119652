"""Deciders for what callers say of the end and what they hold: their word, their ratings, their code. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.clocks import ended
from shared.domain.closing import UNSOLVED, closed, rated_by, reopened
from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind
from shared.domain.rules import Policy, Rules
from shared.domain.terms import Channel, EndReason, FollowUpResult, Stage, State
from shared.domain.ticket import Ticket
from shared.domain.timing import after, overdue

_ANSWERED = (EndReason.SOLVED, EndReason.ANSWERED, EndReason.UNREACHABLE, None)


def confirm(ticket: Ticket, command: c.Confirm, rules: Rules, now: datetime) -> list[Event]:
    """诉求人确认: solved closes, not solved goes back to work, and after the city's maximum to a person."""
    _check(ticket, command, rules.policy, now)
    result = FollowUpResult.SOLVED if command.solved else FollowUpResult.NOT_SOLVED
    facts = {"result": result, "call_rating": command.call_rating, "matter_rating": command.matter_rating}
    texts = {"said": command.reason} if command.reason else {}
    changes = rated_by(ticket, command)
    if command.solved and ticket.state is State.CLOSED:
        changes |= {} if ticket.end_reason is EndReason.SOLVED else {"end_reason": EndReason.SOLVED}
        return [Event(EventKind.CONFIRMED, changes, facts, texts)] if changes or texts else []
    if not command.solved and is_last_word(ticket, rules.policy):
        return [Event(EventKind.CONFIRMED, changes | {"alarm": UNSOLVED}, facts, texts)]
    changes |= {} if command.solved else {"caller_redos": ticket.caller_redos + 1}
    late = overdue(ticket, (Stage.FOLLOW_UP,), now)
    gone = ended(ticket.clocks, (Stage.FOLLOW_UP,))
    clocks: dict[str, Any] = {"clocks": gone} if gone else {}
    said = [*late, Event(EventKind.CONFIRMED, changes | clocks, facts, texts)]
    then = replace(after(ticket, said), **changes)
    if command.solved:
        return [*said, closed(then, EndReason.SOLVED, now)]
    return [*said, reopened(then, "诉求人确认：没有解决", rules, now)]


def renew_code(ticket: Ticket, command: c.RenewCode, rules: Rules, now: datetime) -> list[Event]:
    """换提取码: whatever was given out before opens nothing from now on."""
    changes = {"code_version": ticket.code_version + 1}
    return [Event(EventKind.CODE_RENEWED, changes, texts={"reason": command.reason})]


def change_tell_by(ticket: Ticket, command: c.ChangeTellBy, rules: Rules, now: datetime) -> list[Event]:
    """改告知方式; the address itself is in no event."""
    tell_by = chosen_way(command.email, sms=command.sms)
    if command.email is None and ticket.tell_by == tell_by:
        return []
    return [Event(EventKind.TELL_BY_CHANGED, {"tell_by": tell_by})]


def chosen_way(email: str | None, *, sms: bool) -> str | None:
    """Return how the caller is told: by one way, and by short message if that was asked for."""
    return "sms" if sms else "email" if email else None


def hide_identity(ticket: Ticket, command: c.HideIdentity, rules: Rules, now: datetime) -> list[Event]:
    """隐藏身份: from now on no unit sees who asks."""
    return [] if ticket.hidden_identity else [Event(EventKind.IDENTITY_HIDDEN, {"hidden_identity": True})]


def ratings_open(ticket: Ticket) -> tuple[str, ...]:
    """Return what the caller may still rate: the call 一次一评 only if there was one, the matter 一事一评."""
    asked = ("call", "matter") if ticket.channel is Channel.PHONE else ("matter",)
    return tuple(name for name in asked if name not in ticket.rated)


def is_last_word(ticket: Ticket, policy: Policy) -> bool:
    """Tell whether the caller has sent it back as often as the city allows, so that a person decides next."""
    return ticket.caller_redos >= policy.max_caller_redos


def why_not_confirm(ticket: Ticket, policy: Policy, now: datetime) -> Refused | None:
    """Return why the caller has no word on this ticket any more, None while they have."""
    if ticket.state is State.RESOLVED:
        return None
    if ticket.end_reason not in _ANSWERED:
        return Refused("nothing_to_confirm", "这件诉求没有办理结果可以确认。想重新办理，请拨打 12345。")
    if ticket.closed_at is not None and now - ticket.closed_at > policy.reopen_window:
        days = policy.reopen_window.days
        why = f"结束已经超过 {days} 天，网上不能再确认。问题还在，请拨打 12345，由工作人员决定。"
        return Refused("too_late_to_confirm", why, days=days)
    return None


def _check(ticket: Ticket, command: c.Confirm, policy: Policy, now: datetime) -> None:
    refusal = why_not_confirm(ticket, policy, now)
    if refusal is not None:
        raise refusal
    if not command.solved and not command.reason:
        raise Refused("reason_missing", "请写一句：哪里还没有解决。", field="reason")
    for name in ("call", "matter"):
        if getattr(command, f"{name}_rating") is not None and name not in ratings_open(ticket):
            raise Refused("not_to_rate", "这一项不用您评，或者已经评过了。", field=f"{name}_rating")
    if command.solved or not is_last_word(ticket, policy):
        return
    if ticket.state is State.CLOSED:
        why = f"您已经要求重办 {ticket.caller_redos} 次。还要不要再办，由工作人员决定，请拨打 12345。"
        raise Refused("redo_limit", why, redos=ticket.caller_redos)
    if ticket.alarm == UNSOLVED:
        raise Refused("person_decides", "您已经说过没有解决，工作人员正在决定怎么办。还有话请写在“补充情况”里。")
