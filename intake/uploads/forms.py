"""The files of a page's form: what was received, what is refused with everything else kept, what found no room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import flash, g, request
from werkzeug.datastructures import FileStorage

from intake.uploads.kinds import too_large
from intake.uploads.names import split_name
from intake.uploads.parcels import Part
from intake.uploads.receiving import NOT_KEPT, not_kept, receive
from shared.domain.errors import Refused
from shared.domain.files import MOST_BYTES, MOST_FILES, PARTS
from shared.domain.viewer import Viewer

LOST = "lost_file"
_LONGEST_SHOWN = 40


@dataclass(slots=True)
class FormFiles:
    """What came with a form: ids by part, marks that are the same when the same form is sent again."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a step's schema."""
        return {part: ids for part, ids in self.ids.items() if ids}

    def tell_lost(self) -> None:
        """Let the next page name the files that were not kept; the names stay in the person's own cookie."""
        for name in self.lost:
            flash(name, LOST)


def take_files(viewer: Viewer) -> FormFiles:
    """Receive the files of the form. Raises `Refused` after the last if one is unfit; the others are kept for later.

    `g.kept_files` names them, so that the page shown again can send them along.
    """
    taken, refusals = FormFiles(), []
    for part in PARTS:
        kept = request.form.get(f"kept_{part}", "").split()
        taken.ids[part], g.kept_files = kept, taken.ids
        taken.marks += kept
        for file in request.files.getlist(part)[: MOST_FILES + 1]:
            if file.filename:
                refusals += _one(viewer, file, part, taken)
    if refusals:
        raise refusals[0]
    return taken


def _one(viewer: Viewer, file: FileStorage, part: str, taken: FormFiles) -> list[Refused]:
    stream, name = file.stream, file.filename or ""
    assert isinstance(stream, Part)
    taken.marks.append(stream.digest)
    try:
        if stream.size > MOST_BYTES:
            raise too_large()
        if stream.is_lost:
            raise not_kept(is_full=True)
        taken.ids[part].append(receive(viewer, name, stream.read()))
    except Refused as refused:
        if refused.code not in NOT_KEPT:
            return [refused]
        stem, extension = split_name(name)
        taken.lost.append(f"{stem[:_LONGEST_SHOWN]}.{extension[:10]}")
    return []
