"""One ticket as its viewer may see it: fields that are not theirs are absent, not empty."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.events import PUBLIC, PUBLIC_TEXTS, EventKind
from shared.domain.numbers import number_of, ticket_id_of
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer, may_identify
from shared.keys import keys
from shared.phones import is_mainland_mobile
from shared.reads.files import FileView, files_by_seq
from shared.reads.visibility import visible_to
from shared.tables.people import staff
from shared.tables.ticket import caller, decision, ticket, ticket_event, ticket_text

_STOOD = ("unit", "holder_kind", "holder_id", "promised_at")
REVEALABLE = ("name", "phone")
_SAID = ("unit", "result", "cycle")


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. `texts` by part; the actor's id and name only for staff; `decision` is the router's, if any."""

    seq: int
    kind: EventKind
    at: datetime
    actor_role: Role
    actor_id: int | None
    actor_unit: str | None
    actor_name: str | None
    changes: Mapping[str, Any]
    facts: Mapping[str, Any]
    texts: Mapping[str, str]
    decision: Mapping[str, Any] | None
    files: tuple[FileView, ...] = ()
    behalf_name: str | None = None  # of the absent colleague in whose stead it was done; for staff


@dataclass(frozen=True, slots=True)
class CallerView:
    """Who asks, masked: surname, the phone's ends, the first letter of the address (for the caller alone)."""

    name: str | None
    phone: str | None
    has_phone: bool
    email: str | None


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket with its words. `caller` is None where the viewer may not know who asks. Newest entry first."""

    ticket: Ticket
    number: str
    title: str
    body: str
    caller: CallerView | None
    timeline: tuple[TimelineEntry, ...]


def ticket_view(viewer: Viewer, connection: Connection, rules: Rules, ticket_id: int) -> TicketView | None:
    """Return the ticket, None if it does not exist for the viewer. A caller gets public events and texts only."""
    found = connection.execute(sa.select(ticket).where(visible_to(viewer), ticket.c.id == ticket_id)).mappings()
    row = found.one_or_none()
    if row is None:
        return None
    known = ticket_from_row(row)
    timeline = _timeline(viewer, connection, known)
    first = timeline[-1].texts if timeline else {}
    number = number_of(known.id, known.registered_at, rules.zone)
    who = _caller(viewer, connection, known)
    return TicketView(known, number, first.get("title", ""), first.get("body", ""), who, timeline)


def public_view(viewer: Viewer, connection: Connection, rules: Rules) -> TicketView | None:
    """Return the caller's own ticket."""
    return None if viewer.ticket_id is None else ticket_view(viewer, connection, rules, viewer.ticket_id)


def find_by_number(viewer: Viewer, connection: Connection, rules: Rules, number: str) -> int | None:
    """Return the id of a typed number, None if it is wrong or not for the viewer."""
    ticket_id = ticket_id_of(number)
    if ticket_id is None:
        return None
    query = sa.select(ticket.c.id, ticket.c.registered_at).where(visible_to(viewer), ticket.c.id == ticket_id)
    row = connection.execute(query).one_or_none()
    digits = "".join(character for character in number if character.isdecimal())
    if row is None or not number_of(row.id, row.registered_at, rules.zone).endswith(str(int("1" + digits))[1:]):
        return None
    return ticket_id


def reveal(viewer: Viewer, connection: Connection, ticket_id: int, fields: Sequence[str]) -> Mapping[str, str]:
    """Return these fields of the caller in full, if the viewer may know who asks. Note it in the access log first."""
    query = sa.select(ticket.c.hidden_identity, ticket.c.confidential, caller).join(caller)
    row = connection.execute(query.where(visible_to(viewer), ticket.c.id == ticket_id)).mappings().one_or_none()
    if row is None or not may_identify(viewer, row["hidden_identity"] or row["confidential"]):
        return {}
    clear = {name: keys().decrypt(row[name]) for name in REVEALABLE if name in fields}
    return {name: value for name, value in clear.items() if value is not None}


def has_mobile(viewer: Viewer, connection: Connection, ticket_id: int) -> bool:
    """Tell whether short messages can reach the caller of a ticket that exists for the viewer."""
    query = sa.select(caller.c.phone).join(ticket).where(visible_to(viewer), ticket.c.id == ticket_id)
    return is_mainland_mobile(keys().decrypt(connection.execute(query).scalar_one_or_none()))


