"""The ticket 工单 as its log leaves it, and how one event moves it. Copies, computes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from shared.domain.clocks import Card, Clock, Clocks, clocks_from, merged
from shared.domain.events import Recorded
from shared.domain.terms import Channel, EndReason, HolderKind, Nature, Stage, State, Urgency

_PLAIN = frozenset({type(None), str, int, bool, float})
# Dataclasses are taken apart here, for orjson would not sort their fields.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One row of table `ticket`: codes, ids and instants only, no free text."""

    id: int
    city: str
    seq: int
    material_seq: int  # the last event by which a person changed state, holder, text or due
    state: State
    holder_kind: HolderKind
    holder_id: str  # unit code or skill code; empty for the hotline's own holders
    nature: Nature
    urgency: Urgency
    channel: Channel
    chosen_by_person: tuple[str, ...]  # fields the router must leave alone: nature, urgency, county
    county: str | None
    duty: str | None
    unit: str | None  # the lead 主办; stays while the hotline follows up
    handler_id: int | None  # the person in the unit or on the seat
    proposed_unit: str | None  # named by the unit that returned it
    returned_by: tuple[str, ...]
    accused_unit: str | None
    confidential: bool
    hidden_identity: bool
    tell_by: str | None  # how the caller is told: email, sms or nothing
    registered_by: int | None
    registered_at: datetime
    dispatched_at: datetime | None
    promised_at: datetime | None  # the date given to the caller 承诺
    clocks: Clocks  # by stage; the unit's is the reply's
    is_approved: bool
    urged_at: datetime | None
    urged_count: int
    cycle: int  # 1, then one more for each redo 重办
    resolved_at: datetime | None
    closed_at: datetime | None
    end_reason: EndReason | None
    code_version: int  # a higher one revokes pick-up code and link
    alarm: str | None  # a job of this ticket was given up, it is open too long or unsolved; a person must look
    # Logs older than these fields do not name them.
    caller_redos: int = 0  # how often the caller has sent it back to work
    contacted_at: datetime | None = None  # when this unit last spoke with the caller in this cycle
    rated: tuple[str, ...] = ()  # what the caller has rated: the call once, the matter once in a cycle

    @property
    def reply_clock(self) -> Clock | None:
        """The unit's clock 承办时钟."""
        return self.clocks.get(Stage.REPLY)

    @property
    def due_at(self) -> datetime | None:
        """When the unit's answer is due; None before dispatch or where no limit applies."""
        return self.reply_clock.due_at if self.reply_clock else None

    @property
    def is_warned(self) -> bool:
        """Tell whether the unit has its yellow card 黄牌."""
        return self.reply_clock is not None and self.reply_clock.card >= Card.YELLOW

    @property
    def is_overdue(self) -> bool:
        """Tell whether the unit's answer is late."""
        return self.reply_clock is not None and self.reply_clock.card >= Card.OVERDUE


def evolve(ticket: Ticket | None, recorded: Recorded) -> Ticket:
    """Return the ticket after `recorded`. Total: every event of the log can be applied in its order."""
    changes: dict[str, Any] = {name: _DECODE[name](value) for name, value in recorded.changes.items()}
    changes["seq"] = recorded.seq
    changes["clocks"] = merged(ticket.clocks if ticket else {}, changes.get("clocks", {}))
    if recorded.is_material:
        changes["material_seq"] = recorded.seq
    return Ticket(**changes) if ticket is None else replace(ticket, **changes)


def encode(value: Any) -> Any:
    """Return `value` as canonical JSON can hold it: instants as ISO 8601 UTC with microseconds, enums as codes."""
    return value if type(value) in _PLAIN else orjson.loads(dumps(value))


def dumps(value: Any, options: int = 0) -> bytes:
    """Return the JSON of `encode`d values, of rows that hold tickets' fields as they are; `options` are orjson's."""
    return orjson.dumps(value, _form, _OPTIONS | options)


def _form(value: Any) -> Any:
    if type(value) is datetime:
        at = value if value.tzinfo is UTC else value.astimezone(UTC)
        return at.isoformat(timespec="microseconds")
    if is_dataclass(value):
        return {name: getattr(value, name) for name in _names(value.__class__)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def ticket_from_row(row: Mapping[Any, Any]) -> Ticket:
    """Build the ticket from a row of table `ticket`; further columns are ignored."""
    values = {name: decode(row[name]) for name, decode in _DECODE.items()}
    return Ticket(**{**values, "clocks": merged({}, values["clocks"])})


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _optional_end_reason(value: Any) -> EndReason | None:
    return None if value is None else EndReason(value)


def _same(value: Any) -> Any:
    return value


_DECODE: dict[str, Callable[[Any], Any]] = {field.name: _same for field in fields(Ticket)}
_DECODE |= {name: _instant for name in _DECODE if name.endswith("_at")}
_DECODE |= {
    "state": State,
    "holder_kind": HolderKind,
    "nature": Nature,
    "urgency": Urgency,
    "channel": Channel,
    "chosen_by_person": tuple,
    "returned_by": tuple,
    "rated": tuple,
    "end_reason": _optional_end_reason,
    "clocks": clocks_from,
}
