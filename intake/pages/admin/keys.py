"""API keys of neighbouring systems: list, make, rotate, revoke. A key is shown once, on the page that made it."""

from collections.abc import Mapping

from flask import Response, redirect, request, url_for

from intake.acts import current_viewer
from intake.fields import whole_number
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.words import say
from intake.stores import engine
from shared import api_keys
from shared.api_keys import LONGEST_NAME, MOST_PER_DAY, NewKey, Scope
from shared.domain.errors import Refused

_DEFAULTS: Mapping[str, str] = {"per_minute": "60", "per_day": "10000", "days": "365"}
_LONGEST_NUMBER = len(str(MOST_PER_DAY))


@staff_pages.get("/admin/keys")
def keys() -> Response:
    """List the keys."""
    return _keys(_DEFAULTS)


@staff_pages.post("/admin/keys")
def add_key() -> Response:
    """Make a key and show it."""
    typed, scopes = typed_form(), frozenset(_scopes(request.form.getlist("scopes")))
    kept = typed | {"scopes": " ".join(scopes)}
    try:
        new = NewKey(
            name=typed.get("name", "")[: LONGEST_NAME + 1],
            scopes=scopes,
            per_minute=_number(typed.get("per_minute")),
            per_day=_number(typed.get("per_day")),
            days=_number(typed["days"]) if typed.get("days") else None,
        )
        with engine().begin() as connection:
            key_id, token = api_keys.add(connection, current_viewer(), new)
    except Refused as error:
        return _keys(kept, mistake_of(error, "key", kept))
    return _keys(_DEFAULTS, fresh=token, of=key_id)


@staff_pages.post("/admin/keys/<int:key_id>/rotate")
def rotate_key(key_id: int) -> Response:
    """Give a key a new secret and show it; the old one goes on working for a week."""
    with engine().begin() as connection:
        token = api_keys.rotate(connection, current_viewer(), key_id)
    return _keys(_DEFAULTS, fresh=token, of=key_id)


@staff_pages.post("/admin/keys/<int:key_id>/revoke")
def revoke_key(key_id: int) -> Response:
    """Let a key open nothing any more."""
    with engine().begin() as connection:
        api_keys.revoke(connection, current_viewer(), key_id)
    return redirect(url_for("staff_pages.keys", revoked="1"), 303)  # type: ignore[return-value]


def _keys(
    typed: Mapping[str, str], mistake: Mistake | None = None, fresh: str | None = None, of: int | None = None
) -> Response:
    with engine().connect() as connection:
        known = api_keys.list_keys(connection, current_viewer())
    said = say("key.revoked.done") if "revoked" in request.args else None
    return admin_page(
        "keys", mistake, keys=known, typed=typed, fresh=fresh, of=of, said=said, scopes=list(Scope)
    )  # fmt: skip


def _scopes(typed: list[str]) -> list[Scope]:
    return [scope for scope in Scope if scope in typed]


def _number(typed: str | None) -> int:
    """Return a number, 0 for what is none, which the room refuses by the field's name."""
    return whole_number(typed, _LONGEST_NUMBER) or 0
