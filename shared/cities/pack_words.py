"""Reading what `pack.yaml` says to people, and how it presses and judges units: wording, ladder, weights."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isclose

from shared.cities.yaml_reader import YamlReader
from shared.domain.events import EventKind
from shared.domain.follow_ups import TELL_CALLER, TELL_UNIT
from shared.domain.rules import Rung, ShortText
from shared.domain.terms import Metric, Role, State
from shared.domain.wording import NO_LIMIT

Sentences = Mapping[str, tuple[str, str]]
LANGUAGES = ("zh", "en")
STAFF = (Role.OPERATOR, Role.HANDLER, Role.EXPERT, Role.SUPERVISOR, Role.ADMIN)
_BRACED = re.compile(r"\{(.*?)\}|[{}]")
_TEMPLATE_GAPS = re.compile(r"\{(.*?)\}")
PROVIDERS = ("aliyun", "tencent")  # of short messages, each with approved templates of its own
LONGEST_TEXT = 120
_CODE = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class PackWords:
    """The sentences, the supervision ladder 督办阶梯 and the weights of a unit's score."""

    wording: Sentences
    states: Sentences
    notices: Sentences
    texts: Mapping[str, ShortText]
    ladder: tuple[Rung, ...]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of sentences: which names it may hold, which it must, and what a sentence may leave open."""

    name: str
    known: Collection[str]
    needed: Collection[str]
    placeholders: tuple[str, ...]


_WORDING = _Table("wording", {*EventKind, NO_LIMIT}, (), ("due", "unit"))
_STATES = _Table("states", tuple(State), tuple(State), ())
_NOTICES = _Table("notices", TELL_UNIT, TELL_UNIT, ("due", "number", "unit"))


def read_words(reader: YamlReader) -> PackWords:
    """Return all of it; what is wrong is noted with its line."""
    wording, states, notices = (_sentences(reader, table) for table in (_WORDING, _STATES, _NOTICES))
    return PackWords(wording, states, notices, _texts(reader), _ladder(reader), _weights(reader))


def _texts(reader: YamlReader) -> dict[str, ShortText]:
    """Return the short messages by event kind. A template without number and code would be of no use to the caller."""
    texts: dict[str, ShortText] = {}
    for name in reader.names("texts") if "texts" in reader.values else ():
        if name not in TELL_CALLER:
            reader.say(("texts", name), f"is not one of {', '.join(sorted(TELL_CALLER))}")
            continue
        text = reader.text("texts", name, "text")
        if _TEMPLATE_GAPS.findall(text) != ["number", "code"] or len(text) > LONGEST_TEXT:
            reader.say(
                ("texts", name, "text"),
                f"must have {{number}} and then {{code}} in it, each once, nothing else in braces,"
                f" and at most {LONGEST_TEXT} characters",
            )
        known = [one for one in reader.names("texts", name) if one in PROVIDERS]
        texts[name] = ShortText(text, {one: reader.text("texts", name, one) for one in known})
    return texts


def _sentences(reader: YamlReader, table: _Table) -> dict[str, tuple[str, str]]:
    """Return a table's sentences by name, Chinese and English."""
    sentences: dict[str, tuple[str, str]] = {}
    names = reader.names(table.name)
    for name in names:
        if name not in table.known:
            reader.say((table.name, name), f"is not one of {', '.join(sorted(table.known))}")
            continue
        chinese, english = (_sentence(reader, (table.name, name, language), table) for language in LANGUAGES)
        sentences[name] = (chinese, english)
    for missing in sorted(set(table.needed) - set(names)) if names else ():
        reader.say((table.name,), f"has no sentence for {missing}")
    return sentences


def _sentence(reader: YamlReader, path: tuple[str, ...], table: _Table) -> str:
    """Return a sentence. A brace that opens no known name would be shown to people as it stands."""
    sentence = reader.text(*path)
    allowed = ", ".join(f"{{{name}}}" for name in table.placeholders)
    for found in sorted({match[0] for match in _BRACED.finditer(sentence) if match[1] not in table.placeholders}):
        reader.say(path, f"{found} is not one of {allowed}" if allowed else f"{found}: nothing is filled in here")
    return sentence


def _ladder(reader: YamlReader) -> tuple[Rung, ...]:
    """Return the rungs in their order; one that comes before its forerunner would be skipped unseen."""
    rungs: list[Rung] = []
    for place in range(1, len(reader.get(("ladder",), list, [])) + 1):
        path = ("ladder", str(place))
        code = reader.text(*path, "code")
        if not _CODE.fullmatch(code):
            reader.say((*path, "code"), f"'{code}' cannot be a code: use small letters, digits and _")
        if code in {rung.code for rung in rungs}:
            reader.say((*path, "code"), f"'{code}' is already in the ladder")
        after = reader.number(-30, 260, *path, "after")
        if rungs and after < rungs[-1].after:
            reader.say((*path, "after"), f"{after:g} comes before {rungs[-1].after:g}, the step above it")
        rungs.append(Rung(code, reader.text(*path, "name"), reader.text(*path, "name_en"), after, _tells(reader, path)))
    return tuple(rungs)


def _tells(reader: YamlReader, path: tuple[str, ...]) -> tuple[Role, ...]:
    named = [str(name) for name in reader.get((*path, "tells"), list, [])]
    if not named:
        reader.say((*path, "tells"), "tells nobody")
    for name in named:
        if name not in STAFF:
            reader.say((*path, "tells"), f"'{name}' is not one of {', '.join(STAFF)}")
    return tuple(role for role in STAFF if role in named)


def _weights(reader: YamlReader) -> dict[str, float]:
    """Return the weights of the metrics; a score is only a score if they sum to 1."""
    weights: dict[str, float] = {}
    for name in reader.names("weights"):
        if name not in set(Metric):
            reader.say(("weights", name), f"is not one of {', '.join(Metric)}")
            continue
        weights[name] = reader.number(0, 1, "weights", name)
    if not isclose(sum(weights.values()), 1):
        reader.say(("weights",), f"sum to {sum(weights.values()):g}, not to 1")
    return weights
