"""What the caller must be told at once: danger, or a matter that belongs elsewhere."""

from dataclasses import dataclass

from router.context import is_denied, is_early, is_headline, is_now, is_only_talked_about
from router.index import Index, topic_of
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
    for referral in index.rules.referrals.values():
        if referral.urgency is not None and reading.said(topic_of(referral)):
            hits = tuple(hit for hit in reading.said(topic_of(referral)) if _is_real(hit, reading))
            if hits:
                found.append(Alert(referral, hits))
    return max(found, key=lambda alert: _RANK.index(alert.referral.urgency or Urgency.NORMAL), default=None)


def _is_real(hit: Hit, reading: Reading) -> bool:
    if is_denied(hit, reading) or is_only_talked_about(hit, reading):
        return False
    return is_headline(hit, reading) or is_now(hit, reading)


def belongs_elsewhere(reading: Reading, index: Index) -> Alert | None:
    """Return the referral for a matter the line may not take: said prominently, or again and again."""
    best: Alert | None = None
    for referral in index.rules.referrals.values():
        if referral.urgency is not None or not reading.said(topic_of(referral)):
            continue
        hits = tuple(hit for hit in reading.said(topic_of(referral)) if not is_denied(hit, reading))
        applies = any(is_headline(hit, reading) for hit in hits) or (len(hits) > 1 and is_early(hits[0], reading))
        if applies and (best is None or len(hits) > len(best.hits)):
            best = Alert(referral, hits)
    return best
