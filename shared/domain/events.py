"""Events 流转记录: what happened to a ticket. The log is append-only; kinds say who may see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.domain.routing import Decision
from shared.domain.viewer import PEOPLE, Viewer


class EventKind(StrEnum):
    """Past participles, in the order of a ticket's life."""

    REGISTERED = "registered"
    SENT_TO_TRIAGE = "sent_to_triage"
    SENT_TO_SEAT = "sent_to_seat"
    ANSWERED_DIRECTLY = "answered_directly"
    NOT_ACCEPTED = "not_accepted"
    DISPATCHED = "dispatched"
    REDISPATCHED = "redispatched"
    RECALLED = "recalled"  # by the hotline, before the unit signed
    SIGNED = "signed"
    TAKEN = "taken"
    HANDED_OVER = "handed_over"
    CONTACTED = "contacted"
    REPORTED = "reported"
    RETURN_REQUESTED = "return_requested"
    REPLY_SUBMITTED = "reply_submitted"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    RESOLVED = "resolved"
    FOLLOWED_UP = "followed_up"
    CONFIRMED = "confirmed"  # by the caller
    REOPENED = "reopened"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    AMENDED = "amended"
    SUPPLEMENTED = "supplemented"
    URGED = "urged"
    CODE_RENEWED = "code_renewed"
    TELL_BY_CHANGED = "tell_by_changed"
    IDENTITY_HIDDEN = "identity_hidden"
    WARNED = "warned"
    OVERDUE = "overdue"
    RED_CARDED = "red_carded"
    STAGE_WARNED = "stage_warned"  # of any stage but the unit's reply
    STAGE_OVERDUE = "stage_overdue"
    RECOUNTED = "recounted"
    PROMISE_MOVED = "promise_moved"  # by a recount; the caller is told
    JOB_BURIED = "job_buried"


# What the caller reads on the tracking page; all other kinds are for staff.
PUBLIC = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.SENT_TO_TRIAGE,
        EventKind.SENT_TO_SEAT,
        EventKind.ANSWERED_DIRECTLY,
        EventKind.NOT_ACCEPTED,
        EventKind.DISPATCHED,
        EventKind.REDISPATCHED,
        EventKind.RECALLED,
        EventKind.SIGNED,
        EventKind.REPORTED,
        EventKind.RETURN_REQUESTED,
        EventKind.RESOLVED,
        EventKind.FOLLOWED_UP,
        EventKind.CONFIRMED,
        EventKind.REOPENED,
        EventKind.CLOSED,
        EventKind.WITHDRAWN,
        EventKind.AMENDED,
        EventKind.SUPPLEMENTED,
        EventKind.URGED,
        EventKind.CODE_RENEWED,
        EventKind.TELL_BY_CHANGED,
        EventKind.IDENTITY_HIDDEN,
        EventKind.OVERDUE,
        EventKind.PROMISE_MOVED,
    }
)

# Parts of an event's free text that the caller may read.
PUBLIC_TEXTS = frozenset({"title", "body", "public", "report", "supplement", "said"})

# By a person these change nothing that another person's typing could rest on.
_IMMATERIAL = frozenset(
    {
        EventKind.URGED,
        EventKind.CODE_RENEWED,
        EventKind.TELL_BY_CHANGED,
        EventKind.IDENTITY_HIDDEN,
        EventKind.WARNED,
        EventKind.OVERDUE,
        EventKind.RED_CARDED,
        EventKind.STAGE_WARNED,
        EventKind.STAGE_OVERDUE,
        EventKind.JOB_BURIED,
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """What `decide` says happened, before the ledger gives it a number.

    `changes` are the ticket's fields that take a new value, `facts` are codes and ids beside them, `texts` are free
    texts by part (clear here, a salted digest in the log).
    """

    kind: EventKind
    changes: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the ticket's log. `changes` are as JSON holds them."""

    seq: int
    kind: EventKind
    at: datetime
    actor: Viewer
    changes: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def is_material(self) -> bool:
        """Tell whether a person changed state, holder, text or due by it."""
        return self.actor.role in PEOPLE and self.kind not in _IMMATERIAL
