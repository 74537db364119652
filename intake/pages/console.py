"""The operator's console 受理台: register while the caller speaks, read number and code out, or answer at once."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError

from intake import schemas
from intake.acts import ACTS, carry_out, current_viewer
from intake.pages.act_forms import FIELDS
from intake.pages.blueprints import staff_pages
from intake.pages.filters import holder_name, spoken
from intake.pages.frame import framed, tabs
from intake.pages.looks import note_look
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.new_request import form_key
from intake.pages.options import counties, of_table, unit_code, unit_names
from intake.pages.replies import page
from intake.pages.sheet import Sheet, read_sheet
from intake.pages.speaking import code_words, digits_spoken
from intake.pages.words import say
from intake.registration import Accepted, accepted
from intake.registration import register as register_request
from intake.stores import engine
from shared.domain.errors import Refused
from shared.domain.labels import CHANNELS, NATURES, URGENCIES
from shared.domain.terms import HolderKind
from shared.domain.ticket import Ticket
from shared.ledger.write import business_now

_KEY_BYTES = 16
_ANSWER = "answer"


@staff_pages.get("/console")
def console() -> Response:
    """Show an empty form, or the ticket just registered with its read-out dock."""
    number = request.args.get("read")
    return _registered(number) if number else _form(secrets.token_urlsafe(_KEY_BYTES), {})


@staff_pages.post("/console")
def register() -> Response:
    """Register, and with the second button answer and close."""
    viewer, key, typed = current_viewer(), form_key(), typed_form()
    answer = typed.pop(_ANSWER, "")
    closes = request.form.get("then") == _ANSWER
    try:
        if closes and not answer:
            raise ValidationError({_ANSWER: ["Missing data for required field."]})
        if "accused_unit" in typed:
            typed["accused_unit"] = unit_code(typed["accused_unit"])
        opened = register_request(viewer, schemas.OperatorTicketIn().load(typed), key)
    except (Refused, ValidationError) as error:
        kept = typed | {_ANSWER: answer}
        return _form(key, kept, mistake_of(error, "console", kept))
    if closes:
        try:
            carry_out(ACTS["answer_directly"], viewer, opened.ticket.id, {"public": answer})
        except (Refused, ValidationError) as error:
            if not opened.is_replay:
                return _registered(opened.number, mistake_of(error, "answer_directly", {"public": answer}))
    return redirect(url_for("staff_pages.console", read=opened.number), 303)  # type: ignore[return-value]


def _form(key: str, typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    viewer = current_viewer()
    with engine().connect() as connection:
        bar = tabs(viewer, connection)
    html = framed(
        "staff/console.html", bar, "console", key=key, typed=typed, mistake=mistake, sheet=None,
        counties=counties(), natures=of_table(NATURES), urgencies=of_table(URGENCIES), channels=of_table(CHANNELS),
        units=unit_names(),
    )  # fmt: skip
    return page(html, mistake)


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
