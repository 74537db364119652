"""Files 附件 as a viewer may see them: a file has the rights of its ticket, and of its step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.attachments import SERVED, FileState
from shared.domain.events import PUBLIC, EventKind
from shared.domain.files import OF_THE_CALLER
from shared.domain.terms import Role
from shared.domain.ticket import Ticket, ticket_from_row
from shared.domain.viewer import Viewer, may_identify
from shared.keys import keys
from shared.reads.visibility import visible_to
from shared.tables.attachment import attachment as a
from shared.tables.ticket import ticket, ticket_event

PICTURES = frozenset({"jpg", "png", "webp", "gif"})


@dataclass(frozen=True, slots=True)
class FileView:
    """One file. `name` is None where it could say who asks and the viewer may not know."""

    id: str
    name: str | None
    extension: str
    size: int
    sha256: str
    state: FileState
    is_inner: bool

    @property
    def is_picture(self) -> bool:
        return self.extension in PICTURES

    @property
    def is_served(self) -> bool:
        return self.state in SERVED


FilesBySeq = dict[int, tuple[FileView, ...]]


def files_by_seq(viewer: Viewer, connection: Connection, known: Ticket, events: Iterable[Any]) -> FilesBySeq:
    """Return the files of a ticket the viewer sees, by the step they show at. `events` have `seq` and `kind`."""
    rows = connection.execute(sa.select(a).where(a.c.ticket_id == known.id).order_by(a.c.seq, a.c.place)).all()
    if not rows:
        return {}
    kinds = {event.seq: EventKind(event.kind) for event in events}
    shown_at = _for_callers(kinds) if viewer.role is Role.CALLER else {seq: seq for seq in kinds}
    knows = may_identify(viewer, known.hidden_identity or known.confidential)
    found: dict[int, list[FileView]] = {}
    for row in rows:
        if row.seq not in shown_at or (row.is_inner and viewer.role is Role.CALLER):
            continue
        name = keys().decrypt(row.name) if knows or kinds[row.seq] not in OF_THE_CALLER else None
        view = FileView(row.id, name, row.extension, row.size, row.sha256, FileState(row.state), row.is_inner)
        found.setdefault(shown_at[row.seq], []).append(view)
    return {seq: tuple(views) for seq, views in found.items()}


def file_of(viewer: Viewer, connection: Connection, file_id: str) -> tuple[Ticket, FileView] | None:
    """Return one file with its ticket, None where either does not exist for the viewer."""
    query = sa.select(ticket).join(a, a.c.ticket_id == ticket.c.id).where(visible_to(viewer), a.c.id == file_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    known = ticket_from_row(row)
    kinds = sa.select(ticket_event.c.seq, ticket_event.c.kind).where(ticket_event.c.ticket_id == known.id)
    shown = files_by_seq(viewer, connection, known, connection.execute(kinds.order_by(ticket_event.c.seq)).all())
    return next(((known, view) for views in shown.values() for view in views if view.id == file_id), None)


def _for_callers(kinds: dict[int, EventKind]) -> dict[int, int]:
    """Return where callers see a step's files: at the step, and those of a reply where it was resolved with it."""
    shown, reply = {}, None
    for seq in sorted(kinds):
        if kinds[seq] is EventKind.REPLY_SUBMITTED:
            reply = seq
        elif kinds[seq] in PUBLIC:
            shown[seq] = seq
            if kinds[seq] is EventKind.RESOLVED and reply is not None:
                shown[reply] = seq
    return shown
