"""From a file that came in to one that is stored: checked, noted, written, and only then said to be there."""

import hashlib

import structlog

from intake.clients import admit_file
from intake.stores import engine
from intake.uploads.kinds import Checked, checked
from shared import attachments, jobs
from shared.attachments import FileState, NewFile
from shared.domain.errors import Refused
from shared.domain.follow_ups import JobKind
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.fault_points import fault_point
from shared.keys import keys
from shared.ledger.write import business_now
from shared.settings import settings
from shared.storage import Storage, StorageError, storage

# The file is not kept, but a step may go on without it.
NOT_KEPT = frozenset({"storage_full", "storage_down", "files_off"})
log = structlog.get_logger()


def receive(viewer: Viewer, raw_name: str, content: bytes) -> str:
    """Check and store a file and return its id, to be named by a step within a day.

    Raises `Refused`: for what the file is, or with a code of `NOT_KEPT` where it cannot be stored now.
    """
    place = storage()
    if place is None:
        raise Refused("files_off", "这里暂时不收附件。请先提交文字。")
    if viewer.role is Role.CALLER:
        admit_file()
    file = checked(raw_name, content)
    with engine().begin() as connection:
        file_id = attachments.begin(connection, _row(viewer, file))
    fault_point("file.noted")
    _write(place, file_id, file.content)
    fault_point("file.stored")
    with engine().begin() as connection:
        if settings().clamd_url is None:
            attachments.set_state(connection, file_id, FileState.UNSCANNED)
        else:
            attachments.set_state(connection, file_id, FileState.QUARANTINED)
            jobs.arm_untied(connection, JobKind.SCAN, file_id, business_now(connection))
    return file_id


def _write(place: Storage, file_id: str, content: bytes) -> None:
    try:
        place.put(attachments.stored_as(file_id), content)
    except StorageError as error:
        log.warning("file_not_stored", file=file_id, error=str(error))
        with engine().begin() as connection:
            attachments.forget(connection, [file_id])
        raise not_kept(is_full=error.is_full) from None


def not_kept(*, is_full: bool) -> Refused:
    """Return the refusal of a file for which there is no place."""
    if is_full:
        return Refused("storage_full", "存附件的地方已经满了，这个附件没有保存。文字照常受理，附件请过后补充。")
    return Refused("storage_down", "附件暂时存不进去，这个附件没有保存。文字照常受理，附件请过后补充。")


def _row(viewer: Viewer, file: Checked) -> NewFile:
    return NewFile(
        city=viewer.city,
        uploaded_by=viewer.id,
        name=keys().encrypt(file.name),
        extension=file.extension,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )
