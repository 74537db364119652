"""A file on its way out: never run, never framed, never kept by a cache (SECURITY S37, S38)."""

from io import BytesIO

from flask import Response, send_file
from sqlalchemy.engine import Connection

from intake.stores import engine
from shared import access_log
from shared.attachments import FileState, stored_as
from shared.domain.errors import NotYours, Refused
from shared.domain.terms import Role
from shared.domain.ticket import Ticket
from shared.domain.viewer import Viewer
from shared.reads.files import FileView, file_of
from shared.storage import NotStored, StorageError, storage

MIMETYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8", "mp3": "audio/mpeg", "wav": "audio/wav", "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_SANDBOX = "sandbox; default-src 'none'"


def served(viewer: Viewer, file_id: str, ticket_id: int | None = None) -> Response:
    """Return a file's bytes; whoever of the staff asks is noted. Raises `NotYours` or `Refused`."""
    view = find(viewer, file_id, "viewed_file", ticket_id)[1]
    try:
        place = storage()
        content = place.get(stored_as(view.id)) if place else None
    except NotStored:
        content = None
    except StorageError:
        raise Refused("storage_down", "附件暂时取不出来。请过几分钟再试。") from None
    if content is None:
        raise Refused("file_gone", "这个附件已经不在了。请联系 12345。")
    name = view.name or f"{view.id[:8]}.{view.extension}"
    answer = send_file(BytesIO(content), MIMETYPES[view.extension], not view.is_picture, name, etag=False)
    answer.headers["Content-Security-Policy"] = _SANDBOX
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def find(viewer: Viewer, file_id: str, action: str, ticket_id: int | None = None) -> tuple[Ticket, FileView]:
    """Return a file that exists for the viewer and may be opened. Raises `NotYours` or `Refused`."""
    with engine().begin() as connection:
        found = file_of(viewer, connection, file_id)
        if found is not None and ticket_id not in (None, found[0].id):
            found = None
        _note(connection, viewer, action if found else "denied", found[0].id if found else ticket_id, file_id)
    if found is None:
        raise NotYours
    if found[1].state is FileState.INFECTED:
        raise Refused("file_infected", "这个附件带有病毒，已经删除。")
    if not found[1].is_served:
        raise Refused("file_held", "这个附件正在查毒，过几分钟再打开。")
    return found


def _note(connection: Connection, viewer: Viewer, action: str, ticket_id: int | None, file_id: str) -> None:
    if viewer.role is not Role.CALLER:
        access_log.note(connection, viewer, action, ticket_id, fields=[f"file:{file_id[:32]}"])
