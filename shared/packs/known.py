"""The rules of the versions that this process has read: parsing one takes a tenth of a second, so each is read once."""

import threading
import time

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from shared.cities.load import read_pack
from shared.cities.problems import PackError
from shared.database import at_once
from shared.domain.rules import Rules
from shared.once import once
from shared.tables.pack import active_pack, pack_version

LOOK_SECONDS = 1.0
_KEPT = 8

_READ = sa.select(pack_version.c.city, pack_version.c.files)


class Packs:
    """Rules by version. Safe to share between threads; holds no connection of its own."""

    def __init__(self, look_seconds: float = LOOK_SECONDS) -> None:
        self._look_seconds, self._next_look = look_seconds, 0.0
        self._parsing, self._looking = threading.Lock(), threading.Lock()
        self._known: dict[int, Rules] = {}
        self._latest: dict[str, Rules] = {}

    def of(self, connection: Connection, city: str, pack_id: int | None) -> Rules:
        """Return the rules of a version; None is refused, for a city without an active pack can decide nothing."""
        if pack_id is None:
            raise PackError((f"no pack of the city '{city}' is active: `./hotline pack load DIR` and `pack activate`",))
        known = self._known.get(pack_id)
        if known is None:
            with self._parsing:
                known = self._known.get(pack_id) or self._read(connection, pack_id)
        return known

    def at(self, connection: Connection, city: str) -> Rules:
        """Return the rules that are active now, by one query on the caller's connection."""
        query = sa.select(active_pack.c.pack_id).where(active_pack.c.city == city)
        found = self.of(connection, city, connection.execute(query).scalar_one_or_none())
        self._latest[city] = found
        return found

    def named(self, connection: Connection, city: str, version: str) -> Rules | None:
        """Return the rules of a version by its whole name, None if it is not in this database."""
        query = sa.select(pack_version.c.id).where(pack_version.c.city == city, pack_version.c.version == version)
        pack_id = connection.execute(query).scalar_one_or_none()
        return None if pack_id is None else self.of(connection, city, pack_id)

    def latest(self, city: str) -> Rules | None:
        """Return the rules that were active when this process last looked."""
        return self._latest.get(city)

    def look(self, engine: Engine, city: str) -> None:
        """Look which version is active if the last look is a second old. Call it where no connection is held.

        Raises only where nothing is known yet: while the database is away the last rules are good enough to show.
        """
        if time.monotonic() < self._next_look or not self._looking.acquire(blocking=city not in self._latest):
            return
        try:
            if time.monotonic() >= self._next_look:
                with at_once(engine) as connection:
                    self.at(connection, city)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            if city not in self._latest:
                raise
        finally:
            self._next_look = time.monotonic() + self._look_seconds if city in self._latest else 0.0
            self._looking.release()

    def _read(self, connection: Connection, pack_id: int) -> Rules:
        city, texts = connection.execute(_READ.where(pack_version.c.id == pack_id)).one()
        rules = read_pack(city, {name: text.encode() for name, text in texts.items()})
        if len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[pack_id] = rules
        return rules


@once
def known_packs() -> Packs:
    """Return this process's packs."""
    return Packs()
