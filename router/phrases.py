"""Finding literal phrases, thousands at once, in a text of any length."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import add
from typing import NamedTuple

JOIN = "+"
REACH = 24  # characters that joined parts may span, about one spoken clause
_MANY = 8  # occurrences of a part that are looked at; the rest says nothing new
_BACK = 60  # characters before a hit that still belong to its clause where nobody put a stop
_SENTENCE_END = re.compile(r"[。!?！？\n]")
_CLAUSE_END = re.compile(r"[。!?！？\n,;:，；：…]")


class Hit(NamedTuple):
    """Where a phrase stands in the text, [start, end)."""

    start: int
    end: int
    phrase: str


@dataclass(frozen=True)
class Reading:
    """A text with every known phrase found in it. A topic is a named set of phrases, such as the negations."""

    text: str
    title_end: int
    places: Mapping[str, list[Hit]]  # phrase -> its occurrences in order of place
    topics_of: Mapping[str, tuple[str, ...]]

    @cached_property
    def _by_topic(self) -> dict[str, list[Hit]]:
        found: dict[str, list[Hit]] = defaultdict(list)
        for phrase, hits in self.places.items():
            for topic in self.topics_of.get(phrase, ()):
                found[topic] += hits
        for hits in found.values():
            hits.sort()
        return found

    def said(self, topic: str) -> list[Hit]:
        """Return the occurrences of the topic's phrases, in order of place."""
        return self._by_topic.get(topic, [])

    def within(self, topic: str, start: int, end: int) -> list[Hit]:
        """Return the topic's occurrences that begin in [start, end)."""
        said = self.said(topic)
        return said[bisect_left(said, (start,)) : bisect_left(said, (end,))]

    def clause(self, hit: Hit) -> tuple[int, int]:
        """Return the bounds of the clause the hit begins in."""
        return self._around(hit, self._clause_ends)

    def sentence(self, hit: Hit) -> tuple[int, int]:
        """Return the bounds of the sentence the hit begins in."""
        return self._around(hit, self._sentence_ends)

    @cached_property
    def _clause_ends(self) -> list[int]:
        return [end.start() for end in _CLAUSE_END.finditer(self.text)]

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [end.start() for end in _SENTENCE_END.finditer(self.text)]

    def _around(self, hit: Hit, ends: list[int]) -> tuple[int, int]:
        before, after = bisect_left(ends, hit.start), bisect_left(ends, hit.end)
        start = ends[before - 1] + 1 if before else 0
        return max(start, hit.start - _BACK), ends[after] if after < len(ends) else len(self.text)


class PhraseIndex:
    """All phrases, looked up by their first two characters: 0.1 ms for a usual message, no automaton to carry."""

    def __init__(self, topics: Mapping[str, Iterable[str]]) -> None:
        self._topics_of: dict[str, tuple[str, ...]] = {}
        for topic, phrases in topics.items():
            for phrase in phrases:
                self._topics_of[phrase] = (*self._topics_of.get(phrase, ()), topic)
        self._joined: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        by_start: dict[str, list[str]] = defaultdict(list)
        for part in sorted({part for phrase in self._topics_of for part in phrase.split(JOIN)}):
            if len(part) > 1:
                by_start[part[:2]].append(part)
        self._by_start = dict(by_start)
        for phrase in self._topics_of:
            parts = phrase.split(JOIN)
            if len(parts) > 1:
                self._joined[max(parts, key=len)].append((phrase, parts))
        self._alone = {part for part in (*self._topics_of, *self._joined) if len(part) == 1}

    def read(self, text: str, title_end: int) -> Reading:
        """Return the reading of a plain text; overlapping phrases are all found, parts stand beside the joined."""
        places: dict[str, list[Hit]] = {}
        by_start = self._by_start
        for at in [at for at, pair in enumerate(map(add, text, text[1:])) if pair in by_start]:
            for phrase in by_start[text[at : at + 2]]:
                if text.startswith(phrase, at):
                    places.setdefault(phrase, []).append(Hit(at, at + len(phrase), phrase))
        parts = _Parts(text, places)
        places |= {character: parts.find(character) for character in self._alone if character in text}
        joined = [
            Hit(*span, phrase)
            for longest in places.keys() & self._joined.keys()
            for phrase, said in self._joined[longest]
            if all(map(text.__contains__, said))  # most are missing a part: seen without looking where the others stand
            and (span := _join([parts.find(part) for part in said]))
        ]
        places |= {hit.phrase: [hit] for hit in sorted(joined)}
        return Reading(text, title_end, places, self._topics_of)


class _Parts:
    """Where the parts of joined phrases stand. A single character is common: looked for only when it is asked for."""

    def __init__(self, text: str, places: Mapping[str, list[Hit]]) -> None:
        self._text, self._places = text, places
        self._characters: dict[str, list[Hit]] = {}

    def find(self, part: str) -> list[Hit]:
        """Return the first few occurrences of the part."""
        if len(part) > 1:
            return self._places.get(part, [])[:_MANY]
        if part not in self._characters:
            found = islice(re.finditer(re.escape(part), self._text), _MANY)
            self._characters[part] = [Hit(*match.span(), part) for match in found]
        return self._characters[part]


def _join(parts: list[list[Hit]]) -> tuple[int, int] | None:
    """Return the shortest stretch with one hit of each part, None when they stand too far apart."""
    best: tuple[int, int] | None = None
    if not all(parts):
        return None
    firsts, *others = parts
    for first in firsts:
        near = [first, *(min(other, key=lambda hit: abs(hit.start - first.start)) for other in others)]
        start, end = min(hit.start for hit in near), max(hit.end for hit in near)
        if end - start <= REACH and (best is None or end - start < best[1] - best[0]):
            best = (start, end)
    return best
