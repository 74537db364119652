"""The body first, then a turn: a slow sender holds a thread that waits, never one of the few that work.

The server hands a request over as soon as its head is there, and reading the body has no time limit. As many threads as
the server has may wait for bodies; of those that work there are no more than serve PostgreSQL best.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING

from intake.measuring import ARRIVED
from intake.uploads.parcels import LARGEST_PARCEL_BYTES, is_parcel, unpack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


PATIENCE_SECONDS = 3.0
NO_TURN = "hotline.no_turn"


class Turns:
    """Wraps a WSGI app: reads bodies of up to `most_bytes`, then lets `turns` requests at a time through.

    A form with files may be larger; it is parsed as it comes in, its files to disk. Whoever has waited for `patience`
    goes in without a turn, for an answer that says so: those before may wait for a lock, each for its whole time.
    """

    def __init__(self, app: "WSGIApplication", turns: int, most_bytes: int, patience: float = PATIENCE_SECONDS) -> None:
        self._app, self._most_bytes, self._patience = app, most_bytes, patience
        self._turns = threading.Semaphore(turns)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if not self._take_in(environ):
            start_response("400 Bad Request", [("Content-Length", "0")])
            return []
        environ[ARRIVED] = perf_counter()
        if not self._turns.acquire(timeout=self._patience):
            return self._app(environ | {NO_TURN: True}, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._turns.release()

    def _take_in(self, environ: "WSGIEnvironment") -> bool:
        """Put the whole body into memory; tell whether it came as announced.

        What is announced as too long stays unread, and what turns out too long is cut one byte past the limit and
        announced as that: the app refuses both by their length.
        """
        announced = environ.get("CONTENT_LENGTH") or ""
        length = int(announced) if announced.isdecimal() else None
        if length is None and "HTTP_TRANSFER_ENCODING" not in environ:
            return True
        if length is not None and is_parcel(environ):
            if length <= LARGEST_PARCEL_BYTES:
                unpack(environ)
            return True
        if length is not None and length > self._most_bytes:
            return True
        body = environ["wsgi.input"].read(self._most_bytes + 1 if length is None else length)
        is_too_long = length is None and len(body) > self._most_bytes
        size = LARGEST_PARCEL_BYTES + 1 if is_too_long and is_parcel(environ) else len(body)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return length is None or len(body) == length
