"""From a validated request to a committed ticket: shared by the API and the pages of both surfaces."""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import g

from intake.clients import admitted
from intake.stores import ledger, reading, rules
from shared import attachments
from shared.domain.commands import CallerDetails, Register
from shared.domain.files import PARTS
from shared.domain.numbers import number_of
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.fault_points import fault_point
from shared.keys import keys
from shared.ledger import Also, IdempotencyKey
from shared.ledger.chain import canonical
from shared.settings import settings
from shared.tables.ticket import idempotency

_ROUTE = "register"
_ABOUT_THE_CALLER = ("name", "phone", "email", "address")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the caller takes away. All of it can be derived again for a repeat."""

    number: str
    pick_up_code: str
    link: str
    registered_at: datetime
    ticket: Ticket
    is_replay: bool


def register(
    viewer: Viewer, data: Mapping[str, Any], key: str, marks: Sequence[str] | None = None, also: Also | None = None
) -> Accepted:
    """Register a request; committed when this returns. `data` is as `TicketIn` or `OperatorTicketIn` loads it.

    `marks` stand for the files when two requests are compared; without them their ids do. `also` is done in the same
    transaction, once; what it raises undoes the registration.
    """
    details = CallerDetails(**{name: data[name] for name in _ABOUT_THE_CALLER if name in data})
    rest = {name: value for name, value in data.items() if name not in (*_ABOUT_THE_CALLER, "files")}
    api_key = g.api_key.id if g.api_key is not None else None
    if viewer.id is not None:
        client = f"staff:{viewer.id}"
    elif api_key is not None:
        client = f"key:{api_key}"
    else:
        client = "public"
    named = IdempotencyKey(client, _ROUTE, key, _mac(data, marks))
    with admitted(details.phone, key) if client == "public" else nullcontext():
        command = Register(actor=viewer, caller=details, api_key=api_key, **rest, **file_refs(viewer, data))
        opened = ledger().open_ticket(command, named, also)
    answer = accepted(opened.ticket, is_replay=opened.is_replay)
    fault_point("register.answered")
    return answer


def is_as_registered(viewer: Viewer, data: Mapping[str, Any], key: str) -> bool:
    """Tell whether exactly this is what a member of staff has registered under the key. Files make it another."""
    named = (
        (idempotency.c.client == f"staff:{viewer.id}") & (idempotency.c.route == _ROUTE) & (idempotency.c.key == key)
    )
    with reading() as connection:
        mac = connection.execute(sa.select(idempotency.c.request_mac).where(named)).scalar_one_or_none()
    return mac is not None and hmac.compare_digest(bytes(mac), _mac(data, ()))


def file_refs(viewer: Viewer, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files that a form names by id, as a command names them. Raises `Refused`."""
    named = {part: data[part] for part in PARTS if data.get(part)}
    if not named:
        return {}
    with reading() as connection:
        return {part: attachments.refs(connection, viewer, ids) for part, ids in named.items()}


def _mac(data: Mapping[str, Any], marks: Sequence[str] | None) -> bytes:
    files = data.get("files") if marks is None else marks
    compared = {name: value for name, value in data.items() if name != "files"} | ({"files": files} if files else {})
    return keys().request_mac(canonical(compared).encode())


def accepted(ticket: Ticket, *, is_replay: bool = False) -> Accepted:
    """Return number, code and link of a ticket."""
    token = keys().link_token(ticket.id, ticket.code_version)
    return Accepted(
        number=number_of(ticket.id, ticket.registered_at, rules().zone),
        pick_up_code=keys().pick_up_code(ticket.id, ticket.code_version),
        link=f"{settings().public_url}/f/{token}",
        registered_at=ticket.registered_at,
        ticket=ticket,
        is_replay=is_replay,
    )
