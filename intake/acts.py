"""What people can do to a ticket: each act's name, form and command. Pages and API share this one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g

from intake import forms as f
from intake.registration import file_refs
from intake.stores import engine, ledger, reading, rules
from shared import access_log, people
from shared.domain import commands as c
from shared.domain.callers import why_not_confirm
from shared.domain.errors import NotYours, Refused
from shared.domain.numbers import ticket_id_of
from shared.domain.terms import Role, State
from shared.domain.ticket import Ticket
from shared.domain.transitions import LEGAL
from shared.domain.viewer import Viewer, may_see
from shared.ledger import Done
from shared.reads.tickets import find_by_number, has_mobile


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do. `schema` reads the form or the JSON body, `command` is what it becomes."""

    name: str
    schema: type[f.Seen]
    command: type[c.Command]


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act("answer_directly", f.AnswerIn, c.AnswerDirectly),
        Act("not_accept", f.AnswerIn, c.NotAccept),
        Act("dispatch", f.DispatchIn, c.Dispatch),
        Act("send_to_seat", f.SeatIn, c.SendToSeat),
        Act("send_to_triage", f.TriageIn, c.SendToTriage),
        Act("recall", f.ReasonIn, c.Recall),
        Act("redispatch", f.RedispatchIn, c.Redispatch),
        Act("sign", f.Seen, c.Sign),
        Act("take", f.Seen, c.Take),
        Act("hand_over", f.HandOverIn, c.HandOver),
        Act("contact", f.ContactIn, c.Contact),
        Act("report", f.ReportIn, c.Report),
        Act("return", f.ReturnIn, c.Return),
        Act("reply", f.ReplyIn, c.Reply),
        Act("approve", f.Seen, c.Approve),
        Act("send_back", f.ReasonIn, c.SendBack),
        Act("resolve", f.Seen, c.Resolve),
        Act("follow_up", f.FollowUpIn, c.FollowUp),
        Act("confirm", f.ConfirmIn, c.Confirm),
        Act("redo", f.ReasonIn, c.Redo),
        Act("close", f.CloseIn, c.Close),
        Act("withdraw", f.WithdrawIn, c.Withdraw),
        Act("amend", f.AmendIn, c.Amend),
        Act("supplement", f.SupplementIn, c.Supplement),
        Act("urge", f.UrgeIn, c.Urge),
        Act("tell_by", f.TellByIn, c.ChangeTellBy),
        Act("hide_identity", f.Seen, c.HideIdentity),
        Act("renew_code", f.ReasonIn, c.RenewCode),
    )
}
CALLER_ACTS = tuple(name for name, act in ACTS.items() if Role.CALLER in LEGAL[act.command].roles)
STAFF_ACTS = tuple(name for name, act in ACTS.items() if LEGAL[act.command].roles - {Role.CALLER})


def act_endpoints(blueprint: str, names: Iterable[str]) -> list[str]:
    """Return the endpoints under which a surface's API offers acts, each a route with a form of its own."""
    return [f"{blueprint}.act_{name}" for name in names]


def carry_out(act: Act, viewer: Viewer, ticket_id: int, form: Mapping[str, Any]) -> Done:
    """Validate a form or body and give the command to the ledger.

    Raises `marshmallow.ValidationError` with the fields that are wrong, or what `Ledger.execute` raises.
    """
    return carry_out_loaded(act, viewer, ticket_id, act.schema().load(form))


def carry_out_loaded(act: Act, viewer: Viewer, ticket_id: int, data: Mapping[str, Any]) -> Done:
    """Give the command that validated `data` make to the ledger."""
    if act.command is c.HandOver and viewer.unit is not None:
        _check_colleague(viewer, data["staff_id"])
    if act.command is c.ChangeTellBy and data["sms"]:
        _check_mobile(viewer, ticket_id)
    given = dict(data) | file_refs(viewer, data)
    return ledger().execute(act.command(actor=viewer, ticket_id=ticket_id, **given))


def ticket_id_for(viewer: Viewer, number: str) -> int:
    """Return the id of a ticket that exists for the viewer. Raises `NotYours`, and notes who asked for what."""
    with engine().begin() as connection:
        found = find_by_number(viewer, connection, rules(), number)
        if found is None:
            access_log.note(connection, viewer, "denied", ticket_id_of(number))
    if found is None:
        raise NotYours
    return found


def legal_acts(viewer: Viewer, ticket: Ticket, now: datetime) -> list[str]:
    """Return the names of the acts that are open to the viewer on this ticket at `now`."""
    if not may_see(viewer, ticket):
        return []
    return [name for name, act in ACTS.items() if _is_open(act, viewer, ticket, now)]


def _is_open(act: Act, viewer: Viewer, ticket: Ticket, now: datetime) -> bool:
    legal = LEGAL[act.command]
    if viewer.role not in legal.roles or ticket.state not in legal.states or ticket.holder_kind not in legal.holders:
        return False
    if act.command in (c.Approve, c.SendBack):
        return viewer.may_approve and not ticket.is_approved
    if act.command is c.Resolve:
        return ticket.is_approved or not rules().policy.needs_approval(ticket.unit)
    if act.command is c.Redispatch and viewer.role is Role.OPERATOR:
        return ticket.state is State.DISPATCHED
    if act.command is c.Take:
        return ticket.handler_id is None
    if act.command is c.HideIdentity:
        return not ticket.hidden_identity
    if act.command is c.Confirm:
        return why_not_confirm(ticket, rules().policy, now) is None
    return True


def _check_colleague(viewer: Viewer, staff_id: int) -> None:
    with reading() as connection:
        if staff_id not in {colleague.id for colleague in people.colleagues(connection, viewer)}:
            raise Refused("unknown_colleague", "请选择本单位的同事。", field="staff_id")


def _check_mobile(viewer: Viewer, ticket_id: int) -> None:
    with reading() as connection:
        if not has_mobile(viewer, connection, ticket_id):
            raise Refused("no_mobile", "这件诉求没有登记内地手机号码，不能发短信。可以改用邮件。", field="sms")


def current_viewer() -> Viewer:
    """Return who is asking; the access table has made sure that somebody is."""
    viewer: Viewer = g.viewer
    return viewer
