"""What a routing decision is: candidates, scores, the words that decided and the versions used. No deciding here."""

from dataclasses import dataclass
from math import isfinite

from shared.domain.terms import HolderKind, Nature, Urgency


@dataclass(frozen=True, slots=True)
class RoutingInput:
    """What the classifier may know of a ticket; `excluded_units` returned it, `accused_units` are complained of."""

    ticket_id: int
    title: str
    body: str
    county: str | None = None
    nature: Nature | None = None  # set by a person: stays
    urgency: Urgency | None = None  # set by a person: stays
    proposed_unit: str | None = None
    excluded_units: tuple[str, ...] = ()
    accused_units: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible holder. `score` is in [0, 1]; `reasons` for it and `against` it are short Chinese sentences."""

    holder_kind: HolderKind  # UNIT or SEAT
    holder_id: str  # unit code or skill code
    duty: str | None
    score: float
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()  # why it is not the one, empty for the one chosen
    co_handlers: tuple[str, ...] = ()  # units that the duty names beside it 协办

    def __post_init__(self) -> None:
        """Refuse a score that JSON, and so the log, cannot hold."""
        if not isfinite(self.score):
            raise ValueError("a score is a finite number")


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A unit that the words led to, as lead or co-handler, and the reason why it must not or cannot have it."""

    unit: str  # a unit's code, or `*.<suffix>` for a bureau that the place does not have
    duty: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text, [start, end) in characters of `title + "\\n" + body`, and what it spoke for."""

    start: int
    end: int
    word: str
    speaks_for: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The router's whole answer. `chosen` is None when a person must choose; `why` says so in one sentence."""

    chosen: Candidate | None
    candidates: tuple[Candidate, ...]  # best first, at most five
    nature: Nature
    urgency: Urgency
    county: str | None
    why: str
    threshold: float
    marks: tuple[Mark, ...]
    rules_version: str
    router_version: str
    referral: str | None = None  # code of the pack's text the caller is told at once 告知
    accused: tuple[str, ...] = ()  # units complained of: must neither hold nor see the ticket (SECURITY S12)
    ruled_out: tuple[RuledOut, ...] = ()
    street: str | None = None  # code of the street's unit, in `county`
    community: str | None = None  # name of the 社区（村）
    zone: str | None = None  # the county's own code where it is a zone, which lies across counties
    rivals: tuple[str, ...] = ()  # counties that compete, the likeliest first: a person asks
