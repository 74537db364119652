"""Deciders for time: clocks that start and are recounted, warning 预警, overdue 超期, red card, jobs given up. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain import commands as c
from shared.domain.clocks import Card, Changed, Clock, clock_of, late, merged, recounted
from shared.domain.events import Event, EventKind
from shared.domain.limits import Case, count
from shared.domain.rules import Rules
from shared.domain.terms import HolderKind, Stage, State
from shared.domain.ticket import Ticket

OF_THE_UNIT = (Stage.SIGN, Stage.FIRST_CONTACT, Stage.INTERIM, Stage.RETURN)  # beside its reply
TOTAL_AGE = "total_age"  # the alarm of a ticket that has been open too long, whoever has had it


def case_of(ticket: Ticket, rules: Rules, changes: dict[str, Any] | None = None) -> Case:
    """Return what decides the limits of a ticket, `changes` already made."""
    now = {name: getattr(ticket, name) for name in ("nature", "urgency", "unit", "duty")} | (changes or {})
    unit, duty = rules.units.get(now["unit"] or ""), rules.duties.get(now["duty"] or "")
    return Case(
        now["nature"], now["urgency"], ticket.channel, unit.kind if unit else None, duty.limit_class if duty else None
    )


def started(rules: Rules, case: Case, stages: Iterable[Stage], start: datetime) -> Changed:
    """Return the clocks of stages that begin at `start`; a stage without limit has none."""
    return {Stage.REPLY if stage is Stage.REDO else stage: _start(rules, case, stage, start) for stage in stages}


def sources(rules: Rules, case: Case, changed: Changed) -> dict[str, Any]:
    """Return, for an event's facts, where the limits of new clocks come from."""
    limits = {stage: rules.limits.find(clock.limit, case) for stage, clock in changed.items() if clock is not None}
    return {"limits": {stage: limit.source for stage, limit in limits.items() if limit}, "rules": rules.version}


def recount(ticket: Ticket, rules: Rules, case: Case, now: datetime) -> Changed:
    """Return the running clocks that another case or other rules move, each counted from where it began (K13)."""
    changed: Changed = {}
    for stage, clock in ticket.clocks.items():
        if clock.stopped_at is not None and stage is not Stage.REPLY:
            continue
        limit = rules.limits.find(clock.limit, case)
        new = recounted(clock, count(limit, rules.calendar, clock.started_at), now) if limit else None
        if new is None or replace(new, card=clock.card) != clock:
            changed[stage] = new
    return changed


def promise(ticket: Ticket, changed: Changed) -> dict[str, Any]:
    """Return the changed promise 承诺: it follows the unit's clock."""
    if Stage.REPLY not in changed:
        return {}
    reply = changed[Stage.REPLY]
    return {"promised_at": reply.due_at if reply else None}


def warn(ticket: Ticket, command: c.Warn, rules: Rules, now: datetime) -> list[Event]:
    """预警, once per due time and never early."""
    clock = _running(ticket, command.stage)
    if clock is None or clock.card >= Card.YELLOW or clock.warn_at is None or now < clock.warn_at:
        return []
    kind = EventKind.WARNED if command.stage is Stage.REPLY else EventKind.STAGE_WARNED
    return [_step(kind, command.stage, replace(clock, card=Card.YELLOW), _about(ticket, command.stage, clock))]


def mark_overdue(ticket: Ticket, command: c.MarkOverdue, rules: Rules, now: datetime) -> list[Event]:
    """超期, once per due time and strictly after it."""
    return overdue(ticket, (command.stage,), now)


