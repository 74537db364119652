"""Files 附件: how the log names those that came with a step, and how many and how large they may be. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shared.domain.errors import Refused
from shared.domain.events import Event, EventKind

MOST_FILES = 10  # with one step
MOST_BYTES = 20_000_000

# The facts of an event that name files: those the caller may have, and those for staff alone.
PARTS = ("files", "inner_files")
# The events that carry the files of their command.
CARRIERS = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.SUPPLEMENTED,
        EventKind.ANSWERED_DIRECTLY,
        EventKind.NOT_ACCEPTED,
        EventKind.CONTACTED,
        EventKind.REPORTED,
        EventKind.REPLY_SUBMITTED,
    }
)
# Steps whose files are the caller's own, or were taken in for the caller.
OF_THE_CALLER = frozenset({EventKind.REGISTERED, EventKind.SUPPLEMENTED})


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file: its id, random, and the SHA-256 of what was stored. Never its name."""

    id: str
    sha256: str


def with_files(events: list[Event], files: Sequence[FileRef], inner_files: Sequence[FileRef]) -> list[Event]:
    """Name a command's files in the event that carries them. Raises `Refused` where they are too many."""
    if not files and not inner_files:
        return events
    if len(files) + len(inner_files) > MOST_FILES:
        raise Refused("too_many_files", f"一次最多 {MOST_FILES} 个附件，其余的请下次补充。", field="files")
    facts = {part: _named(refs) for part, refs in zip(PARTS, (files, inner_files), strict=True) if refs}
    return [replace(event, facts={**event.facts, **facts}) if event.kind in CARRIERS else event for event in events]


def _named(refs: Iterable[FileRef]) -> list[dict[str, str]]:
    return [{"id": ref.id, "sha256": ref.sha256} for ref in refs]
