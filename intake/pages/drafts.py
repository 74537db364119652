"""Operators' drafts at the console 草稿: kept as one types, resumed after a crash, never written over in silence."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from marshmallow import ValidationError
from sqlalchemy.engine import Connection

from intake import schemas
from intake.acts import current_viewer
from intake.fields import e164, whole_number
from intake.pages.blueprints import staff_pages
from intake.pages.calls import phone_of
from intake.pages.filters import short_instant
from intake.pages.mistakes import typed_form
from intake.pages.new_request import form_key
from intake.pages.options import unit_code
from intake.pages.words import say
from intake.registration import is_as_registered
from intake.stores import engine, reading, rules
from shared import access_log, drafts
from shared.domain.errors import Refused
from shared.domain.numbers import number_of
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.reads.by_phone import PhoneTicket, tickets_of_phone
from shared.reads.tickets import ticket_view

_KEY_BYTES, _WRITER_BYTES = 16, 8
_LONGEST_VERSION, _LONGEST_WRITER, _LONGEST_FIELD, _FIRST_WORDS = 9, 40, 12_000, 30
ANSWER = "answer"  # what is told at once, and no part of the request
_NOT_TYPED = ("version", "writer", "call")


def new_key() -> str:
    """Return the key of a new form."""
    return secrets.token_urlsafe(_KEY_BYTES)


def _new_writer() -> str:
    return secrets.token_urlsafe(_WRITER_BYTES)


@dataclass(frozen=True, slots=True)
class Form:
    """The console's form as it is shown: what stands in it, and which draft and window it is."""

    typed: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    call_id: int | None = None
    version: int = 0
    writer: str = field(default_factory=_new_writer)
    saved_at: datetime | None = None
    note: str = ""  # what the person must know of it: another window's draft, a ticket it has become
    other: str | None = None  # where that can be looked at

    @property
    def written(self) -> drafts.Written:
        """Return it as the drafts keep it."""
        return drafts.Written(self.key, self.writer, self.version, self.typed, self.call_id)


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft in the list of the viewer's own."""

    key: str
    words: str
    updated_at: datetime


def sent_form() -> Form:
    """Return the form that was sent."""
    typed = {name: value[:_LONGEST_FIELD] for name, value in typed_form().items() if name not in _NOT_TYPED}
    version, writer = whole_number(request.form.get("version"), _LONGEST_VERSION), request.form.get("writer", "")
    return Form(
        typed, form_key(), whole_number(request.form.get("call")), version or 0,
        writer if 0 < len(writer) <= _LONGEST_WRITER and writer.isascii() else _new_writer(),
    )  # fmt: skip


def request_of(form: Form, files: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that the form makes. Raises `ValidationError`."""
    said = {name: value for name, value in form.typed.items() if name != ANSWER}
    if "accused_unit" in said:
        said["accused_unit"] = unit_code(said["accused_unit"])
    phone = None if "phone" in said else phone_of(form.call_id)
    data: dict[str, Any] = schemas.OperatorTicketIn().load({**said, **({"phone": phone} if phone else {}), **files})
    return data


def asked_form(viewer: Viewer, connection: Connection) -> Form | str:
    """Return the form that the address asks for, or the number of the ticket that it has become."""
    call_id = whole_number(request.args.get("call"))
    # One call, one form, however many windows open it.
    key = f"call-{call_id:08d}" if call_id is not None else request.args.get("draft", "")[:200]
    if not key:
        return Form()
    found = drafts.find(connection, viewer, key, rules().policy.draft_life)
    if found is not None:
        return Form(found.fields, found.key, found.call_id, found.version, saved_at=found.updated_at)
    number = _number_of(viewer, connection, key)
    if number is not None:
        return number
    return Form(key=key, call_id=call_id) if call_id is not None else Form(note=say("draft.gone"))


def kept_apart(form: Form, error: Refused) -> Form:
    """Return the form under a key of its own, after another window changed or registered its draft; it is kept."""
    viewer, copy = current_viewer(), Form(form.typed, call_id=form.call_id, writer=form.writer)
    if error.code == "draft_changed":
        other: str | None = url_for("staff_pages.console", draft=form.key)
    else:
        with reading() as connection:
            number = _number_of(viewer, connection, form.key)
        other = url_for("staff_pages.ticket", number=number) if number else None
    with engine().begin() as connection:
        version = drafts.save(connection, viewer, copy.written)
    sentence = say("refusal.draft_changed" if error.code == "draft_changed" else "refusal.draft_registered")
    return Form(copy.typed, copy.key, copy.call_id, version, copy.writer, note=sentence, other=other)


def listed(viewer: Viewer, connection: Connection, current: str) -> list[Listed]:
    """Return the viewer's other drafts."""
    found = drafts.of_viewer(connection, viewer, rules().policy.draft_life)
    return [Listed(one.key, _words(one.fields), one.updated_at) for one in found if one.key != current]


def history(viewer: Viewer, connection: Connection, form: Form) -> list[PhoneTicket] | None:
    """Return the earlier tickets of the phone in the form, None where there is no phone."""
    phone = e164(form.typed.get("phone", ""))
    if phone is None:
        return None
    return list(tickets_of_phone(viewer, connection, rules(), keys().blind_index(phone)))


@staff_pages.post("/console/draft")
def save_draft() -> Response:
    """Keep what was typed: for the page's script as JSON, for the button as a page."""
    viewer, form = current_viewer(), sent_form()
    try:
        with engine().begin() as connection:
            version = drafts.save(connection, viewer, form.written) if form.typed else form.version
            if request.form.get("then") == "history":
                access_log.note(connection, viewer, "searched", fields=("phone",))
            now = drafts.now(connection)
    except Refused as error:
        if error.code == "draft_registered" and _is_as_registered(viewer, form):
            return _told_registered(form)
        return _told_apart(kept_apart(form, error))
    if _is_script():
        said = say("draft.saved", at=short_instant(now))
        return jsonify(key=form.key, version=version, said=said)
    return _to_draft(form.key if form.typed else None)


@staff_pages.post("/console/draft/discard")
def discard_draft() -> Response:
    """Throw a draft away."""
    with engine().begin() as connection:
        drafts.discard(connection, current_viewer(), form_key())
    return _to_draft(None)


def _is_as_registered(viewer: Viewer, form: Form) -> bool:
    try:
        return is_as_registered(viewer, request_of(form, {}), form.key)
    except ValidationError:
        return False


def _told_registered(form: Form) -> Response:
    """Answer a save that came late: the page sent it before it registered the same words."""
    if _is_script():
        return jsonify(key=form.key, version=form.version, said=say("console.registered"))
    return _to_draft(form.key)


def _told_apart(form: Form) -> Response:
    if not _is_script():
        from intake.pages.console import form_page

        return form_page(form, status=409)
    answer = jsonify(key=form.key, version=form.version, said=form.note, other=form.other, look=say("draft.look"))
    answer.status_code = 409
    return answer


def _is_script() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _to_draft(key: str | None) -> Response:
    return redirect(url_for("staff_pages.console", draft=key), 303)  # type: ignore[return-value]


def _number_of(viewer: Viewer, connection: Connection, key: str) -> str | None:
    ticket_id = drafts.ticket_of(connection, viewer, key)
    view: Any = None if ticket_id is None else ticket_view(viewer, connection, rules(), ticket_id)
    return None if view is None else number_of(view.ticket.id, view.ticket.registered_at, rules().zone)


def _words(fields: Mapping[str, str]) -> str:
    said = fields.get("title") or fields.get("body") or next(iter(fields.values()), "")
    return said[:_FIRST_WORDS]
