"""One ticket for every role, and the forms that act on it. A refusal shows the same page with what was typed."""

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError

from intake.acts import ACTS, STAFF_ACTS, carry_out, current_viewer, ticket_id_for
from intake.pages.act_forms import with_unit_codes
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import mistake_of, typed_form
from intake.pages.next_one import after_follow_up
from intake.pages.workplace import Shown, address_of, place_of, show
from intake.reveal import Asked
from intake.reveal import show as show_in_full
from intake.uploads.forms import take_files
from shared.domain.errors import Refused

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
        done = carry_out(ACTS[act], viewer, _ticket_id(number), {**with_unit_codes(typed), **files.fields})
    except (Refused, ValidationError) as error:
        return show(place, Shown(number, mistake_of(error, act, typed)))
    files.tell_lost()
    if act == "renew_code":
        return redirect(url_for("staff_pages.code", number=number), 303)  # type: ignore[return-value]
    if request.form.get("back") == "console":
        return redirect(url_for("staff_pages.console", read=number), 303)  # type: ignore[return-value]
    if act == "follow_up":
        another = after_follow_up(viewer, done.ticket.id, typed["result"])
        if another is not None:
            return another
    is_next = place in ("triage", "followups") or act in _GIVES_AWAY.get(place, ())
    return redirect(address_of(place, None if is_next else number, said=act, of=number), 303)  # type: ignore[return-value]


@staff_pages.post("/tickets/<number>/reveal")
def reveal(number: str) -> Response:
    """Show the caller's name or phone in full once, for a reason that is written down first."""
    viewer, typed = current_viewer(), typed_form()
    secret = typed.pop("proof", None)
    place = place_of(request.form.get("back", ""), viewer)
    wanted = request.form.getlist("fields") or ["phone"]
    try:
        # Not what only a colleague's absence lets them see (SECURITY S17).
        seen = show_in_full(viewer, ticket_id_for(viewer.alone, number), Asked(wanted, typed.get("reason", ""), secret))
    except Refused as error:
        if error.code == "not_found":
            raise
        return show(place, Shown(number, mistake_of(error, "reveal", typed | {"fields": " ".join(wanted)})))
    return show(place, Shown(number, revealed=seen))


def _ticket_id(number: str) -> int:
    return ticket_id_for(current_viewer(), number)
