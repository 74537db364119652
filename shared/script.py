"""One way of writing: traditional, full-width and upper-case characters become their plain twins, length unchanged."""

import unicodedata
from functools import cache

import opencc

_HAN = (range(0x3400, 0xA000), range(0xF900, 0xFB00))
_COMPATIBLE = (range(0x2F00, 0x2FE0), range(0x3000, 0x3001), range(0xF900, 0xFB00), range(0xFF01, 0xFF5F))


@cache
def _twins() -> dict[int, str]:
    """Character by character, not phrase by phrase: marks in the caller's own text need equal lengths."""
    han = [chr(code) for block in _HAN for code in block]
    plain = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    twins = {ord(a): b for a, b in zip(han, plain, strict=True) if a != b and len(b) == 1}
    for code in (code for block in _COMPATIBLE for code in block):
        plainer = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(plainer) == 1:
            twins[code] = twins.get(ord(plainer), plainer)
    return twins | {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}


def plain(text: str) -> str:
    """Return `text` in plain characters; every index means the same place as before."""
    return text.translate(_twins())
