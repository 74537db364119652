"""Keeps a throwaway pair of engines for another process, and ends them when that process is gone, however it went."""

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from shared.command.engines import Addresses, throwaway

ADDRESSES = "addresses.json"


def read(folder: Path) -> Addresses | None:
    """Return the addresses a keeper left in a folder, or None while it is still starting."""
    try:
        return Addresses(**json.loads((folder / ADDRESSES).read_text()))
    except FileNotFoundError:
        return None


def keep(folder: Path, owner: int) -> None:
    """Serve until SIGTERM, or until the process `owner` exists no more."""
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    signal.signal(signal.SIGTERM, stop)
    with throwaway() as addresses:
        half = folder / f"{ADDRESSES}.half"
        half.touch(0o600)
        half.write_text(json.dumps(asdict(addresses)))
        half.replace(folder / ADDRESSES)
        while not asked_to_stop.wait(1) and _exists(owner):
            pass
    (folder / ADDRESSES).unlink(missing_ok=True)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
