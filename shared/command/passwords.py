"""The random passwords of an instance's engines and its master secret, kept in files only their owner reads."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


def _fresh() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Passwords:
    """One random password per engine role."""

    superuser: str = field(default_factory=_fresh, repr=False)
    owner: str = field(default_factory=_fresh, repr=False)
    app: str = field(default_factory=_fresh, repr=False)
    valkey: str = field(default_factory=_fresh, repr=False)


def load_or_create(path: Path) -> Passwords:
    """Return the passwords kept in a file, making them once."""
    if path.exists():
        return Passwords(**json.loads(path.read_text()))
    made = Passwords()
    write_private(path, json.dumps(asdict(made)))
    return made


def ensure_master_secret(path: Path) -> Path:
    """Make the master secret once; every key of the product is derived from it, so losing it loses callers' numbers."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path


def write_private(path: Path, text: str) -> None:
    """Write a 0600 file whole or not at all."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
