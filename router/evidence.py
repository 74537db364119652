"""How much the words of a text speak for each duty of the catalogue."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from router.context import is_contradicted
from router.index import Index
from router.phrases import JOIN, Hit, Reading

_TITLE, _EARLY, _LATE = 1.8, 0.7, 0.45
_EARLY_UNTIL = 200  # characters after the title; a long story strays into other matters
_AGAIN, _AGAIN_MOST = 0.15, 3  # repetition says a little more, not as much again
_INSIDE = 0.4  # 公园 in 公园城市局, 医院 in 宠物医院: part of a longer word
_CONTRADICTED = 0.15  # 不是漏气: named, but not meant
_AGAINST = 2.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one duty: the sum, and each thing said with its weight, strongest first."""

    duty: str
    weight: float
    said: tuple[tuple[float, Hit], ...]

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Return where it is said, strongest first."""
        return tuple(hit for _, hit in self.said)

    def beyond(self, known: Sequence[Hit]) -> float:
        """Return what it weighs without the stretches of text that have counted already."""
        fresh = sum(weight for weight, hit in self.said if not any(overlap(hit, other) for other in known))
        return min(fresh, self.weight)


def weigh(reading: Reading, index: Index) -> list[Evidence]:
    """Return the duties anything speaks for, best first; equal ones in the catalogue's order."""
    covered, denials = _covered(reading, index), reading.said("denial")
    spoken: dict[str, list[tuple[float, list[Hit]]]] = defaultdict(list)
    for phrase, hits in reading.places.items():
        for duty, weight in index.words.get(phrase, ()):
            factor = _INSIDE if all(duty not in covered.get(hit, {duty}) for hit in hits) else 1.0
            if denials and all(is_contradicted(hit, reading) for hit in hits):
                factor *= _CONTRADICTED
            spoken[duty].append((weight * factor * _standing(hits, reading), hits))
    against: dict[str, float] = defaultdict(float)
    for phrase in reading.places:
        for duty in index.against.get(phrase, ()):
            against[duty] += _AGAINST
    found = (_sum(duty, said, against[duty]) for duty, said in spoken.items())
    return sorted((one for one in found if one.weight > 0), key=lambda one: (-one.weight, index.order[one.duty]))


def _standing(hits: list[Hit], reading: Reading) -> float:
    """Weigh the best place the phrase stands at, and how often it is said."""
    first = hits[0]
    if first.end <= reading.title_end:
        place = _TITLE
    else:
        place = _EARLY if first.start - reading.title_end <= _EARLY_UNTIL else _LATE
    return place * (1 + _AGAIN * min(len(hits) - 1, _AGAIN_MOST))


def _covered(reading: Reading, index: Index) -> dict[Hit, set[str]]:
    """Return the hits that lie inside a longer known word, with the duties that longer word speaks for."""
    covered: dict[Hit, set[str]] = {}
    longest: Hit | None = None
    known = (*reading.said("duty"), *reading.said("place"), *reading.said("alias"))
    for hit in sorted((hit for hit in known if JOIN not in hit.phrase), key=lambda hit: (hit.start, -hit.end)):
        if longest and hit.end <= longest.end and (hit.start, hit.end) != (longest.start, longest.end):
            covered[hit] = {duty for duty, _ in index.words.get(longest.phrase, ())}
        elif longest is None or hit.end > longest.end:
            longest = hit
    return covered


def _sum(duty: str, spoken: list[tuple[float, list[Hit]]], against: float) -> Evidence:
    """Add up what is said, a stretch of text counting once: with its heaviest phrase."""
    total, counted = 0.0, list[tuple[float, Hit]]()
    for weight, hits in sorted(spoken, key=lambda said: (-said[0], said[1][0])):
        fresh = [hit for hit in hits if not any(overlap(hit, other) for _, other in counted)][:_AGAIN_MOST]
        if fresh:
            total += weight
            counted += [(weight / len(fresh), hit) for hit in fresh]
    return Evidence(duty, total - against, tuple(counted))


def overlap(one: Hit, other: Hit) -> bool:
    """Tell whether two hits share a character."""
    return one.start < other.end and other.start < one.end
