"""The caller's page 查询: what is happening, when they hear, who has it, and what they can do."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Response, redirect, render_template, request, url_for
from marshmallow import ValidationError

from intake.acts import ACTS, CALLER_ACTS, carry_out, current_viewer, legal_acts
from intake.pages.blueprints import public_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.replies import page
from intake.pages.story import story
from intake.pages.words import say
from intake.problems import problem
from intake.stores import reading, rules
from intake.uploads.forms import take_files
from shared.domain.errors import Refused
from shared.ledger.write import business_now
from shared.reads.tickets import public_view

_NOTICES = {
    "supplement": "ticket.supplemented",
    "urge": "ticket.urged",
    "urge_joined": "ticket.urged.already",
    "withdraw": "ticket.withdrawn",
    "tell_by": "ticket.tell_by.done",
    "tell_by_joined": "ticket.tell_by.done",
    "hide_identity": "ticket.hidden",
    "hide_identity_joined": "ticket.hidden",
    "confirm_joined": "ticket.confirmed",
    "confirm_closed": "ticket.confirmed.closed",
    "confirm_reopened": "ticket.confirmed.reopened",
    "confirm_resolved": "ticket.confirmed.resolved",
}


@public_pages.get("/ticket")
def ticket() -> Response:
    """Show the caller's own ticket."""
    return _ticket({})


@public_pages.get("/ticket/withdraw")
def withdrawal() -> Response:
    """Ask once before a request is taken back."""
    return _withdrawal({})


@public_pages.post("/ticket/<any({}):act>".format(", ".join(CALLER_ACTS)))
def act(act: str) -> Response:
    """Carry out an act of the caller's."""
    viewer, typed = current_viewer(), typed_form()
    try:
        files = take_files(viewer)
        done = carry_out(ACTS[act], viewer, viewer.ticket_id or 0, {**typed, **files.fields})
    except (Refused, ValidationError) as error:
        mistake = mistake_of(error, act, typed)
        if isinstance(error, Refused) and error.code == "not_now":
            mistake = replace(mistake, sentence=say("ticket.not_now"))
        return _withdrawal(typed, mistake) if act == "withdraw" and mistake.fields else _ticket(typed, mistake)
    files.tell_lost()
    said = act if done.event_count else f"{act}_joined"
    if act == "confirm" and done.event_count:
        said = f"{act}_{done.ticket.state}"
    return redirect(url_for("public_pages.ticket", said=said), 303)  # type: ignore[return-value]


def _ticket(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    viewer = current_viewer()
    with reading() as connection:
        view = public_view(viewer, connection, rules())
        now = business_now(connection)
    if view is None:
        return problem(404, "http_404", "")
    notice = _NOTICES.get(request.args.get("said", ""))
    html = render_template(
        "public/ticket.html",
        page=story(view, legal_acts(viewer, view.ticket, now), now),
        notice=say(notice) if notice else None,
        typed=typed,
        mistake=mistake,
    )
    return page(html, mistake)


def _withdrawal(typed: Mapping[str, str], mistake: Mistake | None = None) -> Response:
    with reading() as connection:
        view = public_view(current_viewer(), connection, rules())
    if view is None:
        return problem(404, "http_404", "")
    return page(render_template("public/withdraw.html", title=view.title, typed=typed, mistake=mistake), mistake)
