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
from intake.pages.calls import bind, call_id_of, panel, phone_of
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
from intake.uploads.forms import take_files
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
    return _registered(number) if number else form_page({"call": request.args.get("call", "")})


@staff_pages.post("/console")
def register() -> Response:
    """Register, and with the second button answer and close."""
    viewer, key, typed = current_viewer(), form_key(), typed_form()
    answer, call_id = typed.pop(_ANSWER, ""), call_id_of(typed.pop("call", ""))
    closes = request.form.get("then") == _ANSWER
    try:
        if closes and not answer:
            raise ValidationError({_ANSWER: ["Missing data for required field."]})
        if "accused_unit" in typed:
            typed["accused_unit"] = unit_code(typed["accused_unit"])
        phone = None if "phone" in typed else phone_of(call_id)
        files = take_files(viewer)
        said = {**typed, **({"phone": phone} if phone else {}), **files.fields}
        opened = register_request(viewer, schemas.OperatorTicketIn().load(said), key, files.marks)
    except (Refused, ValidationError) as error:
        kept = typed | {_ANSWER: answer, "call": str(call_id or "")}
        return form_page(kept, mistake_of(error, "console", kept), key=key)
    files.tell_lost()
    bind(call_id, opened.ticket.id)
    if closes:
        try:
            carry_out(ACTS["answer_directly"], viewer, opened.ticket.id, {"public": answer})
        except (Refused, ValidationError) as error:
            if not opened.is_replay:
                return _registered(opened.number, mistake_of(error, "answer_directly", {"public": answer}))
    return redirect(url_for("staff_pages.console", read=opened.number), 303)  # type: ignore[return-value]


def form_page(
    typed: Mapping[str, str],
    mistake: Mistake | None = None,
    *,
    key: str | None = None,
    shown: Mapping[int, str] | None = None,
) -> Response:
    """Return the form with what was typed, beside the calls; `typed["call"]` names the one that is registered."""
    viewer = current_viewer()
    with engine().connect() as connection:
        bar = tabs(viewer, connection)
        calls = panel(viewer, connection, call_id_of(typed.get("call", "")), dict(shown or {}))
    html = framed(
        "staff/console.html", bar, "console", key=key or secrets.token_urlsafe(_KEY_BYTES), typed=typed,
        mistake=mistake, sheet=None, counties=counties(), natures=of_table(NATURES), urgencies=of_table(URGENCIES),
        channels=of_table(CHANNELS), units=unit_names(), calls=calls, phone=bool(shown),
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
