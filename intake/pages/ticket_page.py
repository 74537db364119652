"""One ticket for every role, and the forms that act on it. A refusal shows the same page with what was typed."""

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError

from intake.acts import ACTS, STAFF_ACTS, carry_out, current_viewer, ticket_id_for
from intake.pages.act_forms import with_unit_codes
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.words import say
from intake.pages.workplace import Shown, address_of, place_of, show
from intake.stores import engine
from intake.uploads.forms import take_files
from shared import access_log
from shared.domain.errors import Refused
from shared.reads.tickets import reveal_phone

SHORTEST_REASON = 5
# What leaves somebody without the ticket: their queue goes on to the next.
_GIVES_AWAY = {"seat": ("answer_directly", "send_to_seat", "send_to_triage", "dispatch")}


@staff_pages.get("/tickets/<number>")
def ticket(number: str) -> Response:
    """Show a ticket."""
    return show("ticket", Shown(number))


@staff_pages.post("/tickets/<number>/<any({}):act>".format(", ".join(STAFF_ACTS)))
def act(number: str, act: str) -> Response:
    """Carry out an act, then go back to where the form stood; a queue goes on to its next ticket."""
    viewer, typed = current_viewer(), typed_form()
    typed.pop("only", None)
    place = place_of(request.form.get("back", ""), viewer)
    try:
        files = take_files(viewer)
        carry_out(ACTS[act], viewer, _ticket_id(number), {**with_unit_codes(typed), **files.fields})
    except (Refused, ValidationError) as error:
        return show(place, Shown(number, mistake_of(error, act, typed)))
    files.tell_lost()
    if act == "renew_code":
        return redirect(url_for("staff_pages.code", number=number), 303)  # type: ignore[return-value]
    if request.form.get("back") == "console":
        return redirect(url_for("staff_pages.console", read=number), 303)  # type: ignore[return-value]
    is_next = place in ("triage", "followups") or act in _GIVES_AWAY.get(place, ())
    return redirect(address_of(place, None if is_next else number, said=act, of=number), 303)  # type: ignore[return-value]


@staff_pages.post("/tickets/<number>/reveal")
def reveal(number: str) -> Response:
    """Show the caller's whole phone once, for a reason that is written down first."""
    viewer, typed = current_viewer(), typed_form()
    place = place_of(request.form.get("back", ""), viewer)
    reason = typed.get("reason", "")
    if len(reason) < SHORTEST_REASON:
        needed = {"reason": say("reveal.short", least=SHORTEST_REASON)}
        return show(place, Shown(number, Mistake("reveal", 400, say("errors.title"), needed, typed)))
    ticket_id = _ticket_id(number)
    with engine().begin() as connection:
        address = request.remote_addr
        access_log.note(connection, viewer, "revealed", ticket_id, fields=("phone",), reason=reason, address=address)
    with engine().connect() as connection:
        phone = reveal_phone(viewer, connection, ticket_id)
    return show(place, Shown(number, phone=phone or ""))


def _ticket_id(number: str) -> int:
    return ticket_id_for(current_viewer(), number)
