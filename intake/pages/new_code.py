"""The new pick-up code, for whoever has renewed it to read out."""

from flask import Response, redirect, url_for

from intake.acts import current_viewer, ticket_id_for
from intake.pages.blueprints import staff_pages
from intake.pages.frame import framed, tabs
from intake.pages.looks import note_look
from intake.pages.replies import page
from intake.pages.speaking import code_words, digits_spoken
from intake.registration import accepted
from intake.stores import engine, rules
from shared.domain.events import EventKind
from shared.reads.tickets import TicketView, ticket_view


@staff_pages.get("/tickets/<number>/code")
def code(number: str) -> Response:
    """Show number and code, spoken too. Nobody but who renewed it gets to see a code here; each look is noted."""
    viewer, ticket_id = current_viewer(), ticket_id_for(current_viewer(), number)
    with engine().begin() as connection:
        view = ticket_view(viewer, connection, rules(), ticket_id)
        is_mine = view is not None and _renewed_by(view) == viewer.id
        if is_mine:
            note_look(connection, viewer, "code_read", ticket_id)
        bar = tabs(viewer, connection)
    if view is None or not is_mine:
        return redirect(url_for("staff_pages.ticket", number=number), 303)  # type: ignore[return-value]
    taken = accepted(view.ticket)
    letters = code_words(taken.pick_up_code)
    return page(
        framed("staff/code.html", bar, "ticket", taken=taken, digits=digits_spoken(taken.number), letters=letters)
    )


def _renewed_by(view: TicketView) -> int | None:
    return next((entry.actor_id for entry in view.timeline if entry.kind is EventKind.CODE_RENEWED), None)
