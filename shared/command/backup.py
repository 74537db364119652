"""`hotline backup FILE`: everything but the secrets in one file, from one instant, while the instance runs."""

import argparse
import hashlib
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psycopg

from shared.attachments import FileState, stored_as
from shared.command import table_copy
from shared.command.archive import BackupError, Manifest, Writer, fingerprint, writing
from shared.command.progress import complain
from shared.fault_points import fault_point
from shared.keys import Keys, keys
from shared.settings import settings
from shared.storage import Storage, StorageError, storage

_HERE = """SELECT (SELECT version_num FROM alembic_version),
 to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
 (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM ticket
     WHERE registered_at > business_now() - interval '30 days' GROUP BY date_trunc('hour', registered_at)) AS hours)"""
_FILES = "SELECT id, sha256 FROM attachment WHERE ticket_id IS NOT NULL AND state <> ALL(%s) ORDER BY id"
_WITHOUT_BYTES = [FileState.INFECTED, FileState.ERASED]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where the backup goes; only you can read it")


def run(args: argparse.Namespace) -> int:
    """Write the backup; 1 if it could not be written, or if files are missing in it."""
    url = os.environ.get("DATABASE_OWNER_URL") or settings().database_url
    try:
        made = backup(url, args.file.absolute(), storage(), keys())
    except (BackupError, OSError, psycopg.Error) as error:
        return complain(f"No backup was written: {error}")
    rows = sum(table.rows for table in made.tables.values())
    print(f"{args.file}: {rows:,} rows of {len(made.tables)} tables, {len(made.files):,} files, as of {made.taken_at}.")
    print(
        "The master secret is not in it, and without it nobody can read names, phones or codes: keep"
        f" {os.environ.get('HOTLINE_SECRET_FILE', 'HOTLINE_SECRET')} in another place, and the passwords and adapters'"
        " secrets with it."
    )
    if made.missing_files:
        return complain(f"Files that are gone or damaged where they lie: {', '.join(made.missing_files[:10])}.")
    return 0


def backup(url: str, path: Path, place: Storage | None, by: Keys) -> Manifest:
    """Write a backup of one instant to `path` and return what is in it; writers are not held up."""
    with psycopg.connect(plain(url), application_name="hotline backup") as connection, writing(path) as writer:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        manifest = _begin(connection, by)
        for name, columns in table_copy.tables(connection).items():
            rows = table_copy.rows_of(connection, name, columns)
            manifest.tables[name] = writer.add_table(name, columns, rows)
        found: dict[str, str] = dict(connection.execute(_FILES, [_WITHOUT_BYTES]).fetchall())
        fault_point("backup.tables")
        connection.rollback()  # files that a step has are never changed: the snapshot need not wait for them
        _add_files(writer, manifest, place, found)
        writer.close(manifest, by)
    return manifest


def plain(url: str) -> str:
    """Return an address as psycopg wants it."""
    return url.replace("+psycopg", "", 1)


def _begin(connection: psycopg.Connection[Any], by: Keys) -> Manifest:
    row = connection.execute(_HERE).fetchone()
    assert row is not None
    return Manifest(
        product=_version(),
        head=row[0],
        city=settings().city,
        taken_at=row[1],
        fingerprint=fingerprint(by),
        busiest_hour=row[2],
        sequences=table_copy.sequences(connection),
    )


def _add_files(writer: Writer, manifest: Manifest, place: Storage | None, found: dict[str, str]) -> None:
    for file_id, expected in found.items():
        try:
            content = place.get(stored_as(file_id)) if place else None
        except StorageError:
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != expected:
            manifest.missing_files.append(file_id)
            continue
        writer.add_bytes(f"files/{file_id}", content)
        manifest.files[file_id] = expected


def _version() -> str:
    try:
        return version("yihaotong")
    except PackageNotFoundError:
        return "unknown"  # run from its source, which no package manager knows
