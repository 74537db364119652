"""Where the bytes of files lie: a folder on disk or a bucket that speaks S3, by the library `obstore`."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from shared.settings import SettingsError, settings

_TRIES = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_PATIENCE = {"timeout": "20s", "connect_timeout": "3s", "allow_http": True}
# ENOSPC, EDQUOT and EFBIG as the library's sentence names them.
_FULL = ("os error 28)", "os error 122)", "os error 27)")


class StorageError(Exception):
    """The file could not be stored or read now. `is_full`: there is no room for it."""

    def __init__(self, why: str, *, is_full: bool = False) -> None:
        super().__init__(why)
        self.is_full = is_full


class NotStored(StorageError):
    """There is no such file."""


class Storage:
    """One place for files. Names are ours and random; two files never share one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._store: Any
        if parts.scheme == "file" and parts.path:
            self._folder = Path(unquote(parts.path))
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = LocalStore(self._folder)
        elif parts.scheme == "s3" and parts.netloc:
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            self._store = _bucket(parts.netloc, options)
        else:
            raise SettingsError("HOTLINE_FILES_URL must be file:///folder or s3://bucket?endpoint=https://…&region=….")

    def put(self, name: str, content: bytes) -> None:
        """Store a file; it is durable when this returns, and nothing of it is left when this raises `StorageError`."""
        try:
            obstore.put(self._store, name, content, use_multipart=False)
            self._sync(name)
        except (BaseError, OSError) as error:
            self._drop_half(name)
            raise _as_ours(error) from None

    def get(self, name: str) -> bytes:
        """Return a file. Raises `NotStored`, or `StorageError` where the place does not answer."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            raise NotStored(name) from None
        except (BaseError, OSError) as error:
            raise _as_ours(error) from None

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            obstore.delete(self._store, name)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _as_ours(error) from None

    def _sync(self, name: str) -> None:
        """Let the disk have the file and its entry; a bucket has both when it answers."""
        if self._folder is None:
            return
        path = self._folder / name
        for each in (path, *_folders_above(path, self._folder)):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _drop_half(self, name: str) -> None:
        try:
            self.delete(name)
        except StorageError:
            return


def _folders_above(path: Path, top: Path) -> Iterator[Path]:
    for folder in path.parents:
        yield folder
        if folder == top:
            return


def _bucket(name: str, options: dict[str, str]) -> S3Store:
    """Return an S3 store; keys come from the usual AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
    endpoint = {"endpoint": options["endpoint"], "virtual_hosted_style_request": False} if "endpoint" in options else {}
    region = options.get("region") or os.environ.get("AWS_REGION") or "us-east-1"
    config: Any = {"region": region, **endpoint}
    return S3Store(name, config=config, client_options=_PATIENCE, retry_config=_TRIES)  # type: ignore[arg-type]


def _as_ours(error: Exception) -> StorageError:
    # The library's sentence holds addresses and answers: its first words are for us, none are for a person.
    is_full = any(mark in str(error) for mark in _FULL)
    return StorageError(type(error).__name__ + (", full" if is_full else ""), is_full=is_full)


@cache
def storage() -> Storage | None:
    """Return this deployment's place for files, None where it takes none."""
    url = settings().files_url
    return Storage(url) if url else None
