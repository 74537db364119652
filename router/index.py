"""A city's rules made ready for reading: every phrase in plain characters, and what each speaks for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from router.gazetteer import Gazetteer, gazetteer_of
from router.phrases import PhraseIndex
from shared.domain.rules import Referral, Rules, Unit
from shared.domain.terms import UnitKind
from shared.script import plain

_KEPT = 4  # a running service holds one pack, a backtest two
_ready: list[tuple[Rules, "Index"]] = []


@dataclass(frozen=True)
class Index:
    """Look-up tables of one Rules object."""

    rules: Rules
    phrases: PhraseIndex
    words: Mapping[str, tuple[tuple[str, float], ...]]  # plain phrase -> (duty, weight)
    against: Mapping[str, tuple[str, ...]]  # plain phrase -> duties it speaks against
    gazetteer: Gazetteer
    aliases: Mapping[str, tuple[str, ...]]  # plain alias or name -> unit references, nearest first
    owners: Mapping[str, Unit]  # county -> fall-back owner
    disciplines: Mapping[str | None, Unit]  # county, None for the city's -> discipline body
    order: Mapping[str, int]  # duty -> its line in the catalogue
    dialect: "_Dialect"

    def plain(self, text: str) -> str:
        """Return `text` in plain characters and words; every index means the same place as before."""
        return self.dialect.plain(text)


class _Dialect:
    """What is said here, and the word of the same length that the catalogue uses: 咋个 is 怎么."""

    def __init__(self, pairs: Iterable[str]) -> None:
        self._pairs = [(said, meant) for said, _, meant in (plain(pair).partition("=") for pair in pairs)]

    def plain(self, text: str) -> str:
        text = plain(text)
        for said, meant in self._pairs:
            text = text.replace(said, meant)
        return text


def index_of(rules: Rules) -> Index:
    """Return the index of `rules`, made once per object: two packs may share a version while one is being written."""
    for known, index in _ready:
        if known is rules:
            return index
    index = _make(rules)
    _ready.append((rules, index))
    del _ready[:-_KEPT]
    return index


def _make(rules: Rules) -> Index:
    dialect = _Dialect(rules.lexicon.get("dialect", ()))
    words: dict[str, dict[str, float]] = defaultdict(dict)
    against: dict[str, set[str]] = defaultdict(set)
    for duty in rules.duties.values():
        for phrase, weight in duty.words:
            known = words[dialect.plain(phrase)]
            known[duty.code] = max(weight, known.get(duty.code, 0.0))
        for phrase in duty.against:
            against[dialect.plain(phrase)].add(duty.code)
    gazetteer = gazetteer_of(rules)
    aliases: dict[str, tuple[str, ...]] = {plain(unit.name): (unit.code,) for unit in rules.units.values()}
    aliases |= {plain(alias): meant for alias, meant in rules.aliases.items()}
    topics: dict[str, Iterable[str]] = {
        "duty": words, "against": against, "place": gazetteer.names, "alias": aliases,
        **{kind: map(dialect.plain, phrases) for kind, phrases in rules.lexicon.items() if kind != "dialect"},
        **{topic_of(referral): map(dialect.plain, referral.words) for referral in rules.referrals.values()},
    }  # fmt: skip
    return Index(
        rules, PhraseIndex(topics),
        {phrase: tuple(meant.items()) for phrase, meant in words.items()},
        {phrase: tuple(sorted(duties)) for phrase, duties in against.items()},
        gazetteer, aliases,
        {unit.county: unit for unit in rules.units.values() if unit.kind is UnitKind.COUNTY and unit.county},
        {unit.county: unit for unit in reversed(tuple(rules.units.values())) if unit.kind is UnitKind.DISCIPLINE},
        {duty: line for line, duty in enumerate(rules.duties)}, dialect,
    )  # fmt: skip


def topic_of(referral: Referral) -> str:
    """Return the name under which a reading finds the referral's words."""
    return f"referral:{referral.code}"


def resolve(reference: str, county: str | None, units: Mapping[str, Unit]) -> str | None:
    """Return the unit that `*.<suffix>` or a code means in `county`, None where there is none."""
    if not reference.startswith("*."):
        return reference if reference in units else None
    code = f"{county}.{reference[2:]}"
    return code if county and code in units else None
