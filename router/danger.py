"""What the caller must be told at once: danger, or a matter that belongs elsewhere."""

from dataclasses import dataclass

from router.context import is_denied, is_now, is_only_talked_about, is_prominent
from router.index import Index
from router.phrases import Hit, Reading
from shared.domain.rules import Referral
from shared.domain.terms import Urgency

_RANK = tuple(Urgency)


@dataclass(frozen=True, slots=True)
class Alert:
    """A referral 告知 that applies, with the words that call for it."""

    referral: Referral
    hits: tuple[Hit, ...]


def danger(reading: Reading, index: Index) -> Alert | None:
    """Return the gravest danger reported as happening now, None when none is."""
    found: list[Alert] = []
    for code, words in index.referrals.items():
        referral = index.rules.referrals[code]
        if referral.urgency is not None:
            hits = tuple(hit for hit in reading.of(words) if _is_real(hit, reading, index))
            if hits:
                found.append(Alert(referral, hits))
    return max(found, key=lambda alert: _RANK.index(alert.referral.urgency or Urgency.NORMAL), default=None)


def _is_real(hit: Hit, reading: Reading, index: Index) -> bool:
    if is_denied(hit, reading, index) or is_only_talked_about(hit, reading, index):
        return False
    return is_prominent(hit, reading) or is_now(hit, reading, index)


def belongs_elsewhere(reading: Reading, index: Index) -> Alert | None:
    """Return the referral for a matter the line may not take: said prominently, or again and again."""
    best: Alert | None = None
    for code, words in index.referrals.items():
        referral = index.rules.referrals[code]
        if referral.urgency is not None:
            continue
        hits = tuple(hit for hit in reading.of(words) if not is_denied(hit, reading, index))
        applies = any(is_prominent(hit, reading) for hit in hits)
        if applies and (best is None or len(hits) > len(best.hits)):
            best = Alert(referral, hits)
    return best
