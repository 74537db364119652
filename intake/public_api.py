"""JSON API v1 on the public surface: file a request, follow it, add to it."""

from collections.abc import Mapping
from typing import Any

from flask import g
from flask_smorest import Blueprint

from intake import schemas as s
from intake.acts import ACTS, CALLER_ACTS, Act, carry_out_loaded
from intake.identity import follow
from intake.json_reader import StrictParser
from intake.plain_words import holder_in_words, steps_in_words
from intake.registration import register as register_ticket
from intake.stores import reading, rules
from shared.domain.errors import NotYours, Refused
from shared.domain.labels import PUBLIC_STATES
from shared.domain.numbers import number_of
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.reads.clients import registered_by_key
from shared.reads.tickets import public_view
from shared.settings import settings


class PublicBlueprint(Blueprint):
    """flask-smorest's blueprint with our strict reader."""

    ARGUMENTS_PARSER = StrictParser()


public_api = PublicBlueprint("public_api", __name__, url_prefix="/api/v1", description="Callers 诉求人")


@public_api.post("/tickets")
@public_api.arguments(s.IdempotencyHeader(), location="headers")
@public_api.arguments(s.TicketIn())
@public_api.response(201, s.AcceptedOut())
def register(header: Mapping[str, str], data: Mapping[str, Any]) -> Any:
    """File a request. 201 means committed; repeat with the same Idempotency-Key after any doubt."""
    anybody = Viewer(Role.CALLER, settings().city)
    accepted = register_ticket(anybody, data, header["key"])
    return accepted, 201, {"Idempotency-Replayed": "true"} if accepted.is_replay else {}


@public_api.get("/tickets/<number>")
@public_api.arguments(s.PickUpOrKeyHeader(), location="headers")
@public_api.response(200, s.PublicTicketOut())
def show(header: Mapping[str, str], number: str) -> Any:
    """Show a ticket to its caller, who proves it by number and pick-up code, or to the system that registered it."""
    viewer = follower(number, header.get("code"))
    with reading() as connection:
        view = public_view(viewer, connection, rules())
    if view is None:
        raise NotYours
    return {
        "number": view.number,
        "status": view.ticket.state.value,
        "status_text": PUBLIC_STATES[view.ticket.state].zh,
        "holder": holder_in_words(view.ticket, rules()),
        "promised_at": view.ticket.promised_at,
        "timeline": steps_in_words(view, rules()),
    }


def _offer(act: Act) -> None:
    def carry_out_act(header: Mapping[str, str], data: Mapping[str, Any], number: str) -> Any:
        viewer = follow(number, header["code"])
        done = carry_out_loaded(act, viewer, viewer.ticket_id or 0, data)
        return act_answer(done.ticket, done.event_count) | {"due_at": done.ticket.promised_at}

    carry_out_act.__doc__ = act.command.__doc__
    view = public_api.response(200, s.ActOut())(carry_out_act)
    view = public_api.arguments(s.PickUpHeader(), location="headers")(public_api.arguments(act.schema())(view))
    public_api.post(f"/tickets/<number>/{act.name}", endpoint=f"act_{act.name}")(view)


for _name in CALLER_ACTS:
    _offer(ACTS[_name])


def follower(number: str, code: str | None) -> Viewer:
    """Return who follows: the key that registered the ticket, or the caller whom number and code prove."""
    if g.api_key is None and code is None:
        raise Refused("login_needed", "请在 Pick-Up-Code 里给出提取码。(Send the Pick-Up-Code.)")
    if g.api_key is None:
        return follow(number, str(code))
    with reading() as connection:
        ticket_id = registered_by_key(connection, rules(), g.api_key.id, number)
    if ticket_id is None:
        raise NotYours
    return Viewer(Role.CALLER, g.api_key.city, ticket_id=ticket_id)


def act_answer(ticket: Any, event_count: int) -> dict[str, Any]:
    """Return what `ActOut` shows of a ticket after a command."""
    return {
        "number": number_of(ticket.id, ticket.registered_at, rules().zone),
        "state": ticket.state.value,
        "holder_kind": ticket.holder_kind.value,
        "holder_id": ticket.holder_id,
        "seq": ticket.seq,
        "due_at": ticket.due_at,
        "event_count": event_count,
    }