def overdue(ticket: Ticket, stages: Iterable[Stage], now: datetime) -> list[Event]:
    """Mark late stages: when time says so, or whoever ends one late, should the worker not have been there yet."""
    events: list[Event] = []
    for stage, clock in late(ticket.clocks, stages, now):
        kind = EventKind.OVERDUE if stage is Stage.REPLY else EventKind.STAGE_OVERDUE
        facts = _about(ticket, stage, clock)
        facts["late_by_seconds"] = round((now - clock.overdue_at).total_seconds(), 3)
        event = _step(kind, stage, replace(clock, card=Card.OVERDUE), facts)
        alarm = {"alarm": TOTAL_AGE} if stage is Stage.TOTAL else {}
        events.append(replace(event, changes={**event.changes, **alarm}))
    return events


def red_card(ticket: Ticket, command: c.GiveRedCard, rules: Rules, now: datetime) -> list[Event]:
    """红牌 at the opening of the first working day after the due date."""
    clock = _running(ticket, Stage.REPLY)
    if clock is None or clock.card >= Card.RED or clock.red_at is None or now < clock.red_at:
        return []
    late_events = overdue(ticket, (Stage.REPLY,), now)
    facts = _about(ticket, Stage.REPLY, clock)
    return [*late_events, _step(EventKind.RED_CARDED, Stage.REPLY, replace(clock, card=Card.RED), facts)]


def recount_clocks(ticket: Ticket, command: c.Recount, rules: Rules, now: datetime) -> list[Event]:
    """Count the running clocks again by the city's present rules; nothing moved, nothing happened."""
    case = case_of(ticket, rules)
    changed = recount(ticket, rules, case, now)
    if not changed:
        return []
    before = {stage: ticket.clocks[stage].due_at for stage in changed}
    facts = {"before": {"due": before}} | sources(rules, case, changed)
    # What was answered, or promised by the clock of an earlier unit, is kept (K21).
    is_kept = ticket.state is State.RESOLVED or ticket.promised_at != ticket.due_at
    promised = {} if is_kept else promise(ticket, changed)
    if promised.get("promised_at", ticket.promised_at) == ticket.promised_at:
        return [Event(EventKind.RECOUNTED, {"clocks": changed}, facts)]
    if promised["promised_at"] is None:  # no limit any more: nothing to promise, and nothing to say of it
        return [Event(EventKind.RECOUNTED, {"clocks": changed} | promised, facts)]
    moved = Event(EventKind.PROMISE_MOVED, promised, {"before": ticket.promised_at})
    return [Event(EventKind.RECOUNTED, {"clocks": changed}, facts), moved]


def bury(ticket: Ticket, command: c.Bury, rules: Rules, now: datetime) -> list[Event]:
    """Raise the alarm; a ticket that only the router could move on goes to a person at triage."""
    changes: dict[str, Any] = {"alarm": command.kind}
    if ticket.holder_kind is HolderKind.ROUTER:
        changes |= {"holder_kind": HolderKind.TRIAGE, "holder_id": ""}
    return [Event(EventKind.JOB_BURIED, changes, {"job": command.kind, "part": command.part}, {"error": command.error})]


def after(ticket: Ticket, events: list[Event]) -> Ticket:
    """Return the ticket with the clocks that `events` leave, for a decider that goes on from there."""
    for event in events:
        ticket = replace(ticket, clocks=merged(ticket.clocks, event.changes.get("clocks", {})))
    return ticket


def _start(rules: Rules, case: Case, stage: Stage, start: datetime) -> Clock | None:
    limit = rules.limits.find(stage, case)
    if limit is None and stage is Stage.REDO:
        return _start(rules, case, Stage.REPLY, start)
    return None if limit is None else clock_of(stage, count(limit, rules.calendar, start))


def _running(ticket: Ticket, stage: Stage) -> Clock | None:
    clock = ticket.clocks.get(stage)
    return None if clock is None or clock.stopped_at is not None else clock


def _about(ticket: Ticket, stage: Stage, clock: Clock) -> dict[str, Any]:
    return {"stage": stage, "due_at": clock.due_at, "unit": ticket.unit}


def _step(kind: EventKind, stage: Stage, clock: Clock, facts: dict[str, Any]) -> Event:
    return Event(kind, {"clocks": {stage: clock}}, facts)
