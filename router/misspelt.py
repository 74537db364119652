"""Names written with one wrong character: one that sounds alike 同音近音 or looks alike 近形."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from router.phrases import Hit, PhraseIndex

# A line holds characters that sound alike, without tones: zh/z, ch/c, sh/s, n/l, -in/-ing and -en/-eng count as one.
# The readings are those of pypinyin 0.55 (MIT) for the 6,763 characters of GB 2312.
_SOUNDS = "sounds.txt"
_SHAPES = "shapes.txt"  # a line holds characters that look alike
_SHORTEST = 3  # a name of two characters is one step from too many words
_ROAD, _SHORTEST_ROAD = ("路", "街", "道", "巷"), 4  # another road may be called so; a pack lists such mistakes


class Misspelt:
    """Finds names of three characters or more with one wrong, never the last: 成 for 城 would make words places."""

    def __init__(self, names: Iterable[str]) -> None:
        self._tables: list[tuple[dict[int, str], dict[str, list[str]], PhraseIndex]] = []
        usable = [name for name in names if len(name) >= (_SHORTEST_ROAD if name.endswith(_ROAD) else _SHORTEST)]
        for sheet in (_SOUNDS, _SHAPES):
            alike = _alike(sheet)
            meant: dict[str, list[str]] = defaultdict(list)
            for name in usable:
                meant[name.translate(alike)].append(name)
            self._tables.append((alike, meant, PhraseIndex({"name": meant})))

    def find(self, text: str) -> list[tuple[Hit, tuple[str, ...]]]:
        """Return where a plain text has a name with one wrong character, and the names it may stand for."""
        found: dict[Hit, dict[str, None]] = {}
        for alike, meant, phrases in self._tables:
            for same, hits in phrases.read(text.translate(alike), 0).places.items():
                for hit in hits:
                    said = text[hit.start : hit.end]
                    names = [name for name in meant[same] if _is_one_off(said, name)]
                    if names:
                        found.setdefault(Hit(hit.start, hit.end, said), {}).update(dict.fromkeys(names))
        return [(hit, tuple(names)) for hit, names in sorted(found.items())]


def _is_one_off(said: str, name: str) -> bool:
    wrong = [at for at, (one, other) in enumerate(zip(said, name, strict=True)) if one != other]
    return len(wrong) == 1 and wrong[0] < len(name) - 1


@cache
def _alike(sheet: str) -> dict[int, str]:
    """Return each character's stand-in, the first of its line."""
    lines = files("router").joinpath(sheet).read_text(encoding="utf-8").split()
    return {ord(character): line[0] for line in lines for character in line[1:]}
