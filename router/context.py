"""Whether words are meant: denied, only talked about, or said of now."""

from router.phrases import Hit, Reading

_DENIED_WITHIN = 4  # 没有发生火灾: the denial stands at most this far before
_EARLY = 120  # characters after the title in which people say what is the matter
_SHORT = 150  # characters


def is_denied(hit: Hit, reading: Reading) -> bool:
    """Tell whether a negation stands just before the hit in the same clause."""
    start, _ = reading.clause(hit)
    return any(
        start <= no.start and no.end <= hit.start and hit.start - no.end <= _DENIED_WITHIN
        for no in reading.said("negation")
    )


def is_only_talked_about(hit: Hit, reading: Reading) -> bool:
    """Tell whether the clause supposes, recalls or discusses the matter instead of reporting it."""
    start, end = reading.clause(hit)
    supposed = any(start <= word.start and word.end <= hit.start for word in reading.said("hypothetical"))
    return supposed or any(
        start <= word.start and word.end <= end and not (hit.start <= word.start and word.end <= hit.end)
        for word in reading.said("abstract")
    )


def is_headline(hit: Hit, reading: Reading) -> bool:
    """Tell whether the hit is what the message is about: in its title, or in a message of a few sentences."""
    return hit.end <= reading.title_end or len(reading.text) <= _SHORT


def is_early(hit: Hit, reading: Reading) -> bool:
    """Tell whether the hit stands where a story usually says what is the matter."""
    return hit.start - reading.title_end <= _EARLY


def is_now(hit: Hit, reading: Reading) -> bool:
    """Tell whether the sentence says that it happens at this moment."""
    start, end = reading.sentence(hit)
    return any(start <= word.start and word.end <= end for word in reading.said("present"))
