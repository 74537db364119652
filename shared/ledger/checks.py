"""Is a ticket's log whole? Hashes, digests, numbers. Pure; `audit` feeds it rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.checks import Difference, replay_differences, step_differences
from shared.domain.events import Recorded
from shared.domain.files import PARTS
from shared.domain.ticket import Ticket, evolve
from shared.keys import text_digest
from shared.ledger.chain import GENESIS, digest, link, recorded_from_body


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of table `ticket_event`."""

    seq: int
    kind: str
    at: datetime
    body: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row of table `ticket_text`; text and salt are None once erased."""

    seq: int
    part: str
    text: str | None
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of table `attachment` that belongs to a step."""

    seq: int
    id: str
    sha256: str
    is_inner: bool
    state: str


@dataclass(frozen=True, slots=True)
class LogSeen:
    """All that one ticket's log consists of. `decisions` are bodies by `seq`."""

    head: bytes
    events: Sequence[EventRow]
    texts: Sequence[TextRow]
    decisions: Mapping[int, str]
    files: Sequence[FileRow] = ()


def log_differences(row: Ticket, seen: LogSeen, log: list[Recorded]) -> Iterator[Difference]:
    """Check the whole log of a ticket against its row; `log` is filled with the events as far as they can be read."""
    head, ticket = GENESIS, None
    texts = {(text.seq, text.part): text for text in seen.texts}
    decisions = dict(seen.decisions)
    files = {(file.seq, file.id): file for file in seen.files}
    for place, event in enumerate(seen.events, start=1):
        head = link(head, event.body)
        if head != event.hash:
            yield Difference("chain_broken", f"event {event.seq}")
            head = event.hash
        try:
            recorded, raw = recorded_from_body(event.body, row.city)
            after = evolve(ticket, recorded)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Difference("cannot_replay", f"event {event.seq}: {type(error).__name__}")
            return
        log.append(recorded)
        if (raw["ticket"], recorded.seq, recorded.kind, recorded.at) != (row.id, place, event.kind, event.at):
            yield Difference("event_differs", f"event {event.seq} is not what its body says, or not the {place}th")
        yield from step_differences(ticket, recorded, after)
        yield from _text_differences(recorded.seq, raw["texts"], texts)
        yield from _decision_differences(recorded.seq, raw["decision"], decisions)
        yield from _file_differences(recorded, files)
        ticket = after
    if head != seen.head:
        yield Difference("chain_broken", "the ticket's head is not its last event's hash")
    if texts or decisions or files:
        unnamed = f"{len(texts)} texts, {len(decisions)} decisions, {len(files)} files that no event names"
        yield Difference("unnamed_rows", unnamed)
    yield from replay_differences(row, ticket)


def _text_differences(
    seq: int, digests: Mapping[str, str], texts: dict[tuple[int, str], TextRow]
) -> Iterator[Difference]:
    for part, expected in digests.items():
        found = texts.pop((seq, part), None)
        if found is None:
            yield Difference("text_missing", f"event {seq}, {part}")
        elif found.text is not None and text_digest(found.salt or b"", found.text) != expected:
            yield Difference("text_changed", f"event {seq}, {part}")


def _file_differences(recorded: Recorded, files: dict[tuple[int, str], FileRow]) -> Iterator[Difference]:
    for part in PARTS:
        for named in recorded.facts.get(part, ()):
            found = files.pop((recorded.seq, named["id"]), None)
            if found is None:
                yield Difference("file_missing", f"event {recorded.seq}, {named['id']}")
            elif (found.sha256, found.is_inner) != (named["sha256"], part == "inner_files"):
                yield Difference("file_changed", f"event {recorded.seq}, {named['id']}")


def _decision_differences(seq: int, expected: Any, decisions: dict[int, str]) -> Iterator[Difference]:
    body = decisions.pop(seq, None)
    if expected is None:
        if body is not None:
            yield Difference("unnamed_rows", f"a decision at event {seq}")
    elif body is None:
        yield Difference("decision_missing", f"event {seq}")
    elif digest(body) != expected:
        yield Difference("decision_changed", f"event {seq}")
