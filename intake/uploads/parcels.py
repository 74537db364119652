"""Forms with files: parsed before a request has its turn, a file too large or a full disk costs only that file."""

import hashlib
import re
import tempfile
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import HTTPException

from shared.domain.files import MOST_BYTES, MOST_FILES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LARGEST_FORM_BYTES = 1_000_000
# Files as many and as large as a step may have, and the form around them.
LARGEST_PARCEL_BYTES = MOST_BYTES * MOST_FILES + LARGEST_FORM_BYTES
MOST_PARTS = 100
_IN_MEMORY = 64_000
PARSED = "hotline.parsed"
_TAKES_FILES = re.compile(r"/new|/ticket/\w+|/console|/tickets/[^/]+/\w+|/api/v1/files")


def is_parcel(environ: "WSGIEnvironment") -> bool:
    """Tell whether a request may bring files: the routes that take them, and multipart forms alone."""
    is_form = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
    is_route = _TAKES_FILES.fullmatch(environ.get("PATH_INFO", "")) is not None
    return is_form and is_route and environ.get("REQUEST_METHOD") == "POST"


class Part:
    """One file of a form while it comes in. What is past the limit, or has no room on disk, is read and let go."""

    def __init__(self) -> None:
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 closed with the request
        self._digest = hashlib.sha256()
        self.size = 0
        self.is_lost = False

    @property
    def digest(self) -> str:
        """Name the file by what came in, whether it could be kept or not."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Take in the next bytes."""
        self.size += len(data)
        self._digest.update(data)
        if self.size <= MOST_BYTES and not self.is_lost:
            try:
                self._spool.write(data)
            except OSError:
                self.is_lost = True
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """Return the bytes from where it stands."""
        return self._spool.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; what cannot even be flushed to disk is lost."""
        try:
            return self._spool.seek(offset, whence)
        except OSError:
            self.is_lost = True
            return 0

    def close(self) -> None:
        """Forget the bytes."""
        self._spool.close()


class ParcelRequest(Request):
    """A request whose form may have been parsed while it waited for its turn."""

    def __init__(self, environ: "WSGIEnvironment", *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        if is_parcel(environ):
            self.max_content_length = LARGEST_PARCEL_BYTES
            self.max_form_memory_size = LARGEST_FORM_BYTES
            self.max_form_parts = MOST_PARTS

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        return Part()  # type: ignore[return-value]

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        parsed = self.environ.get(PARSED)
        if parsed is None:
            super()._load_form_data()
        elif isinstance(parsed, HTTPException):
            raise parsed
        else:
            self.__dict__.update(parsed)


def unpack(environ: "WSGIEnvironment") -> None:
    """Parse a parcel into the environment; what is wrong with it is raised when the app looks."""
    request = ParcelRequest(environ)
    try:
        environ[PARSED] = {"form": request.form, "files": request.files, "stream": request.stream}
    except HTTPException as error:
        environ[PARSED] = error
