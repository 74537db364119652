"""Misconduct of officials: who is complained of must neither hold nor see the ticket (P11, S12)."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from router.context import is_denied, is_early, is_headline, is_only_talked_about
from router.index import Index, resolve
from router.phrases import Hit, Reading

_MANY = 50  # deeds that are looked at; who says more says nothing new
_NEAR = 14  # characters between the person and the deed
_AT_ONCE = 4
_LONGEST = 6  # characters of an address
_ADDRESSED = 8  # 尊敬的胡书记: spoken to, not of


@dataclass(frozen=True, slots=True)
class Misconduct:
    """A deed said of an official, and the units that person may belong to."""

    deed: Hit
    actor: Hit
    accused: tuple[str, ...]
    is_certain: bool


def misconduct(reading: Reading, county: str | None, index: Index) -> Misconduct | None:
    """Return the first deed whose nearest actor before it is an official, a prominent one first."""
    officials = [hit for hit in reading.said("official") if not _is_addressed(hit, reading)]
    known = set(officials)
    actors = sorted([*officials, *reading.said("private")], key=lambda hit: hit.end)
    ends = [hit.end for hit in actors]
    found: list[Misconduct] = []
    rude = reading.said("rudeness")[:_MANY]
    for deed in sorted([*reading.said("misconduct")[:_MANY], *rude]):
        start, _ = reading.sentence(deed)
        reach = max(start, deed.start - _NEAR)
        near = actors[bisect_left(ends, reach) : bisect_right(ends, deed.start)]
        before = [hit for hit in near if start <= hit.start]
        if not before or before[-1] not in known:
            continue
        if is_denied(deed, reading) or is_only_talked_about(deed, reading):
            continue
        actor = before[-1]
        is_certain = is_headline(deed, reading) or (
            deed not in rude and is_early(deed, reading) and deed.start - actor.end <= _AT_ONCE
        )
        found.append(Misconduct(deed, actor, _accused(actor, reading, county, index), is_certain))
    return next((one for one in found if one.is_certain), found[0] if found else None)


def _is_addressed(hit: Hit, reading: Reading) -> bool:
    near = reading.within("address", hit.start - _ADDRESSED - _LONGEST, hit.start)
    return any(0 <= hit.start - word.end <= _ADDRESSED for word in near)


def _accused(actor: Hit, reading: Reading, county: str | None, index: Index) -> tuple[str, ...]:
    """Return the unit meant by the alias in, or just before, the actor: 教育局的局长 accuses the education bureau."""
    start, _ = reading.clause(actor)
    named = reading.within("alias", start, actor.end)
    near = [hit for hit in named if actor.start - hit.end <= _ADDRESSED]
    if not near:
        return ()
    meant = index.aliases[max(near, key=lambda hit: (hit.end, hit.end - hit.start)).phrase]
    units = (resolve(reference, county, index.rules.units) for reference in meant)
    return tuple(unit for unit in units if unit)[:1]
