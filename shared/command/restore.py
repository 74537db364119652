"""`hotline restore FILE`: an empty database becomes what it was, and nothing leaves the house until it is released."""

import argparse
import contextlib
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from shared import restoration
from shared.attachments import stored_as
from shared.command import table_copy
from shared.command.archive import BackupError, Manifest, Reader, reading
from shared.command.migrate import knows_revision, to_revision, upgrade
from shared.command.progress import complain
from shared.fault_points import fault_point
from shared.keys import Keys, keys
from shared.settings import driver_url, settings
from shared.storage import NotStored, Storage, StorageError, storage

# Numbers that the lost time may have used are skipped: ten times as many as the busiest hour would have made in all of
# it, and some more, for two restores of one backup may follow each other soon.
LEAST_SKIPPED, LEAST_AN_HOUR, TIMES = 10_000, 100, 10
ROWS_PER_TICKET = 20
_OTHERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
 AND usename IS NOT NULL"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, and the word without which nothing is replaced."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that `backup` wrote")
    parser.add_argument(
        "--replace-everything", action="store_true", help="throw away what the database holds now; it cannot be undone"
    )


def run(args: argparse.Namespace) -> int:
    """Restore; 1 with a sentence and an untouched database if that cannot be done."""
    url = os.environ.get("DATABASE_OWNER_URL") or settings().database_url
    try:
        done = restore(url, args.file, storage(), keys(), replaces=args.replace_everything)
    except (BackupError, StorageError, psycopg.Error, sa.exc.SQLAlchemyError) as error:
        return complain(f"Nothing was restored: {error}")
    print(f"Restored as of {done.taken_at}: {len(done.tables)} tables, {len(done.files):,} files.")
    print("Everybody has to log in again. No notice leaves until: ./hotline release (see --help for what it can drop)")
    if done.missing_files:
        print(f"{len(done.missing_files)} files were gone when the backup was made.")
    return 0


def restore(url: str, path: Path, place: Storage | None, by: Keys, *, replaces: bool = False) -> Manifest:
    """Bring a backup back, all or nothing; the backup has been read and checked to its end before anything is written.

    Raises `BackupError` with a sentence. Files come first: without their rows they are nobody's.
    """
    with reading(path, by) as reader:
        made = reader.manifest
        if not knows_revision(made.head):
            raise BackupError(f"The backup's schema ({made.head}) is newer than this version: install {made.product}.")
        if made.city != settings().city:
            raise BackupError(f"The backup is of {made.city}, this instance of {settings().city} (HOTLINE_CITY).")
        if made.files and place is None:
            raise BackupError("The backup holds files: say with HOTLINE_FILES_URL where they go.")
        engine = sa.create_engine(driver_url(url), poolclass=sa.NullPool)
        with engine.begin() as connection:
            _refuse(_psycopg(connection), replaces=replaces)
            if place is not None:
                for file_id in made.files:
                    _bring_back(place, stored_as(file_id), reader.file(file_id))
            fault_point("restore.files")
            _load(connection, reader)
        engine.dispose()
    fault_point("restore.loaded")
    upgrade(url)
    return made


def _bring_back(place: Storage, name: str, content: bytes) -> None:
    """Store a file unless it is there: what is whole must not be put at risk by writing it once more."""
    with contextlib.suppress(NotStored):
        if place.get(name) == content:
            return
    place.put(name, content)


def skipped(made: Manifest, now: datetime) -> int:
    """Return how many ticket ids are skipped, so that no number is given out twice."""
    gap = now - datetime.fromisoformat(made.taken_at)
    hours = max(math.ceil(gap.total_seconds() / 3600), 1)
    return LEAST_SKIPPED + TIMES * max(made.busiest_hour, LEAST_AN_HOUR) * hours


def _refuse(connection: psycopg.Connection[Any], *, replaces: bool) -> None:
    if table_copy.is_full(connection) and not replaces:
        raise BackupError(
            "The database is not empty. Restore into a new instance (HOTLINE_DATA), or say --replace-everything."
        )
    others = connection.execute(_OTHERS).fetchone()
    if others is not None and others[0]:
        raise BackupError(f"{others[0]} connections are open: stop the services first (./hotline stop).")


def _load(connection: sa.Connection, reader: Reader) -> None:
    made, raw = reader.manifest, _psycopg(connection)
    table_copy.clear(raw)
    to_revision(connection, made.head)
    for name, table in made.tables.items():
        table_copy.bring_back(raw, name, table.columns, reader.table(name))
    now = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one().astimezone(UTC)
    margin = skipped(made, now)
    for name, last in made.sequences.items():
        table_copy.advance(raw, name, last + margin * (1 if name == "ticket_id" else ROWS_PER_TICKET))
    restoration.note(connection, datetime.fromisoformat(made.taken_at))


def _psycopg(connection: sa.Connection) -> psycopg.Connection[Any]:
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    return raw
