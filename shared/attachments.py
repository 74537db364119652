"""Files 附件: their rows from upload to step, scan and end. The only writer of `attachment`; bytes are `storage`'s."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.errors import Refused
from shared.domain.files import FileRef
from shared.domain.viewer import Viewer
from shared.tables.attachment import attachment as a

_ID_BYTES = 16
_BIND = sa.text(
    "UPDATE attachment SET ticket_id = b.ticket_id, seq = b.seq, place = b.place, is_inner = b.is_inner"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb))"
    " AS b(id text, sha256 text, ticket_id bigint, seq int, place int, is_inner boolean)"
    " WHERE attachment.id = b.id AND attachment.sha256 = b.sha256 AND attachment.ticket_id IS NULL"
    " AND attachment.state <> 'writing'"
)
_LOOSE = sa.text(
    "SELECT id FROM attachment WHERE ticket_id IS NULL AND uploaded_at < clock_timestamp() - :keep"
    " ORDER BY uploaded_at LIMIT :most FOR UPDATE SKIP LOCKED"
)


class FileState(StrEnum):
    """What is known of a file's bytes."""

    WRITING = "writing"  # the row came first, so that whatever was written can be found again
    UNSCANNED = "unscanned"  # served; this deployment has no scanner
    QUARANTINED = "quarantined"  # -> clean | infected; not served
    CLEAN = "clean"
    INFECTED = "infected"  # bytes removed
    ERASED = "erased"  # bytes and name removed


SERVED = (FileState.UNSCANNED, FileState.CLEAN)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A checked file that is about to be stored. `name` is sealed already."""

    city: str
    uploaded_by: int | None
    name: bytes | None
    extension: str
    size: int
    sha256: str


def stored_as(file_id: str) -> str:
    """Return the name of a file's bytes in the storage."""
    return f"{file_id[:2]}/{file_id}"


def begin(connection: Connection, new: NewFile) -> str:
    """Note that a file is about to be written and return its id; commit before writing."""
    file_id = secrets.token_hex(_ID_BYTES)
    fields = {name: getattr(new, name) for name in NewFile.__dataclass_fields__}
    row = fields | {"id": file_id, "state": FileState.WRITING, "uploaded_at": sa.func.clock_timestamp()}
    connection.execute(sa.insert(a).values(row))
    return file_id


def set_state(connection: Connection, file_id: str, state: FileState) -> None:
    """Say what is known of a file now."""
    connection.execute(sa.update(a).where(a.c.id == file_id).values(state=state))


def refs(connection: Connection, viewer: Viewer, ids: Iterable[str]) -> tuple[FileRef, ...]:
    """Return the files that a viewer uploaded, as a command names them. Raises `Refused` for what is not theirs.

    Files that a step has already are let through: it may be the same request again, and `bind` refuses all else.
    """
    wanted = list(dict.fromkeys(ids))
    mine = (a.c.city == viewer.city) & a.c.uploaded_by.is_not_distinct_from(viewer.id)
    query = sa.select(a.c.id, a.c.sha256).where(a.c.id.in_(wanted), mine, a.c.state != FileState.WRITING)
    found = {row.id: row.sha256 for row in connection.execute(query)} if wanted else {}
    if len(found) < len(wanted):
        raise _unknown()
    return tuple(FileRef(each, found[each]) for each in wanted)


def bind(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let files belong to a step, in the step's transaction. A file belongs to one step, once: else `Refused`."""
    if rows and connection.execute(_BIND, {"rows": json.dumps(rows, default=str)}).rowcount != len(rows):
        raise _unknown()


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Delete rows whose bytes are gone."""
    connection.execute(sa.delete(a).where(a.c.id.in_(list(ids)), a.c.ticket_id.is_(None)))


def loose(connection: Connection, keep: timedelta, most: int) -> list[str]:
    """Lock and return up to `most` files that no step took within `keep`, oldest first."""
    return list(connection.execute(_LOOSE, {"keep": keep, "most": most}).scalars())


def _unknown() -> Refused:
    return Refused("unknown_file", "有附件找不到、已经用过或已经过期，请重新上传。", field="files")
