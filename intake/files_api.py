"""JSON API v1 for files on both surfaces: send one, get an id for `files` of a step; fetch one of a ticket's."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from marshmallow import ValidationError

from intake import schemas as s
from intake.acts import current_viewer, ticket_id_for
from intake.public_api import follower, public_api
from intake.staff_api import staff_api
from intake.uploads.kinds import too_large
from intake.uploads.receiving import not_kept, receive
from intake.uploads.serving import served
from shared.domain.files import MOST_BYTES
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.settings import settings

_BYTES = {"200": {"description": "The file.", "content": {"application/octet-stream": {}}}}
_ERRORS_IN, _ERRORS_OUT = {"x-errors": [415, 507]}, {"x-errors": [409]}


@public_api.post("/files")
@public_api.doc(**_ERRORS_IN)
@public_api.arguments(s.FileIn(), location="files")
@public_api.response(201, s.FileIdOut())
def upload(parts: Mapping[str, Any]) -> Any:
    """Send one file. Name its id in `files` of a request or step within 24 hours; whoever has the id may do so once."""
    return _received(Viewer(Role.CALLER, settings().city), parts)


@public_api.get("/tickets/<number>/files/<file_id>")
@public_api.doc(responses=_BYTES, **_ERRORS_OUT)
@public_api.arguments(s.PickUpOrKeyHeader(), location="headers")
def download(header: Mapping[str, str], number: str, file_id: str) -> Response:
    """Fetch a file of the caller's own ticket."""
    viewer = follower(number, header.get("code"))
    return served(viewer, file_id, viewer.ticket_id)


@staff_api.post("/files", endpoint="upload")
@staff_api.doc(**_ERRORS_IN)
@staff_api.arguments(s.FileIn(), location="files")
@staff_api.response(201, s.FileIdOut())
def upload_by_staff(parts: Mapping[str, Any]) -> Any:
    """Send one file. Name its id in `files` or `inner_files` of a step within 24 hours; nobody else can."""
    return _received(current_viewer(), parts)


@staff_api.get("/tickets/<number>/files/<file_id>", endpoint="download")
@staff_api.doc(responses=_BYTES, **_ERRORS_OUT)
def download_by_staff(number: str, file_id: str) -> Response:
    """Fetch a file of a ticket; the view is noted in the access log."""
    viewer = current_viewer()
    return served(viewer, file_id, ticket_id_for(viewer, number))


def _received(viewer: Viewer, parts: Mapping[str, Any]) -> dict[str, str]:
    unknown = request.form.keys() | (request.files.keys() - parts.keys())
    if unknown:
        raise ValidationError({name: ["Unknown field."] for name in sorted(unknown)})
    file = parts["file"]
    if file.stream.size > MOST_BYTES:
        raise too_large()
    if file.stream.is_lost:
        raise not_kept(is_full=True)
    return {"id": receive(viewer, file.filename or "", file.stream.read())}
