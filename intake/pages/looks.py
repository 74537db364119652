"""Who looked at what, once per look: a page that refreshes itself is still the same look."""

from flask import request, session
from sqlalchemy.engine import Connection

from shared import access_log
from shared.domain.viewer import Viewer

_REMEMBERED = 8


def note_look(connection: Connection, viewer: Viewer, action: str, ticket_id: int | None) -> None:
    """Note a look in the access log.

    The signed form cookie remembers the last few; a refresh (live.js says so in a header) of one of them is not noted
    again. Whoever forges the header suppresses nothing but looks that are in the log already.
    """
    mark = f"{viewer.id}:{action}:{ticket_id}"
    looks: list[str] = session.get("looks", [])
    if "X-Refresh" in request.headers and mark in looks:
        return
    session["looks"] = [mark, *(look for look in looks if look != mark)][:_REMEMBERED]
    access_log.note(connection, viewer, action, ticket_id, address=request.remote_addr)
