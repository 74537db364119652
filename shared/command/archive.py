"""The file of a backup: a tar of compressed tables and of files, and a manifest that says what must be in it."""

import fcntl
import gzip
import hashlib
import hmac
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from shared.fault_points import fault_point
from shared.keys import Keys

FORMAT = 1
_MANIFEST, _SEAL = "manifest.json", "seal"
_CHUNK = 1_000_000


class BackupError(Exception):
    """The backup cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table's rows, in PostgreSQL's COPY text form."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """What a backup holds. Nothing in it is personal, and no secret is."""

    product: str
    head: str  # the schema's revision
    city: str
    taken_at: str  # real time, UTC
    fingerprint: str  # of the master secret, which is not in the backup
    busiest_hour: int  # tickets registered in the busiest hour of the last 30 days
    sequences: dict[str, int]
    tables: dict[str, Table] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # id -> SHA-256
    missing_files: list[str] = field(default_factory=list)
    format: int = FORMAT


def fingerprint(keys: Keys) -> str:
    """Return what tells one master secret from another without telling it."""
    return keys.request_mac(b"backup fingerprint").hex()[:16]


class Writer:
    """Adds tables and files to a backup that is being made."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self._tar, self._folder = tar, folder

    def add_table(self, name: str, columns: list[str], chunks: Iterable[bytes]) -> Table:
        """Add a table's rows; each row is a line."""
        digest, rows = hashlib.sha256(), 0
        with tempfile.TemporaryFile(dir=self._folder) as spool:
            with gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=6, mtime=0) as packed:
                for chunk in chunks:
                    digest.update(chunk)
                    rows += chunk.count(b"\n")
                    packed.write(chunk)
            self._add(f"tables/{name}", spool, spool.tell())
        return Table(columns, rows, digest.hexdigest())

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a small member."""
        self._add(name, BytesIO(content), len(content))

    def close(self, manifest: Manifest, keys: Keys) -> None:
        """Add what says what is in the backup, and the seal that only this secret can make."""
        body = json.dumps(asdict(manifest)).encode()
        self.add_bytes(_MANIFEST, body)
        self.add_bytes(_SEAL, keys.request_mac(b"backup" + body))

    def _add(self, name: str, content: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        content.seek(0)
        self._tar.addfile(member, content)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Make a backup beside its place, for its owner alone to read; in place once it is whole and on the disk."""
    if path.exists():
        raise BackupError(f"{path} exists already: choose another name.")
    half = path.with_name(f".{path.name}.half")
    with os.fdopen(_alone(half), "wb") as file:
        try:
            file.truncate()  # what a backup that was killed has left
            with tarfile.open(fileobj=file, mode="w") as tar:
                yield Writer(tar, path.parent)
            file.flush()
            os.fsync(file.fileno())
            fault_point("backup.half")
            half.rename(path)
        finally:
            half.unlink(missing_ok=True)


def _alone(half: Path) -> int:
    """Open a file that no other backup is writing. The lock ends with its process, however that ends."""
    opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(opened), half.stat()):
            return opened
    except OSError:  # locked, or in place by now
        pass
    os.close(opened)
    raise BackupError(f"Another backup is being written to {half}: wait for it, or choose another name.")


class Reader:
    """A backup that has been found whole."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar, self.manifest = tar, manifest

    def table(self, name: str) -> Iterator[bytes]:
        """Yield a table's rows in chunks."""
        with gzip.open(_member(self._tar, f"tables/{name}"), "rb") as rows:
            while chunk := rows.read(_CHUNK):
                yield chunk

    def file(self, file_id: str) -> bytes:
        """Return a file."""
        return _member(self._tar, f"files/{file_id}").read()

    def check(self) -> None:
        """Compare everything with the manifest, before anything is written anywhere. Raises `BackupError`."""
        for name, table in self.manifest.tables.items():
            digest = hashlib.sha256()
            for chunk in self.table(name):
                digest.update(chunk)
            _same(digest.hexdigest(), table.sha256)
        for file_id, expected in self.manifest.files.items():
            _same(hashlib.sha256(self.file(file_id)).hexdigest(), expected)


@contextmanager
def reading(path: Path, keys: Keys) -> Iterator[Reader]:
    """Open a backup and check all of it before anybody reads it. Raises `BackupError` with a sentence."""
    try:
        with ExitStack() as closes:
            reader = _checked(closes.enter_context(tarfile.open(path, mode="r:")), keys)
            keeps_open = closes.pop_all()
    except FileNotFoundError:
        raise BackupError(f"There is no {path}.") from None
    except (tarfile.TarError, KeyError, ValueError, TypeError, EOFError, OSError, zlib.error) as error:
        raise BackupError(f"{path} is damaged or no backup. Take another copy.") from error
    with keeps_open:
        yield reader


def _checked(tar: tarfile.TarFile, keys: Keys) -> Reader:
    body, seal = _member(tar, _MANIFEST).read(), _member(tar, _SEAL).read()
    manifest = _manifest(json.loads(body))
    if manifest.fingerprint != fingerprint(keys):
        raise BackupError(
            "This backup belongs to another master secret: names, phones and codes could not be read. Put the secret of"
            " that time in place (HOTLINE_SECRET_FILE, or master.secret of the instance)."
        )
    if not hmac.compare_digest(seal, keys.request_mac(b"backup" + body)):
        raise ValueError("the seal is not of this manifest")
    reader = Reader(tar, manifest)
    reader.check()
    return reader


def _manifest(raw: dict[str, Any]) -> Manifest:
    if raw.get("format") != FORMAT:
        raise BackupError("This backup was written by a newer version. Install that version first.")
    tables = {name: Table(**table) for name, table in raw.pop("tables").items()}
    return Manifest(**raw, tables=tables)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _same(found: str, expected: str) -> None:
    if found != expected:
        raise ValueError("a member is not what the manifest says")
