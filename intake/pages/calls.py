"""Calls at the console: what rings at the viewer's seat, what was answered there, and whom to call back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, g, redirect, url_for
from sqlalchemy.engine import Connection

from intake.acts import current_viewer
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import mistake_of
from intake.pages.words import say
from intake.reveal import note_call_back
from intake.stores import engine, reading, rules
from shared import calls, drafts, errands
from shared.attempts import TooMany
from shared.domain.trying import next_try
from shared.domain.viewer import Viewer
from shared.reads import calls as reads


@dataclass(frozen=True, slots=True)
class Panel:
    """What the console shows of calls. `shown` is a number that was asked for, by the id of its call."""

    at_seat: list[reads.SeatCall]
    call_backs: list[reads.CallBack]
    shown: dict[int, str]
    draft: reads.SeatCall | None = None
    held: Mapping[int, errands.Held] = field(default_factory=dict)  # who calls which number back now


def panel(viewer: Viewer, connection: Connection, draft_id: int | None, shown: dict[int, str] | None = None) -> Panel:
    """Read the panel; `draft_id` names the call that is being registered."""
    at_seat = reads.at_seat(viewer, connection, rules(), g.staff.extension)
    draft = next((one for one in at_seat if one.id == draft_id), None)
    backs = reads.call_backs(viewer, connection)
    held = errands.held(connection, errands.Errands.CALL_BACK, [one.id for one in backs])
    return Panel(at_seat, backs, shown or {}, draft, held)


def first_of(viewer: Viewer, connection: Connection, call_id: int) -> int | None:
    """Return the missed call that stands for its number among the errands."""
    return reads.first_missed(viewer, connection, call_id)


def phone_of(call_id: int | None) -> str | None:
    """Return the number of a call that was answered at the viewer's seat, for the ticket that is made of it."""
    if call_id is None:
        return None
    with reading() as connection:
        return reads.draft_phone(current_viewer(), connection, g.staff.extension, call_id)


def bind(connection: Connection, call_id: int | None, ticket_id: int) -> None:
    """Bind a ticket that is being registered to the call it came by."""
    if call_id is not None:
        calls.link(connection, current_viewer(), g.staff.extension, call_id, ticket_id)


@staff_pages.post("/calls/<int:call_id>/number")
def call_back_number(call_id: int) -> Response:
    """Show the whole number of a missed call once; that is written down first."""
    return shown_number(current_viewer(), call_id)


def shown_number(viewer: Viewer, call_id: int) -> Response:
    """Return the console with the whole number of a missed call, counted and written down first if it still waits."""
    from intake.pages.console import form_page
    from intake.pages.drafts import Form

    with reading() as connection:
        phone, first = reads.call_back_number(viewer, connection, call_id), first_of(viewer, connection, call_id)
    if not phone or first is None:
        return form_page(Form(note=say("call.back.none")))
    try:
        note_call_back(viewer, call_id)
    except TooMany as error:
        with engine().begin() as connection:
            errands.let_go(connection, viewer, errands.Errands.CALL_BACK, call_id)  # somebody else may call
        return form_page(Form(), mistake_of(error, "call", {}))
    return form_page(Form(), shown={first: phone})


@staff_pages.post("/calls/<int:call_id>/<any(reached,unreached):outcome>")
def call_back(call_id: int, outcome: str) -> Response:
    """Note how a call-back went."""
    viewer = current_viewer()
    with engine().begin() as connection:
        first = first_of(viewer, connection, call_id)
        if calls.note_call_back(connection, viewer, call_id, is_reached=outcome == "reached") and first is not None:
            again = next_try(drafts.now(connection), rules().zone)
            if outcome == "reached":
                errands.let_go(connection, viewer, errands.Errands.CALL_BACK, first)
            else:
                errands.put_off(connection, errands.Errands.CALL_BACK, first, again, is_try=True)
    return redirect(url_for("staff_pages.console"), 303)  # type: ignore[return-value]
