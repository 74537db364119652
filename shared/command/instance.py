"""Who holds an instance: one lock, and a note of the process in front and of the addresses it serves."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from shared.command.passwords import write_private
from shared.command.paths import Home


@dataclass(frozen=True)
class Note:
    """What a running instance tells others of itself; no addresses yet while it is starting."""

    pid: int
    public_url: str = ""
    staff_url: str = ""
    stream_url: str = ""
    has_services: bool = False


def take(home: Home) -> IO[str] | None:
    """Take the instance for this process until it ends; None when another living process holds it."""
    home.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (home.run / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def is_held(home: Home) -> bool:
    """Say whether a living process holds the instance."""
    lock = take(home) if home.run.exists() else None
    if lock is not None:
        lock.close()
    return home.run.exists() and lock is None


def write_note(home: Home, environment: dict[str, str], has_services: bool) -> None:
    """Tell others where the instance is."""
    urls = {key: environment.get(key.upper(), "") for key in ("public_url", "staff_url", "stream_url")}
    write_private(home.state, json.dumps(asdict(Note(pid=os.getpid(), has_services=has_services, **urls))))


def read_note(home: Home) -> Note | None:
    """Return the note of the process that holds the instance."""
    try:
        return Note(**json.loads(home.state.read_text()))
    except (OSError, ValueError):
        return None


def forget_note(home: Home) -> None:
    """Remove the note: the instance is no longer ready."""
    Path(home.state).unlink(missing_ok=True)
