"""Whether words are meant: denied, only talked about, or said of now."""

from router.phrases import Hit, Reading

_REACH = 10  # characters before a hit in which a denial begins
_DENIED_WITHIN = 4  # 没有发生火灾: the denial stands at most this far before
_EARLY = 120  # characters after the title in which people say what is the matter
_SHORT = 150  # characters


def is_denied(hit: Hit, reading: Reading) -> bool:
    """Tell whether a negation stands just before the hit in the same clause."""
    return _stands_before(hit, "negation", reading)


def is_contradicted(hit: Hit, reading: Reading) -> bool:
    """Tell whether the clause says that this is not the matter: 不是漏气. In 没有路灯 what is missing is the matter."""
    _, end = reading.clause(hit)
    is_either_or = any(word.end <= end for word in reading.within("either", hit.end, end))
    return not is_either_or and _stands_before(hit, "denial", reading)


def _stands_before(hit: Hit, kind: str, reading: Reading) -> bool:
    """Tell whether a word of the kind stands just before the hit; 不是 in 是不是 asks and denies nothing."""
    start, _ = reading.clause(hit)
    near = [no for no in reading.within(kind, max(start, hit.start - _REACH), hit.start) if no.end <= hit.start]
    return any(hit.start - no.end <= _DENIED_WITHIN and not _asks(no, reading) for no in near)


def _asks(no: Hit, reading: Reading) -> bool:
    return any(ask.start < no.start and no.end <= ask.end for ask in reading.within("question", no.start - 2, no.start))


def is_only_talked_about(hit: Hit, reading: Reading) -> bool:
    """Tell whether the clause supposes, recalls or discusses the matter instead of reporting it."""
    start, end = reading.clause(hit)
    supposed = any(word.end <= hit.start for word in reading.within("hypothetical", start, hit.start))
    return supposed or any(
        word.end <= end and not (hit.start <= word.start and word.end <= hit.end)
        for word in reading.within("abstract", start, end)
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
    return any(word.end <= end for word in reading.within("present", start, end))
