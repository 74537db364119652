"""Webhooks: systems that are told of public steps. A secret is shown once, on the page that made it."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Response, redirect, request, url_for

from intake.acts import current_viewer
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.words import say
from intake.stores import engine
from shared import webhooks
from shared.domain.errors import Refused
from shared.domain.events import PUBLIC, EventKind
from shared.keys import keys
from shared.ledger.write import business_now
from shared.outside import LONGEST_URL, Outside
from shared.settings import settings

REPLAY_DAYS = (1, 3, 7)
_DONE = ("test", "enable", "disable", "replay")


@staff_pages.get("/admin/webhooks")
def hooks() -> Response:
    """List the endpoints and how they do."""
    return _hooks({})


@staff_pages.post("/admin/webhooks")
def add_hook() -> Response:
    """Make an endpoint and show its secret."""
    typed, kinds = typed_form(), request.form.getlist("kinds")
    kept = typed | {"kinds": " ".join(kinds)}
    outside = Outside(settings().webhook_networks, settings().is_dev)
    said = (typed.get("url", "")[: LONGEST_URL + 1], kinds)
    try:
        with engine().begin() as connection:
            made, secret = webhooks.add(connection, current_viewer(), keys(), outside, said)
    except Refused as error:
        return _hooks(kept, mistake_of(error, "hook", kept))
    return _hooks({}, fresh=secret, of=made)


@staff_pages.post("/admin/webhooks/<int:hook_id>/rotate")
def rotate_hook(hook_id: int) -> Response:
    """Show a new secret; the one before goes on signing beside it."""
    with engine().begin() as connection:
        secret = webhooks.rotate(connection, current_viewer(), keys(), hook_id)
    return _hooks({}, fresh=secret, of=hook_id)


@staff_pages.post("/admin/webhooks/<int:hook_id>/<any(test, enable, disable, replay):what>")
def change_hook(hook_id: int, what: str) -> Response:
    """Test an endpoint, let it be told or not, or send again what has failed."""
    viewer = current_viewer()
    with engine().begin() as connection:
        if what == "test":
            webhooks.test(connection, viewer, hook_id)
        elif what == "replay":
            days = request.form.get("days", "")
            wanted = int(days) if days in map(str, REPLAY_DAYS) else REPLAY_DAYS[0]
            webhooks.replay_failed(connection, viewer, hook_id, business_now(connection) - timedelta(days=wanted))
        else:
            webhooks.set_state(connection, viewer, hook_id, is_active=what == "enable")
    return redirect(url_for("staff_pages.hooks", done=what), 303)  # type: ignore[return-value]


def _hooks(
    typed: Mapping[str, str], mistake: Mistake | None = None, fresh: str | None = None, of: int | None = None
) -> Response:
    with engine().connect() as connection:
        known = webhooks.list_endpoints(connection, current_viewer())
    done = request.args.get("done")
    return admin_page(
        "hooks", mistake, hooks=known, typed=typed, fresh=fresh, of=of, days=REPLAY_DAYS,
        said=say(f"hook.{done}.done") if done in _DONE else None,
        kinds=[kind for kind in EventKind if kind in PUBLIC],
    )  # fmt: skip
