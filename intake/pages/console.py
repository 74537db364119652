"""The operator's console 受理台: register while the caller speaks, read number and code out, or answer at once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError
from sqlalchemy.engine import Connection

from intake.acts import ACTS, carry_out, current_viewer
from intake.pages import drafts
from intake.pages.act_forms import FIELDS
from intake.pages.blueprints import staff_pages
from intake.pages.calls import bind, panel
from intake.pages.filters import holder_name, spoken
from intake.pages.frame import framed, tabs
from intake.pages.looks import note_look
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.options import counties, of_table, unit_names
from intake.pages.replies import page
from intake.pages.sheet import Sheet, read_sheet
from intake.pages.speaking import code_words, digits_spoken
from intake.pages.words import say
from intake.registration import Accepted, accepted
from intake.registration import register as register_request
from intake.stores import engine, reading, rules
from intake.uploads.forms import FormFiles, take_files
from shared.domain.errors import Refused
from shared.domain.labels import CHANNELS, NATURES, URGENCIES
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.drafts import finish
from shared.ledger.write import business_now


@staff_pages.get("/console")
def console() -> Response:
    """Show a form, empty or as a draft left it, or the ticket just registered with its read-out dock."""
    number = request.args.get("read")
    if number:
        return _registered(number)
    with reading() as connection:
        asked = drafts.asked_form(current_viewer(), connection)
    if isinstance(asked, str):
        return redirect(url_for("staff_pages.console", read=asked), 303)  # type: ignore[return-value]
    return form_page(asked)


@staff_pages.post("/console")
def register() -> Response:
    """Register, and with the second button answer and close."""
    viewer, form = current_viewer(), drafts.sent_form()
    closes = request.form.get("then") == drafts.ANSWER
    try:
        files = take_files(viewer)
        opened = _register(viewer, form, files, closes=closes)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.code in ("draft_changed", "key_reused"):
            return form_page(drafts.kept_apart(form, error), status=409)
        return form_page(form, mistake_of(error, "console", form.typed))
    files.tell_lost()
    if closes:
        answer = {"public": form.typed[drafts.ANSWER]}
        try:
            carry_out(ACTS["answer_directly"], viewer, opened.ticket.id, answer)
        except (Refused, ValidationError) as error:
            if not opened.is_replay:
                return _registered(opened.number, mistake_of(error, "answer_directly", answer))
    return redirect(url_for("staff_pages.console", read=opened.number), 303)  # type: ignore[return-value]


def _register(viewer: Viewer, form: drafts.Form, files: FormFiles, *, closes: bool) -> Accepted:
    """Register what the form says; in the same step its draft goes and its call is bound."""
    if closes and drafts.ANSWER not in form.typed:
        raise ValidationError({drafts.ANSWER: ["Missing data for required field."]})
    data = drafts.request_of(form, files.fields)

    def also(connection: Connection, ticket_id: int) -> None:
        finish(connection, viewer, form.written)
        bind(connection, form.call_id, ticket_id)

    return register_request(viewer, data, form.key, files.marks, also)


def form_page(
    form: drafts.Form, mistake: Mistake | None = None, *, status: int | None = None,
    shown: Mapping[int, str] | None = None,
) -> Response:  # fmt: skip
    """Return the form with what was typed, beside the calls and the viewer's other drafts."""
    viewer = current_viewer()
    with reading() as connection:
        bar = tabs(viewer, connection)
        calls = panel(viewer, connection, form.call_id, dict(shown or {}))
        others = drafts.listed(viewer, connection, form.key)
        history = drafts.history(viewer, connection, form)
    html = framed(
        "staff/console.html", bar, "console", form=form, typed=form.typed, mistake=mistake, sheet=None,
        counties=counties(), natures=of_table(NATURES), urgencies=of_table(URGENCIES), channels=of_table(CHANNELS),
        units=unit_names(), calls=calls, phone=bool(shown), drafts=others, history=history,
        draft_hours=int(rules().policy.draft_life / timedelta(hours=1)),
    )  # fmt: skip
    answer = page(html, mistake)
    answer.status_code = status or answer.status_code
    return answer


def _registered(number: str, mistake: Mistake | None = None) -> Response:
    viewer = current_viewer()
    with engine().begin() as connection:
        bar = tabs(viewer, connection)
        sheet = read_sheet(viewer, connection, number, business_now(connection))
        if sheet is not None and sheet.view.ticket.registered_by == viewer.id:
            note_look(connection, viewer, "code_read", sheet.view.ticket.id)
    if sheet is None:
        return redirect(url_for("staff_pages.console"), 303)  # type: ignore[return-value]
    if sheet.view.ticket.registered_by != viewer.id:
        return redirect(url_for("staff_pages.ticket", number=number), 303)  # type: ignore[return-value]
    html = framed("staff/console.html", bar, "console", sheet=sheet, mistake=mistake, fields=FIELDS, **_read_out(sheet))
    return page(html, mistake)


def _read_out(sheet: Sheet) -> dict[str, Any]:
    taken: Accepted = accepted(sheet.view.ticket)
    return {
        "taken": taken,
        "digits": digits_spoken(taken.number),
        "letters": code_words(taken.pick_up_code),
        "promise": _promise(sheet.view.ticket),
    }


def _promise(ticket: Ticket) -> str:
    if ticket.holder_kind is HolderKind.ARCHIVE:
        return say("console.promise.closed")
    if ticket.promised_at is None or ticket.holder_kind not in (HolderKind.UNIT, HolderKind.SEAT):
        return say("console.promise.finding")
    return say("console.promise.due", holder=holder_name(ticket), due=spoken(ticket.promised_at))
