"""The next one, for me: follow-ups 回访 and missed calls 漏接回拨, one person at a time, skipped for a reason only."""

from datetime import timedelta

from flask import Response, redirect, request, url_for
from sqlalchemy.engine import Connection

from intake.acts import current_viewer, ticket_id_for
from intake.fields import check_reason
from intake.pages.blueprints import staff_pages
from intake.pages.calls import first_of, shown_number
from intake.pages.console import form_page
from intake.pages.drafts import Form
from intake.pages.mistakes import mistake_of, typed_form
from intake.pages.words import say
from intake.pages.workplace import Shown, show
from intake.stores import engine, rules
from shared import access_log, drafts, errands
from shared.domain.errors import Refused
from shared.domain.numbers import number_of
from shared.domain.terms import FollowUpResult
from shared.domain.trying import next_try
from shared.domain.viewer import Viewer
from shared.errands import Errands
from shared.ledger.write import business_now
from shared.reads.tickets import ticket_view

SKIPPED_FOR = timedelta(minutes=30)


@staff_pages.post("/followups/next")
def next_follow_up() -> Response:
    """Give the operator the next ticket to follow up, and show it."""
    return _to_next(current_viewer())


@staff_pages.post("/followups/<number>/skip")
def skip_follow_up(number: str) -> Response:
    """Leave a ticket to somebody else or to later, for a reason that is written down."""
    viewer, typed = current_viewer(), typed_form()
    ticket_id, reason = ticket_id_for(viewer, number), typed.get("reason", "")
    try:
        check_reason(reason)
    except Refused as error:
        return show("followups", Shown(number, mistake_of(error, "skip", typed)))
    with engine().begin() as connection:
        access_log.note(connection, viewer, "skipped", ticket_id, reason=reason)
        errands.put_off(connection, Errands.FOLLOW_UP, ticket_id, business_now(connection) + SKIPPED_FOR)
    return _to_next(viewer)


def after_follow_up(viewer: Viewer, ticket_id: int, result: str) -> Response | None:
    """Put off who could not be reached, let go of the rest; whoever took the ticket as the next one gets another."""
    with engine().begin() as connection:
        was_mine = errands.held(connection, Errands.FOLLOW_UP, [ticket_id]).get(ticket_id)
        if result == FollowUpResult.UNREACHABLE:
            again = next_try(business_now(connection), rules().zone)
            errands.put_off(connection, Errands.FOLLOW_UP, ticket_id, again, is_try=True)
        else:
            errands.let_go(connection, viewer, Errands.FOLLOW_UP, ticket_id)
    return _to_next(viewer) if was_mine is not None and was_mine.staff_id == viewer.id else None


@staff_pages.post("/calls/next")
def next_call_back() -> Response:
    """Give the operator the next number to call back, whole; that is written down first."""
    viewer = current_viewer()
    with engine().begin() as connection:
        call_id = errands.take_next(connection, viewer, Errands.CALL_BACK)
    if call_id is None:
        return form_page(Form(note=say("call.back.none")))
    return shown_number(viewer, call_id)


@staff_pages.post("/calls/<int:call_id>/skip")
def skip_call_back(call_id: int) -> Response:
    """Leave a number to somebody else or to later, for a reason."""
    viewer, typed = current_viewer(), typed_form()
    reason = typed.get("reason", "")
    try:
        check_reason(reason)
    except Refused as error:
        return form_page(Form(), mistake_of(error, "skip", typed))
    with engine().begin() as connection:
        first = first_of(viewer, connection, call_id)
        if first is not None:
            access_log.note(connection, viewer, "skipped", fields=("call", str(first)), reason=reason)
            errands.put_off(connection, Errands.CALL_BACK, first, drafts.now(connection) + SKIPPED_FOR)
    return redirect(url_for("staff_pages.console"), 303)  # type: ignore[return-value]


def _to_next(viewer: Viewer) -> Response:
    with engine().begin() as connection:
        ticket_id = errands.take_next(connection, viewer, Errands.FOLLOW_UP)
        number = None if ticket_id is None else _number(viewer, connection, ticket_id)
    said = {"said": request.view_args.get("act"), "of": request.view_args.get("number")} if request.view_args else {}
    none = None if number else "1"
    return redirect(url_for("staff_pages.followups", t=number, none=none, **said), 303)  # type: ignore[return-value]


def _number(viewer: Viewer, connection: Connection, ticket_id: int) -> str | None:
    view = ticket_view(viewer, connection, rules(), ticket_id)
    return None if view is None else number_of(ticket_id, view.ticket.registered_at, rules().zone)
