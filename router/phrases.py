"""Finding literal phrases, thousands at once, in a text of any length."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

JOIN = "+"
REACH = 24  # characters that joined parts may span, about one spoken clause
_MANY = 8  # occurrences of a part that are looked at; the rest says nothing new
_SENTENCE_END = re.compile(r"[。!?！？\n]")
_CLAUSE_END = re.compile(r"[。!?！？\n,;:，；：…]")


class Hit(NamedTuple):
    """Where a phrase stands in the text, [start, end)."""

    start: int
    end: int
    phrase: str


@dataclass(frozen=True)
class Reading:
    """A text with everything known that was found in it, in order of place."""

    text: str
    title_end: int
    hits: tuple[Hit, ...]

    @cached_property
    def places(self) -> dict[str, list[Hit]]:
        """Each phrase with its occurrences."""
        places: dict[str, list[Hit]] = defaultdict(list)
        for hit in self.hits:
            places[hit.phrase].append(hit)
        return places

    def of(self, phrases: Iterable[str]) -> list[Hit]:
        """Return the occurrences of any of `phrases`, in order of place."""
        return sorted(hit for phrase in phrases for hit in self.find(phrase))

    def find(self, phrase: str) -> list[Hit]:
        """Return the occurrences of `phrase`; a joined one counts once, from its first part to its last."""
        if JOIN not in phrase:
            return self.places.get(phrase, [])
        parts = [self.places.get(part, [])[:_MANY] for part in phrase.split(JOIN)]
        if not all(parts):
            return []
        best: Hit | None = None
        for first in parts[0]:
            near = [first, *(min(other, key=lambda hit: abs(hit.start - first.start)) for other in parts[1:])]
            start, end = min(hit.start for hit in near), max(hit.end for hit in near)
            if end - start <= REACH and (best is None or end - start < best.end - best.start):
                best = Hit(start, end, phrase)
        return [best] if best else []

    def clause(self, hit: Hit) -> tuple[int, int]:
        """Return the bounds of the clause the hit begins in."""
        return self._around(hit, _CLAUSE_END)

    def sentence(self, hit: Hit) -> tuple[int, int]:
        """Return the bounds of the sentence the hit begins in."""
        return self._around(hit, _SENTENCE_END)

    def _around(self, hit: Hit, end: re.Pattern[str]) -> tuple[int, int]:
        start = max(0, hit.start - 60)
        before = [found.end() for found in end.finditer(self.text, start, hit.start)]
        after = end.search(self.text, hit.end)
        return (before[-1] if before else start, after.start() if after else len(self.text))


class PhraseIndex:
    """All phrases, looked up by their first two characters: 0.1 ms for a usual message, no automaton to carry."""

    def __init__(self, phrases: Iterable[str]) -> None:
        parts = {part for phrase in phrases for part in phrase.split(JOIN)}
        self._by_start: dict[str, list[str]] = defaultdict(list)
        self._single = sorted(part for part in parts if len(part) == 1)
        for part in sorted(part for part in parts if len(part) > 1):
            self._by_start[part[:2]].append(part)

    def read(self, text: str, title_end: int) -> Reading:
        """Return the reading of a plain text; overlapping phrases are all found."""
        hits: list[Hit] = []
        by_start = self._by_start
        for at in range(len(text) - 1):
            if starting := by_start.get(text[at : at + 2]):
                hits += [Hit(at, at + len(phrase), phrase) for phrase in starting if text.startswith(phrase, at)]
        for character in self._single:
            at = text.find(character)
            for _ in range(_MANY):
                if at < 0:
                    break
                hits.append(Hit(at, at + 1, character))
                at = text.find(character, at + 1)
        hits.sort()
        return Reading(text, title_end, tuple(hits))
