"""A request from the web: one form, and a page with what the caller takes away."""

import secrets
from collections.abc import Mapping

from flask import Response, redirect, render_template, request, url_for
from marshmallow import ValidationError

from intake import identity, schemas
from intake.acts import current_viewer
from intake.pages.blueprints import public_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.options import counties
from intake.pages.replies import page
from intake.pages.story import newest_seq, newest_step, next_step
from intake.problems import problem
from intake.registration import accepted, register
from intake.stores import reading, rules
from intake.uploads.forms import take_files
from shared.domain.errors import Refused
from shared.domain.terms import Channel, Role
from shared.domain.viewer import Viewer
from shared.reads.tickets import public_view
from shared.settings import settings

_KEY_BYTES = 16
_SHORTEST_KEY, _LONGEST_KEY = 8, 200


@public_pages.get("/new")
def new() -> Response:
    """Show the empty form. The hidden key makes a second press of the button the same request."""
    return _form(secrets.token_urlsafe(_KEY_BYTES), {})


@public_pages.post("/new")
def send() -> Response:
    """Register the request and open it for this device."""
    key, typed, anybody = form_key(), typed_form(), Viewer(Role.CALLER, settings().city)
    try:
        files = take_files(anybody)
        data = schemas.TicketIn().load({**typed, **files.fields})
        opened = register(anybody, data | {"channel": Channel.WEB}, key, files.marks)
    except (Refused, ValidationError) as error:
        return _form(key, typed, mistake_of(error, "new", typed))
    files.tell_lost()
    token = opened.link.rsplit("/", 1)[1]
    answer = redirect(url_for("public_pages.done"), 303)
    return identity.set_cookie(answer, identity.follow_cookie(), token, is_session=False)  # type: ignore[arg-type]


@public_pages.get("/new/done")
def done() -> Response:
    """Show number, code, link and promise."""
    with reading() as connection:
        view = public_view(current_viewer(), connection, rules())
    if view is None:
        return problem(404, "http_404", "")
    html = render_template(
        "public/done.html", accepted=accepted(view.ticket), next_step=next_step(view.ticket), newest=newest_step(view),
        seq=newest_seq(view),
    )  # fmt: skip
    return page(html)


def form_key() -> str:
    """Return the form's own key, a fresh one where it was tampered with."""
    key = request.form.get("key", "")
    is_usable = _SHORTEST_KEY <= len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()
    return key if is_usable else secrets.token_urlsafe(_KEY_BYTES)


def _form(key: str, typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    html = render_template("public/new.html", key=key, typed=typed, mistake=mistake, counties=counties())
    return page(html, mistake)
