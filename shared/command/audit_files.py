"""`hotline audit --files`: the bytes of every file are there and are what the log says."""

import hashlib
from collections.abc import Iterable, Iterator

from shared.attachments import FileState, stored_as
from shared.domain.checks import Difference
from shared.ledger.checks import FileRow
from shared.storage import NotStored, Storage, StorageError

_GONE = (FileState.INFECTED, FileState.ERASED)


def stored_differences(place: Storage, files: Iterable[FileRow]) -> Iterator[Difference]:
    """Compare what is stored with the rows."""
    for file in files:
        if file.state in _GONE:
            continue
        try:
            found = hashlib.sha256(place.get(stored_as(file.id))).hexdigest()
        except NotStored:
            yield Difference("file_bytes_missing", f"event {file.seq}, {file.id}")
        except StorageError as error:
            yield Difference("file_unreadable", f"event {file.seq}, {file.id}: {error}")
        else:
            if found != file.sha256:
                yield Difference("file_bytes_changed", f"event {file.seq}, {file.id}")
