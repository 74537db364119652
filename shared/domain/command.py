"""What every command holds: who asks, of which ticket, after having seen what; and the files that come with some."""

from dataclasses import dataclass

from shared.domain.files import FileRef
from shared.domain.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Asks something of one ticket. `seen_seq` is the `seq` that the page showed, None where no page was read."""

    actor: Viewer
    ticket_id: int = 0
    seen_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithFiles(Command):
    """A step that files may come with: `files` for the caller too, `inner_files` for staff alone."""

    files: tuple[FileRef, ...] = ()
    inner_files: tuple[FileRef, ...] = ()
