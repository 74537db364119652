"""Where this checkout lives and where it keeps its data. Touches no file."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# sun_path holds 104 bytes on macOS and 108 on Linux; PostgreSQL and supervisord both append a suffix.
SOCKET_PATH_BYTES = 90


@dataclass(frozen=True)
class Home:
    """The folders of one instance. `up` and `demo` each have their own, so that demo accounts never meet real data."""

    base: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.base / self.name

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def secret_file(self) -> Path:
        return self.folder / "master.secret"


def data_base(root: Path = ROOT, uid: int | None = None) -> Path:
    """Return the folder for all data of this checkout; HOTLINE_DATA overrides.

    root's data lie under /var/lib because PostgreSQL refuses to run as root and its stand-in cannot enter /root.
    """
    if chosen := os.environ.get("HOTLINE_DATA"):
        return Path(chosen).resolve()
    if (os.geteuid() if uid is None else uid) == 0:
        return Path("/var/lib/yihaotong") / checkout_id(root)
    return root / ".hotline"


def checkout_id(root: Path) -> str:
    """Return a short stable name for a checkout, so that two of them on one machine never share a database."""
    return f"{root.name[:20]}-{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]}"
