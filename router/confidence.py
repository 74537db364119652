"""From evidence to a score in [0, 1]: how often a decision with so much evidence, so far ahead, is right."""

from math import exp

# Fitted once on labelled messages of another city: of 100 decisions with score s about 100 s name the right field.
_AT_ZERO, _PER_WEIGHT, _PER_LEAD = -2.5, 0.4, 4.6
_WEIGHT_FULL = 6.0  # more words than this add nothing


def confidence(weight: float, rival: float) -> float:
    """Return the score of a candidate with `weight` of evidence against the best other one's `rival`."""
    if weight <= 0:
        return 0.0
    lead = (weight - rival) / (max(weight, rival) + 1)  # one weak word alone leads nobody by much
    odds = _AT_ZERO + _PER_WEIGHT * min(weight, _WEIGHT_FULL) + _PER_LEAD * lead
    return round(1 / (1 + exp(-odds)), 3)
