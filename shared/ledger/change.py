"""What one command changes, as rows ready to be written. Draws salts, does no I/O."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from shared.domain.commands import CallerDetails
from shared.domain.events import PUBLIC, Event, Recorded
from shared.domain.files import PARTS
from shared.domain.follow_ups import Arm, Disarm, JobKind, follow_ups
from shared.domain.rules import Rules
from shared.domain.ticket import Ticket, encode, evolve
from shared.domain.viewer import Viewer, is_published
from shared.keys import Keys, text_digest
from shared.ledger.chain import GENESIS, decision_body, digest, event_body, link

DERIVED = ("due_at", "is_warned", "is_overdue")  # taken out of the clocks, for queues to sort and filter by
TICKET_COLUMNS = (*(f.name for f in fields(Ticket)), *DERIVED)
_SALT_BYTES = 16


@dataclass(slots=True)
class Change:
    """A ticket on its way through one transaction, and the rows its events leave behind."""

    ticket: Ticket | None
    head: bytes = GENESIS
    events: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    published: list[dict[str, Any]] = field(default_factory=list)
    disarmed: list[tuple[int, JobKind, str | None]] = field(default_factory=list)
    due_now: set[JobKind] = field(default_factory=set)

    @property
    def stands(self) -> Ticket:
        """The ticket as it stands; before its first event there is none."""
        if self.ticket is None:
            raise LookupError("nothing has been recorded yet")
        return self.ticket

    def record(self, drafts: Sequence[Event], actor: Viewer, rules: Rules, now: datetime) -> None:
        """Give the drafts their numbers and hashes, move the ticket, note what follows. What raises changes nothing."""
        before = {name: part.copy() if isinstance(part, list | set) else part for name, part in self._parts()}
        try:
            for draft in drafts:
                seq = (self.ticket.seq if self.ticket else 0) + 1
                recorded = Recorded(seq, draft.kind, now, actor, encode(draft.changes), encode(draft.facts))
                self.ticket = evolve(self.ticket, recorded)
                self._log(draft, recorded)
                for follow_up in follow_ups(self.ticket, recorded, rules):
                    self._follow(follow_up, seq, now)
        except Exception:
            for name, part in before.items():
                setattr(self, name, part)
            raise

    def ticket_row(self) -> dict[str, Any]:
        """Return the row of table `ticket`."""
        row = {name: getattr(self.ticket, name) for name in TICKET_COLUMNS}
        return row | {"head": as_bytea(self.head)}

    def _parts(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in _PARTS)

    def _log(self, draft: Event, recorded: Recorded) -> None:
        ticket_id, digests, decided = self.stands.id, {}, None
        place = {"ticket_id": ticket_id, "seq": recorded.seq}
        for part, text in draft.texts.items():
            salt = os.urandom(_SALT_BYTES)
            digests[part] = text_digest(salt, text)
            self.texts.append(place | {"part": part, "text": text, "salt": as_bytea(salt)})
        if draft.decision is not None:
            body = decision_body(draft.decision)
            decided = digest(body)
            self.decisions.append(place | {"body": body})
        for part in PARTS:
            refs = draft.facts.get(part, ())
            inner = {"is_inner": part == "inner_files"}
            self.files += [place | inner | ref | {"place": n} for n, ref in enumerate(refs)]
        body = event_body(ticket_id, recorded, digests, decided)
        self.head = link(self.head, body)
        kind_at = {"kind": recorded.kind.value, "at": encode(recorded.at)}
        if recorded.kind in PUBLIC and is_published(self.stands):
            self.published.append(place | kind_at | {"city": self.stands.city})
        self.events.append(place | kind_at | {"body": body, "hash": as_bytea(self.head)})

    def _follow(self, follow_up: Arm | Disarm, seq: int, now: datetime) -> None:
        ticket_id = self.stands.id
        if isinstance(follow_up, Disarm):
            self.jobs = [job for job in self.jobs if not _is_of(job, follow_up)]
            self.disarmed += [(ticket_id, kind, follow_up.part) for kind in follow_up.kinds]
            return
        named = {"ticket_id": ticket_id, "cause_seq": seq, "kind": follow_up.kind.value, "part": follow_up.part}
        self.jobs.append(named | {"due_at": encode(follow_up.due_at)})
        if follow_up.due_at <= now:
            self.due_now.add(follow_up.kind)


def _is_of(job: dict[str, Any], gone: Disarm) -> bool:
    return job["kind"] in gone.kinds and gone.part in (None, job["part"])


_PARTS = tuple(part.name for part in fields(Change))


def as_bytea(raw: bytes | None) -> str | None:
    """Return bytes as a JSON row can carry them into a bytea column."""
    return None if raw is None else "\\x" + raw.hex()


def caller_row(ticket_id: int, caller: CallerDetails, keys: Keys) -> dict[str, Any]:
    """Return the row of table `caller`, every field encrypted, the phone with its blind index."""
    sealed = {name: as_bytea(keys.encrypt(getattr(caller, name))) for name in ("name", "phone", "email", "address")}
    return sealed | {"ticket_id": ticket_id, "phone_index": as_bytea(keys.blind_index(caller.phone))}
