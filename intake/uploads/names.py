"""Names of files as people gave them: nothing in them may steer a terminal, a header, a folder or a reader's eye."""

import unicodedata

LONGEST_STEM = 80
_MEANT_FOR_FOLDERS = str.maketrans(dict.fromkeys('/\\:*?"<>|', " "))


def split_name(raw: str) -> tuple[str, str]:
    """Return a harmless stem and the extension in small letters; a stem of nothing becomes `file`."""
    last = raw.replace("\\", "/").rsplit("/", 1)[-1]
    # Categories C: control characters, overrides of the reading direction, lone surrogates, private use.
    clean = "".join(character for character in last if not unicodedata.category(character).startswith("C"))
    stem, dot, extension = clean.rpartition(".")
    if not dot:
        stem, extension = clean, ""
    stem = " ".join(unicodedata.normalize("NFC", stem).translate(_MEANT_FOR_FOLDERS).split()).strip(". ")
    return stem[:LONGEST_STEM].strip() or "file", extension.strip().lower()
