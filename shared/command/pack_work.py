"""What the verbs of packs have in common: a connection that may change packs, who is at work, what stands there."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy.engine import Connection

from shared import packs
from shared.cities.load import files_of
from shared.cities.problems import PackError
from shared.cities.yaml_reader import FILE
from shared.command.joining import Needs, join
from shared.command.progress import complain
from shared.command.shipped import CITIES
from shared.database import make_engine
from shared.domain.errors import Refused
from shared.domain.rules import Rules
from shared.domain.terms import UnitKind
from shared.packs import PackVersion
from shared.settings import city_of, driver_url

UNKNOWN = 2


class Unusable(Exception):
    """The verb cannot go on; the message says why."""


def reported(work: Callable[[], int]) -> int:
    """Return what a verb returns; 1 if the pack cannot be used or somebody was faster, 2 if a version is missing."""
    try:
        return work()
    except PackError as error:
        return complain(f"{error}\n{len(error.problems)} problems; nothing was changed.")
    except Refused as refusal:
        return complain(f"{refusal.why}\n{refusal.code}: {', '.join(map(str, refusal.facts.values()))}")
    except Unusable as error:
        complain(str(error))
        return UNKNOWN


@contextmanager
def as_owner(args: argparse.Namespace) -> Iterator[Connection]:
    """Open a transaction as the schema's owner on the instance's database, which is started if it does not run."""
    with ExitStack() as cleanup:
        join(Needs.DATABASE, args, cleanup)
        url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        engine = make_engine(driver_url(url), pool_size=1)
        cleanup.callback(engine.dispose)
        with engine.begin() as connection:
            yield connection


def city() -> str:
    """Return the instance's city, once its environment is ours."""
    return city_of(os.environ)


def files_in(folder: Path | None, of_city: str) -> dict[str, bytes]:
    """Return the files of a folder, default the shipped one, complete with profile and calendar."""
    folder = folder or CITIES / of_city
    if not (folder / FILE).is_file():
        raise PackError((f"{folder} holds no {FILE}",))
    return files_of(of_city, folder)


def version(connection: Connection, named: str) -> PackVersion:
    """Return the version of the city that a person named."""
    found = packs.find(connection, city(), named)
    if found is None:
        raise Unusable(f"No one version of {city()} is named '{named}': see `./hotline pack list`.")
    return found


def the_active(connection: Connection) -> PackVersion:
    """Return the active version."""
    found = packs.active(connection, city())
    if found is None:
        raise Unusable(f"No pack of {city()} is active: `./hotline pack load DIR`, then `pack activate`.")
    return found


def summary(rules: Rules) -> str:
    """Return what a pack holds, in a line."""
    streets = sum(unit.kind is UnitKind.STREET for unit in rules.units.values())
    years = rules.calendar.official_years
    official = "no notices" if years is None else f"official years {', '.join(map(str, sorted(years))) or 'none'}"
    return (
        f"{rules.city} {rules.version}: {len(rules.units):,} units ({streets:,} streets),"
        f" {len(rules.landmarks):,} landmarks, {len(rules.duties):,} duties, {len(rules.limits.lines)} lines of limits,"
        f" {official}"
    )
