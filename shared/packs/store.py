"""Loads versions of a pack, activates one, goes back. The only writer of the tables of packs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from shared import jobs
from shared.cities.load import read_pack
from shared.cities.problems import PackError
from shared.domain.errors import Refused
from shared.domain.follow_ups import JobKind
from shared.fault_points import fault_point
from shared.packs.sweep import Sweep
from shared.tables.pack import active_pack, pack_activation, pack_version
from shared.tables.ticket import ticket

ROLLBACK = "rollback"
_DIGITS = 18  # of an id
_V = pack_version.c
_FACTS = (_V.id, _V.city, _V.version, _V.loaded_at, _V.loaded_by)


@dataclass(frozen=True, slots=True)
class PackVersion:
    """One version of a city's pack, as loaded; `version` is the declared one and the content's digest."""

    id: int
    city: str
    version: str
    loaded_at: datetime
    loaded_by: str


@dataclass(frozen=True, slots=True)
class Activation:
    """A switch from one version to another."""

    id: int
    city: str
    pack_id: int
    replaced_id: int | None
    at: datetime
    by_whom: str
    note: str


class Overtaken(Refused):
    """Somebody activated another version in the meantime."""

    def __init__(self, newest: Activation | None) -> None:
        by, at = (newest.by_whom, newest.at.isoformat(timespec="seconds")) if newest else ("", "")
        super().__init__("pack_overtaken", f"{by} 已在 {at} 启用了另一个版本，请看过再试。", by=by, at=at)
        self.newest = newest


def load(connection: Connection, city: str, files: Mapping[str, bytes], by: str) -> PackVersion:
    """Check a pack's files and keep them; the same content again is the version it was. Raises `PackError`."""
    version = read_pack(city, files).version
    row = {"city": city, "version": version, "files": _texts(files), "loaded_by": by}
    added = postgresql.insert(pack_version).values(row | {"loaded_at": sa.func.business_now()})
    connection.execute(added.on_conflict_do_nothing(index_elements=["city", "version"]))
    found = find(connection, city, version)
    assert found is not None
    return found


def activate(
    connection: Connection, to: PackVersion, expected_id: int | None, by: str, note: str = ""
) -> Activation | None:
    """Let the city's rules be those of `to` from the commit on, and arm the recount of its open tickets (K13, K16).

    `expected_id` is the version that the caller takes to be active, None if none. Waits for another activation that is
    under way; raises `Overtaken` if it changed what was expected. Returns None if `to` is active already.
    """
    now: datetime = connection.execute(sa.select(sa.func.business_now())).scalar_one()
    mine = active_pack.c.city == to.city
    before = connection.execute(sa.select(active_pack.c.pack_id).where(mine).with_for_update()).scalar_one_or_none()
    if before != expected_id:
        raise Overtaken(newest_activation(connection, to.city))
    if before == to.id:
        return None
    row = {"city": to.city, "pack_id": to.id, "since": now}
    if before is not None:
        connection.execute(sa.update(active_pack).where(mine).values(row))
    else:
        first = postgresql.insert(active_pack).values(row).on_conflict_do_nothing().returning(active_pack.c.city)
        if connection.execute(first).first() is None:
            raise Overtaken(newest_activation(connection, to.city))
    said = {"city": to.city, "pack_id": to.id, "replaced_id": before, "at": now, "by_whom": by, "note": note}
    done = Activation(*connection.execute(sa.insert(pack_activation).values(said).returning(pack_activation)).one())
    if before is not None or _has_tickets(connection, to.city):
        jobs.arm_untied(connection, JobKind.RECOUNT, Sweep(done.id).part, now)
        fault_point("pack.activated")
    return done


def rollback(connection: Connection, city: str, expected_id: int, by: str) -> Activation | None:
    """Activate what was active before; twice in a row is there and back. None: nothing was active before."""
    newest = newest_activation(connection, city)
    if newest is None or newest.pack_id != expected_id:
        raise Overtaken(newest)
    if newest.replaced_id is None:
        return None
    before = find(connection, city, newest.replaced_id)
    assert before is not None
    return activate(connection, before, expected_id, by, ROLLBACK)


def active(connection: Connection, city: str) -> PackVersion | None:
    """Return the active version."""
    query = sa.select(*_FACTS).join(active_pack, active_pack.c.pack_id == pack_version.c.id)
    row = connection.execute(query.where(active_pack.c.city == city)).one_or_none()
    return None if row is None else PackVersion(*row)


def find(connection: Connection, city: str, named: str | int) -> PackVersion | None:
    """Return a version by its id or by its name; the declared part is enough where only one has it."""
    text = str(named)
    of_city = sa.select(*_FACTS).where(_V.city == city)
    if text.isdecimal() and len(text) <= _DIGITS:
        row = connection.execute(of_city.where(_V.id == int(text))).one_or_none()
        if row is not None:
            return PackVersion(*row)
    rows = connection.execute(of_city.where(_V.version.startswith(text, autoescape=True))).all()
    rows = [row for row in rows if row.version == text] or rows
    return PackVersion(*rows[0]) if len(rows) == 1 else None


def versions(connection: Connection, city: str) -> list[PackVersion]:
    """Return all versions of the city, newest first."""
    query = sa.select(*_FACTS).where(pack_version.c.city == city).order_by(pack_version.c.id.desc())
    return [PackVersion(*row) for row in connection.execute(query)]


def activations(connection: Connection, city: str) -> list[Activation]:
    """Return who activated what and when, newest first."""
    query = sa.select(pack_activation).where(pack_activation.c.city == city).order_by(pack_activation.c.id.desc())
    return [Activation(*row) for row in connection.execute(query)]


def newest_activation(connection: Connection, city: str) -> Activation | None:
    """Return the activation that stands."""
    query = sa.select(pack_activation).where(pack_activation.c.city == city).order_by(pack_activation.c.id.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else Activation(*row)


def activation(connection: Connection, number: int) -> Activation:
    """Return an activation by its id."""
    return Activation(*connection.execute(sa.select(pack_activation).where(pack_activation.c.id == number)).one())


def read_files(connection: Connection, pack_id: int) -> dict[str, bytes]:
    """Return a version's files."""
    texts = connection.execute(sa.select(pack_version.c.files).where(pack_version.c.id == pack_id)).scalar_one()
    return {name: text.encode() for name, text in texts.items()}


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, content in files.items():
        try:
            found[name] = content.decode()
        except UnicodeDecodeError as error:
            raise PackError((f"{name}: the file is not UTF-8; save it as 'CSV UTF-8'",)) from error
        if "\0" in found[name]:
            raise PackError((f"{name}: the file holds a zero byte; it is no text",))
    return found


def _has_tickets(connection: Connection, city: str) -> bool:
    return connection.execute(sa.select(sa.exists().where(ticket.c.city == city))).scalar_one()