def _timeline(viewer: Viewer, connection: Connection, known: Ticket) -> tuple[TimelineEntry, ...]:
    is_caller, ticket_id = viewer.role is Role.CALLER, known.id
    mine = ticket_event.c.ticket_id == ticket_id
    events = connection.execute(
        sa.select(ticket_event, decision.c.body.label("decided"))
        .outerjoin(
            decision, (decision.c.ticket_id == ticket_event.c.ticket_id) & (decision.c.seq == ticket_event.c.seq)
        )
        .where(mine)
        .order_by(ticket_event.c.seq.desc())
    ).all()
    texts: dict[int, dict[str, str]] = {}
    for row in connection.execute(sa.select(ticket_text).where(ticket_text.c.ticket_id == ticket_id)):
        if not is_caller or row.part in PUBLIC_TEXTS:
            texts.setdefault(row.seq, {})[row.part] = row.text if row.text is not None else "（已按规定删除）"
    if is_caller:
        _answer_where_resolved(events, texts)
    bodies = [json.loads(row.body) for row in events]
    stands = _as_it_stood(bodies) if is_caller else {}
    files = files_by_seq(viewer, connection, known, events)
    people = {one for body in bodies for one in (body["actor"]["id"], _absent(body)) if one is not None}
    names = {} if is_caller else _names(connection, people)
    entries = []
    for row, body in zip(events, bodies, strict=True):
        kind = EventKind(row.kind)
        if is_caller and kind not in PUBLIC:
            continue
        actor = body["actor"]
        entries.append(
            TimelineEntry(
                seq=row.seq,
                kind=kind,
                at=row.at,
                actor_role=Role(actor["role"]),
                actor_id=None if is_caller else actor["id"],
                actor_unit=actor["unit"],
                actor_name=names.get(actor["id"]) if actor["role"] != Role.CALLER else None,
                changes={} if is_caller else body["changes"],
                facts=stands[row.seq] if is_caller else body["facts"],
                texts=texts.get(row.seq, {}),
                behalf_name=names.get(_absent(body) or 0),
                decision=None if is_caller or row.decided is None else json.loads(row.decided),
                files=files.get(row.seq, ()),
            )
        )
    return tuple(entries)


def _answer_where_resolved(events: Sequence[Any], texts: dict[int, dict[str, str]]) -> None:
    """Show a reply's public text where the ticket was resolved with it; one still under review stays inside."""
    answer = ""
    for row in reversed(events):
        if row.kind == EventKind.REPLY_SUBMITTED:
            answer = texts.get(row.seq, {}).get("public", "")
        elif row.kind == EventKind.RESOLVED and answer:
            texts[row.seq] = {"public": answer}


def _as_it_stood(bodies: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return by seq what the caller may know of how things stood after each event (`bodies` newest first)."""
    stood: dict[str, Any] = {}
    found: dict[int, Mapping[str, Any]] = {}
    for body in reversed(bodies):
        stood |= {name: value for name, value in body["changes"].items() if name in _STOOD}
        said = {name: body["facts"][name] for name in _SAID if body["facts"].get(name) is not None}
        found[body["seq"]] = stood | said
    return found


def _absent(body: Mapping[str, Any]) -> int | None:
    found: int | None = body["facts"].get("on_behalf_of")
    return found


def _names(connection: Connection, ids: set[int]) -> dict[int, str]:
    rows = connection.execute(sa.select(staff.c.id, staff.c.name).where(staff.c.id.in_(ids))) if ids else ()
    return {row.id: row.name for row in rows}


def _caller(viewer: Viewer, connection: Connection, known: Ticket) -> CallerView | None:
    if not may_identify(viewer, known.hidden_identity or known.confidential):
        return None
    row = connection.execute(sa.select(caller).where(caller.c.ticket_id == known.id)).one_or_none()
    if row is None:
        return None
    name, phone = keys().decrypt(row.name), keys().decrypt(row.phone)
    email = keys().decrypt(row.email) if viewer.role is Role.CALLER else None
    return CallerView(mask_name(name), mask_phone(phone), phone is not None, mask_email(email))


def mask_name(name: str | None) -> str | None:
    """Return the surname with a star: `张*`."""
    return None if not name else name[0] + "*"


def mask_email(email: str | None) -> str | None:
    """Return the first letter and the domain: `w***@example.com`."""
    return None if not email else f"{email[0]}***@{email.rpartition('@')[2]}"


def mask_phone(phone: str | None) -> str | None:
    """Return the national digits with the middle hidden: `138****1234`."""
    if not phone:
        return None
    digits = phone.removeprefix("+86").lstrip("+")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 10 else "****" + digits[-2:]
