"""Files on pages: an address that asks for the right to it, and from there a link that is dead after five minutes."""

from flask import Flask, Response, redirect, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from intake.acts import current_viewer
from intake.pages.blueprints import public_pages, staff_pages
from intake.pages.words import say
from intake.uploads.serving import find, served
from shared.domain.errors import NotYours
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.reads.files import FileView

LINK_SECONDS = 300
_SOUNDS, _FILMS = ("mp3", "wav", "m4a"), ("mp4",)


@public_pages.get("/ticket/files/<file_id>")
def file(file_id: str) -> Response:
    """Send the caller on to a short-lived link."""
    return _linked("public_pages.opened", file_id)


@public_pages.get("/files/<token>")
def opened(token: str) -> Response:
    """Give the file to whom the link was made for."""
    return _opened(token)


@staff_pages.get("/attachments/<file_id>", endpoint="file")
def file_of_staff(file_id: str) -> Response:
    """Send a member of staff on to a short-lived link."""
    return _linked("staff_pages.opened", file_id)


@staff_pages.get("/files/<token>", endpoint="opened")
def opened_by_staff(token: str) -> Response:
    """Give the file to whom the link was made for, who is noted in the access log."""
    return _opened(token)


def install(app: Flask, surface: str) -> None:
    """Give the templates the address and the words of a file."""
    app.add_template_global(lambda view: url_for(f"{surface}_pages.file", file_id=view.id), "file_url")
    app.add_template_filter(file_name)
    app.add_template_filter(file_size)


def file_name(view: FileView) -> str:
    """Return the name, or what the file is where the name could say who asks."""
    if view.name is not None:
        return view.name
    what = "picture" if view.is_picture else "sound" if view.extension in _SOUNDS else "document"
    return say(f"file.{'film' if view.extension in _FILMS else what}", extension=view.extension)


def file_size(view: FileView) -> str:
    """Return the size as people read it."""
    return f"{view.size / 1e6:.1f} MB" if view.size >= 100_000 else f"{max(view.size / 1e3, 0.1):.1f} kB"


def _linked(endpoint: str, file_id: str) -> Response:
    viewer = current_viewer()
    find(viewer, file_id, "asked_for_file")
    token = _signer().dumps([file_id, _who(viewer)])
    return redirect(url_for(endpoint, token=token), 303)  # type: ignore[return-value]


def _opened(token: str) -> Response:
    viewer = current_viewer()
    try:
        file_id, who = _signer().loads(token, max_age=LINK_SECONDS)
    except (BadSignature, ValueError, TypeError):
        raise NotYours from None
    if who != _who(viewer):
        raise NotYours
    return served(viewer, file_id)


def _who(viewer: Viewer) -> str:
    return f"{viewer.role}:{viewer.id}:{viewer.ticket_id}"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys().session, salt="file")
