"""What the caller wants: to ask, to complain, to be helped, to thank."""

from router.context import is_denied
from router.evidence import Evidence
from router.index import Index
from router.phrases import Reading
from shared.domain.terms import Nature

_SAID = {  # what each kind of word adds to a nature; a fault named speaks against a mere question
    "consultation": ((Nature.CONSULTATION, 1.6),),
    "question": ((Nature.CONSULTATION, 0.3),),
    "complaint": ((Nature.COMPLAINT, 1.6),),
    "fault": ((Nature.COMPLAINT, 0.6), (Nature.CONSULTATION, -0.5)),
    "report": ((Nature.REPORT, 0.9), (Nature.CONSULTATION, -0.4)),
    "suggestion": ((Nature.SUGGESTION, 1.5),),
    "help": ((Nature.HELP, 0.7), (Nature.CONSULTATION, -0.2)),
    "praise": ((Nature.PRAISE, 2.0),),
}
_CONTRARY = ("complaint", "fault", "report")
_TITLE, _LATE, _EARLY_UNTIL = 1.8, 0.4, 200
_PRIOR = 0.9  # the duty's usual nature
_MOST = 3  # phrases of one kind that count
_FIRST_OF_EQUALS = (Nature.REPORT, Nature.COMPLAINT, Nature.CONSULTATION, Nature.HELP, Nature.SUGGESTION)


def nature_of(reading: Reading, best: Evidence | None, index: Index) -> Nature:
    """Return the nature the words speak for, the duty's usual one weighing in; OTHER when nothing says anything."""
    heard = {kind: _heard(kind, reading) for kind in _SAID}
    if heard["praise"] and not any(heard[kind] for kind in _CONTRARY):
        return Nature.PRAISE
    scores = dict.fromkeys(_FIRST_OF_EQUALS, 0.0)
    for kind, meant in _SAID.items():
        for nature, weight in meant:
            if nature in scores:
                scores[nature] += weight * heard[kind]
    if best is not None:
        usual = index.rules.duties[best.duty].nature
        scores[usual] = scores.get(usual, 0.0) + _PRIOR
    winner = max(scores, key=lambda nature: scores[nature])
    return winner if scores[winner] > 0 else Nature.OTHER


def _heard(kind: str, reading: Reading) -> float:
    """Add up the kind's first few phrases; a stretch of text and a phrase count once."""
    total, counted, covered = 0.0, set[str](), 0
    for hit in reading.said(kind):
        if hit.start < covered or hit.phrase in counted or is_denied(hit, reading):
            continue
        counted.add(hit.phrase)
        covered = hit.end
        far = hit.start - reading.title_end > _EARLY_UNTIL
        total += _TITLE if hit.end <= reading.title_end else _LATE if far else 1.0
        if len(counted) == _MOST:
            break
    return total
