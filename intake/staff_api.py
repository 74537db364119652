"""JSON API v1 on the staff surface: session, queues, tickets, and every act by its name."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Response, make_response
from flask_smorest import Blueprint

from intake import schemas as s
from intake.acts import ACTS, STAFF_ACTS, Act, carry_out_loaded, current_viewer, ticket_id_for
from intake.identity import drop_cookie, set_cookie, staff_cookie
from intake.identity import log_out as log_out_person
from intake.json_reader import StrictParser
from intake.login import log_in_whole
from intake.public_api import act_answer
from intake.registration import accepted
from intake.registration import register as register_ticket
from intake.reveal import Asked
from intake.reveal import show as show_in_full
from intake.stores import engine, reading, rules
from shared import access_log
from shared.domain.errors import NotYours, Refused
from shared.domain.numbers import LARGEST_ID
from shared.domain.terms import HolderKind, Role
from shared.domain.viewer import Viewer
from shared.reads import queues
from shared.reads.tickets import ticket_view


class StaffBlueprint(Blueprint):
    """flask-smorest's blueprint with our strict reader."""

    ARGUMENTS_PARSER = StrictParser()


staff_api = StaffBlueprint("staff_api", __name__, url_prefix="/api/v1", description="Staff")


@staff_api.post("/session")
@staff_api.doc(**{"x-errors": (401, 403)})
@staff_api.arguments(s.LoginIn())
@staff_api.response(200, s.StaffOut())
def log_in(data: Mapping[str, str]) -> Any:
    """Log in; the session is a cookie. Administrators and supervisors send their second factor as `code`."""
    done = log_in_whole(data["login"], data["password"], data.get("code"))
    response = make_response(s.StaffOut().dump(done.person))
    return set_cookie(response, staff_cookie(), done.token, is_session=True)


@staff_api.delete("/session")
@staff_api.response(204)
def log_out() -> Response:
    """End the session on the server."""
    log_out_person()
    return drop_cookie(make_response("", 204), staff_cookie())


@staff_api.get("/queues")
@staff_api.arguments(s.QueueIn(), location="query")
@staff_api.response(200, s.QueueOut())
def queue(wanted: Mapping[str, Any]) -> Any:
    """List a queue, first due first; without `holder_kind` the viewer's own."""
    viewer = current_viewer()
    chosen = queues.Queue(
        holder_kind=wanted.get("holder_kind") or own_queue(viewer)[0],
        holder_id=wanted.get("holder_id") or own_queue(viewer)[1],
        only=wanted.get("filter_by"),
        limit=wanted["limit"],
        cursor=_cursor(wanted.get("after")),
    )
    with reading() as connection:
        rows = queues.queue(viewer, connection, rules(), chosen)
    last = rows[-1] if len(rows) == chosen.limit else None
    # `Z`, because a `+` in a query is a blank to whoever does not encode it.
    after = None if last is None else f"{f'{last.due_at:%FT%T.%fZ}' if last.due_at else ''}|{last.ticket_id}"
    return {"tickets": rows, "next": after}


@staff_api.post("/tickets")
@staff_api.arguments(s.IdempotencyHeader(), location="headers")
@staff_api.arguments(s.OperatorTicketIn())
@staff_api.response(201, s.AcceptedOut())
def register(header: Mapping[str, str], data: Mapping[str, Any]) -> Any:
    """Register a request for a caller."""
    accepted = register_ticket(current_viewer(), data, header["key"])
    return accepted, 201, {"Idempotency-Replayed": "true"} if accepted.is_replay else {}


@staff_api.get("/tickets/<number>")
@staff_api.response(200, s.TicketOut())
def show(number: str) -> Any:
    """Show a ticket; the view is noted in the access log."""
    viewer = current_viewer()
    ticket_id = ticket_id_for(viewer, number)
    with engine().begin() as connection:
        view = ticket_view(viewer, connection, rules(), ticket_id)
        access_log.note(connection, viewer, "denied" if view is None else "viewed", ticket_id)
    if view is None:
        raise NotYours
    ticket = view.ticket
    answer = act_answer(ticket, 0) | {"title": view.title, "body": view.body, "timeline": view.timeline}
    answer |= {"nature": ticket.nature.value, "urgency": ticket.urgency.value, "unit": ticket.unit}
    if view.caller is not None:
        answer |= {"caller_name": view.caller.name, "caller_phone": view.caller.phone}
    return answer


def _offer(act: Act) -> None:
    def carry_out_act(data: Mapping[str, Any], number: str) -> Any:
        viewer = current_viewer()
        done = carry_out_loaded(act, viewer, ticket_id_for(viewer, number), data)
        code = {"pick_up_code": accepted(done.ticket).pick_up_code} if act.name == "renew_code" else {}
        return act_answer(done.ticket, done.event_count) | code

    carry_out_act.__doc__ = act.command.__doc__
    view = staff_api.arguments(act.schema())(staff_api.response(200, s.ActOut())(carry_out_act))
    staff_api.post(f"/tickets/<number>/{act.name}", endpoint=f"act_{act.name}")(view)


for _name in STAFF_ACTS:
    _offer(ACTS[_name])


@staff_api.post("/tickets/<number>/reveal")
@staff_api.arguments(s.RevealIn())
@staff_api.response(200, s.RevealedOut())
def reveal(data: Mapping[str, Any], number: str) -> Any:
    """Show name and phone in full; what the viewer may not know is absent. Each field is noted with the reason.

    Where the last proof is more than 15 minutes old the answer is 403 `proof_needed`: send password or code as `proof`.
    """
    viewer = current_viewer()
    return show_in_full(viewer, ticket_id_for(viewer.alone, number), Asked(**data))


def own_queue(viewer: Viewer) -> tuple[HolderKind | None, str | None]:
    """Return the queue that a person looks at first."""
    match viewer.role:
        case Role.HANDLER:
            return HolderKind.UNIT, viewer.unit
        case Role.OPERATOR | Role.SUPERVISOR:
            return HolderKind.TRIAGE, None
        case Role.EXPERT:
            return HolderKind.SEAT, None
        case _:
            return None, None


def _cursor(after: str | None) -> tuple[datetime | None, int] | None:
    if after is None:
        return None
    due_at, _, ticket_id = after.partition("|")
    with suppress(ValueError, OverflowError):
        known, last = datetime.fromisoformat(due_at).astimezone(UTC) if due_at else None, int(ticket_id)
        if 0 <= last < LARGEST_ID:
            return known, last
    raise Refused("bad_input", "after 必须是上一页给出的 next。", field="after")
