"""Deciders for the way to the right holder: register, dispatch, triage, seat, re-dispatch, amend. Pure."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.callers import chosen_way
from shared.domain.clocks import ended
from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind
from shared.domain.levels import refuse_lower_level
from shared.domain.limits import Case
from shared.domain.routing import Decision
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Nature, Role, Stage, State, Urgency
from shared.domain.ticket import Ticket
from shared.domain.timing import OF_THE_UNIT, after, case_of, overdue, promise, recount, sources, started

_PERSON_CHOOSES = ("nature", "urgency", "county")
_FROM_INTAKE = (Stage.ACCEPT, Stage.DISPATCH, Stage.TOTAL)
_OF_THE_HOTLINE = (Stage.ACCEPT, Stage.DISPATCH)


def register(command: c.Register, rules: Rules, now: datetime) -> list[Event]:
    """受理登记: the first event carries every field of the ticket."""
    _check_county(command.county, rules)
    if command.accused_unit is not None:
        check_unit(command.accused_unit, rules, "accused_unit")
    given = tuple(name for name in _PERSON_CHOOSES if getattr(command, name) is not None)
    case = Case(command.nature or Nature.OTHER, command.urgency or Urgency.NORMAL, command.channel)
    clocks = started(rules, case, _FROM_INTAKE, now)
    changes: dict[str, Any] = {field.name: None for field in fields(Ticket)}
    changes |= {
        "id": command.ticket_id,
        "city": rules.city,
        "seq": 0,
        "material_seq": 0,
        "state": State.REGISTERED,
        "holder_kind": HolderKind.ROUTER,
        "holder_id": "",
        "nature": case.nature,
        "urgency": case.urgency,
        "channel": command.channel,
        "chosen_by_person": given,
        "county": command.county,
        "returned_by": (),
        "accused_unit": command.accused_unit,
        "confidential": command.confidential,
        "hidden_identity": command.hidden_identity,
        "tell_by": chosen_way(command.caller.email, sms=command.tell_by_sms),
        "registered_by": command.actor.id,
        "registered_at": now,
        "clocks": {stage: clock for stage, clock in clocks.items() if clock is not None},
        "is_approved": False,
        "urged_count": 0,
        "cycle": 1,
        "code_version": 1,
        "caller_redos": 0,
        "rated": (),
    }
    texts = {"title": command.title, "body": command.body}
    via = {"api_key": command.api_key} if command.api_key is not None else {}
    return [Event(EventKind.REGISTERED, changes, {**sources(rules, case, clocks), **via}, texts)]


def dispatch(ticket: Ticket, command: c.Dispatch, rules: Rules, now: datetime) -> list[Event]:
    """派单 by the router, by a person at triage, or by an expert whose question it is not."""
    _check_passed_on(command)
    if command.unit in ticket.returned_by and not command.reason:
        raise Refused("already_returned", "这个单位退过这件工单。要再派给它，请写明理由。", field="reason")
    return [*overdue(ticket, _OF_THE_HOTLINE, now), _to_unit(EventKind.DISPATCHED, ticket, command, rules, now)]


def redispatch(ticket: Ticket, command: c.Redispatch, rules: Rules, now: datetime) -> list[Event]:
    """改派 by a supervisor, or by an operator who sees the mistake before the unit has signed."""
    if command.actor.role is Role.OPERATOR and ticket.state is not State.DISPATCHED:
        raise Refused("unit_has_signed", "承办单位已经签收。要改派，请让单位退单，或请督办改派。")
    if command.unit == ticket.unit and ticket.holder_kind is HolderKind.UNIT:
        raise Refused("same_unit", "工单已经在这个单位。", field="unit")
    asked = c.Dispatch(actor=command.actor, unit=command.unit, reason=command.reason)
    late = overdue(ticket, (*_OF_THE_HOTLINE, *OF_THE_UNIT, Stage.REPLY), now)
    return [*late, _to_unit(EventKind.REDISPATCHED, ticket, asked, rules, now)]


def recall(ticket: Ticket, command: c.Recall, rules: Rules, now: datetime) -> list[Event]:
    """收回: back to triage, where everything can still be done with it; the promise to the caller stays."""
    late = overdue(ticket, (*OF_THE_UNIT, Stage.REPLY), now)
    case = case_of(ticket, rules, {"unit": None})
    clocks = ended(after(ticket, late).clocks, (*OF_THE_UNIT, Stage.REPLY)) | started(
        rules, case, (Stage.DISPATCH,), now
    )
    changes: dict[str, Any] = {"state": State.REGISTERED, "holder_kind": HolderKind.TRIAGE, "holder_id": ""}
    changes |= {"unit": None, "handler_id": None, "contacted_at": None, "clocks": clocks}
    facts = sources(rules, case, clocks) | {"from_unit": ticket.unit}
    return [*late, Event(EventKind.RECALLED, changes, facts, {"reason": command.reason})]


def send_to_seat(ticket: Ticket, command: c.SendToSeat, rules: Rules, now: datetime) -> list[Event]:
    """Put the ticket into the expert queue of a skill."""
    _check_passed_on(command)
    if command.skill not in rules.skills:
        raise Refused("unknown_skill", "没有这个专家队列，请从列表里选。", field="skill")
    if (ticket.holder_kind, ticket.holder_id) == (HolderKind.SEAT, command.skill):
        return []
    changes = _classified(ticket, command) | _accused(ticket, command.decision)
    changes |= {"state": State.REGISTERED, "holder_kind": HolderKind.SEAT, "holder_id": command.skill}
    changes |= {"handler_id": None, "unit": None, "alarm": None}
    facts = _clocks(ticket, changes, (), rules, now)
    late = overdue(ticket, _OF_THE_HOTLINE, now)
    texts = {"reason": command.reason} if command.reason else {}
    return [*late, Event(EventKind.SENT_TO_SEAT, changes, facts, texts, decision=command.decision)]


def send_to_triage(ticket: Ticket, command: c.SendToTriage, rules: Rules, now: datetime) -> list[Event]:
    """人工分拣: nobody is sure, so a person chooses. The router speaks only of tickets that it holds."""
    if command.actor.role is Role.ROUTER and ticket.holder_kind is not HolderKind.ROUTER:
        return []
    changes: dict[str, Any] = {"holder_kind": HolderKind.TRIAGE, "holder_id": "", "handler_id": None}
    facts: dict[str, Any] = {"rules": rules.version}
    if command.decision is not None:
        changes |= _classified(ticket, command.decision) | _accused(ticket, command.decision)
        case = case_of(ticket, rules, changes)
        moved = recount(ticket, rules, case, now) if case != case_of(ticket, rules) else {}
        changes |= {"clocks": moved} if moved else {}
        facts = sources(rules, case, moved)
    return [Event(EventKind.SENT_TO_TRIAGE, changes, facts, {"why": command.why}, decision=command.decision)]


def amend(ticket: Ticket, command: c.Amend, rules: Rules, now: datetime) -> list[Event]:
    """更正: a changed nature or urgency recounts the running clocks, each from the instant it was counted from."""
    _check_county(command.county, rules)
    if command.accused_unit is not None:
        check_unit(command.accused_unit, rules, "accused_unit")
        if command.accused_unit == ticket.unit:
            raise Refused("conflict_of_interest", "被投诉的单位正在办理，请先改派。", field="accused_unit")
    names = ("nature", "urgency", "county", "confidential", "hidden_identity", "accused_unit")
    given = {name: getattr(command, name) for name in names if getattr(command, name) is not None}
    changes = {name: value for name, value in given.items() if value != getattr(ticket, name)}
    if not changes:
        return []
    facts: dict[str, Any] = {"before": {name: getattr(ticket, name) for name in changes}}
    chosen = {name for name in _PERSON_CHOOSES if name in changes}
    changes["chosen_by_person"] = tuple(sorted({*ticket.chosen_by_person, *chosen}))
    if {"nature", "urgency"} & changes.keys():
        case = case_of(ticket, rules, changes)
        moved = recount(ticket, rules, case, now)
        changes |= {"clocks": moved} | promise(ticket, moved)
        facts |= sources(rules, case, moved)
    return [Event(EventKind.AMENDED, changes, facts, {"reason": command.reason})]


def _to_unit(kind: EventKind, ticket: Ticket, command: c.Dispatch, rules: Rules, now: datetime) -> Event:
    check_unit(command.unit, rules, "unit")
    _check_county(command.county, rules)
    if command.unit == ticket.accused_unit:
        raise Refused("conflict_of_interest", "诉求反映的就是这个单位，不能派给它。", field="unit")
    changes = _classified(ticket, command) | _accused(ticket, command.decision)
    changes |= {"state": State.DISPATCHED, "holder_kind": HolderKind.UNIT, "holder_id": command.unit}
    refuse_lower_level(changes.get("duty", ticket.duty), command.unit, rules)
    changes |= {"unit": command.unit, "handler_id": None, "proposed_unit": None, "is_approved": False, "alarm": None}
    changes |= {"contacted_at": None} if ticket.contacted_at is not None else {}
    facts = _clocks(ticket, changes, OF_THE_UNIT, rules, now) | {"from_unit": ticket.unit}
    texts = {"reason": command.reason} if command.reason else {}
    return Event(kind, changes, facts, texts, decision=command.decision)


def _clocks(
    ticket: Ticket, changes: dict[str, Any], also: tuple[Stage, ...], rules: Rules, now: datetime
) -> dict[str, Any]:
    """Add the clocks of a new holder to `changes` and return their facts: each holder gets its own (K20, K21).

    What else runs is counted again if the case is now another. The promise given to the caller stays, unless there is
    none yet in this cycle.
    """
    case = case_of(ticket, rules, changes)
    reply = Stage.REDO if ticket.cycle > 1 else Stage.REPLY
    moved = recount(ticket, rules, case, now) if case != case_of(ticket, rules) else {}
    clocks = moved | ended(ticket.clocks, (*_OF_THE_HOTLINE, *OF_THE_UNIT)) | started(rules, case, (reply, *also), now)
    new = {stage: clock for stage, clock in clocks.items() if clock is not None or stage in ticket.clocks}
    changes |= {"clocks": new, "dispatched_at": now}
    if ticket.promised_at is None:
        changes |= promise(ticket, new)
    return sources(rules, case, new) | {"promised_at": changes.get("promised_at", ticket.promised_at)}


def _classified(ticket: Ticket, by: Any) -> dict[str, Any]:
    """What `by` (a command or a decision) says of the ticket.

    The router leaves alone what a person has fixed and, once a unit or a seat had the ticket, what its promise was
    counted by: a return changes who must act, not what is asked or how soon.
    """
    names = ("nature", "urgency", "county", "duty")
    by_person = isinstance(by, c.Command) and by.actor.is_person
    promised = () if ticket.dispatched_at is None else ("nature", "urgency")
    fixed = () if by_person else (*ticket.chosen_by_person, *promised)
    said = {name: getattr(by, name, None) for name in names if name not in fixed}
    return {name: value for name, value in said.items() if value is not None}


def _accused(ticket: Ticket, decision: Decision | None) -> dict[str, Any]:
    """The unit that the request complains of, as the router read it: it shall never see the ticket (SECURITY S12)."""
    if decision is None or not decision.accused or ticket.accused_unit is not None:
        return {}
    return {"accused_unit": decision.accused[0]}


def _check_passed_on(command: c.Dispatch | c.SendToSeat) -> None:
    if command.actor.role is Role.EXPERT and not command.reason:
        raise Refused("reason_to_pass_on", "请写一句为什么转出。", field="reason")


def check_unit(code: str, rules: Rules, field: str) -> None:
    """Refuse a unit that the city does not have; `field` is where it was named."""
    if code not in rules.units:
        raise Refused("unknown_unit", "没有这个单位，请从列表里选。", field=field)


def _check_county(code: str | None, rules: Rules) -> None:
    if code is not None and code not in rules.counties:
        raise Refused("unknown_county", "没有这个区（市）县，请从列表里选。", field="county")
