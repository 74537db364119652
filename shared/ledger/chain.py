"""The per-ticket hash chain: each event's hash covers its canonical JSON and the hash before it. No I/O."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from shared.domain.events import EventKind, Recorded
from shared.domain.routing import Decision
from shared.domain.terms import Role
from shared.domain.ticket import dumps
from shared.domain.viewer import Viewer

GENESIS = bytes(32)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, UTF-8 as it is."""
    return dumps(value, orjson.OPT_SORT_KEYS).decode()


def event_body(ticket_id: int, recorded: Recorded, texts: Mapping[str, str], decision_digest: str | None) -> str:
    """Return the canonical JSON that is stored and hashed. `texts` are salted digests by part."""
    return canonical(
        {
            "ticket": ticket_id,
            "seq": recorded.seq,
            "kind": recorded.kind,
            "at": recorded.at,
            "actor": {"role": recorded.actor.role, "id": recorded.actor.id, "unit": recorded.actor.unit},
            "changes": recorded.changes,
            "facts": recorded.facts,
            "texts": texts,
            "decision": decision_digest,
        }
    )


def link(head: bytes, body: str) -> bytes:
    """Return the hash of an event whose predecessor's hash is `head`."""
    return hashlib.sha256(head + body.encode()).digest()


def recorded_from_body(body: str, city: str = "") -> tuple[Recorded, Mapping[str, Any]]:
    """Read a stored body back; also returns the raw mapping for digests."""
    raw = json.loads(body)
    actor = Viewer(role=Role(raw["actor"]["role"]), city=city, id=raw["actor"]["id"], unit=raw["actor"]["unit"])
    at = datetime.fromisoformat(raw["at"])
    return Recorded(raw["seq"], EventKind(raw["kind"]), at, actor, raw["changes"], raw["facts"]), raw


def decision_body(decision: Decision) -> str:
    """Return the canonical JSON of a routing decision."""
    return canonical(decision)


def digest(text: str) -> str:
    """Return the SHA-256 by which an event names a decision."""
    return hashlib.sha256(text.encode()).hexdigest()
