"""What a way to a fault point is, and what must hold at the end of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from shared.command.audit import audit
from tests.faults.points.house import House
from tests.faults.queries import broken_rows

Act = Callable[[House, str], Any]


def _nothing(house: House) -> None:
    """Need nothing."""


@dataclass(frozen=True)
class Way:
    """How a process is led through a point.

    `program` is who dies. `prepare` leaves something to do. `act` is a person's request to it, made again with its next
    life, or else `words` are a verb's own. `more` are the programs that work besides it once all is well again.
    `but` are checks that do not fit because people, too, move tickets on this way.
    """

    program: str
    prepare: Callable[[House], None] = _nothing
    act: Act | None = None
    words: Sequence[str] = ()
    proves: Callable[[House], None] = _nothing
    more: Sequence[str] = ()
    but: Sequence[str] = ()


def walk(house: House, point: str, way: Way) -> None:
    """Lead a process through its point, let it live again, and check what must hold."""
    way.prepare(house)
    words = [word.format(house=house) for word in way.words]
    with house.running(way.program, point, *words) as process:
        if way.act is not None:
            said = _unanswered(house, way.act, process.url)
            assert said is None, f"answered in spite of {point}: {said}"
        process.wait_for_death(point)
    house.stage.end_leases()
    if way.act is not None:
        with house.running(way.program) as process:
            house.kept["answer"] = way.act(house, process.url)
            house.kept["again"] = way.act(house, process.url)
    elif words:
        house.kept["answer"] = house.by_command(way.program, *words)
    else:
        house.work(way.program, *way.more)
    if way.act is not None or words:
        house.work(*way.more)
    assert broken_in(house, way.but) == {}
    assert audit(house.environment["DATABASE_URL"]).differences == []
    way.proves(house)


def broken_in(house: House, but: Sequence[str] = ()) -> dict[str, list[object]]:
    """Return each invariant that does not hold in the database, and what breaks it."""
    found = broken_rows(lambda query: [tuple(row.values()) for row in house.stage.rows(query.replace(":", r"\:"))])
    return {name: ids for name, ids in found.items() if not any(word in name for word in but)}


def _unanswered(house: House, act: Act, url: str) -> Any:
    try:
        return act(house, url)
    except httpx.TransportError:
        return None
