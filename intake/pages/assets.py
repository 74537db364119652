"""Style sheets and scripts: addressed by their content, kept for a year, sent compressed where the browser takes it."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for

_FOLDER = Path(__file__).parents[1] / "static"
_KEPT_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Let the app serve its static files so."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _KEPT_SECONDS
    app.add_template_global(asset)
    app.after_request(_compress)


def asset(name: str) -> str:
    """Return the address of a static file; another content has another address."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:8]


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress((_FOLDER / name).read_bytes(), mtime=0)


def _compress(response: Response) -> Response:
    """Compress a static file. Pages are not: they hold secrets beside what others typed (BREACH)."""
    if request.endpoint != "static" or response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    name = (request.view_args or {}).get("filename", "")
    response.close()  # the file that it would have sent
    response.direct_passthrough = False
    response.set_data(_compressed(name))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
