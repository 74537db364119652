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
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    @property
    def conf(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def environment(self) -> Path:
        return self.run / "environment.json"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def socket(self) -> Path:
        """supervisord's control socket, in a shorter place where the data folder's path is too long for one."""
        usual = self.run / "supervisor.sock"
        if len(str(usual).encode()) <= SOCKET_PATH_BYTES:
            return usual
        short = hashlib.sha256(str(self.run).encode()).hexdigest()[:12]
        return Path("/tmp") / f"hotline-{os.geteuid()}-{short}" / "supervisor.sock"  # noqa: S108 made 0700 and checked

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def secret_file(self) -> Path:
        return self.folder / "master.secret"


def data_base(root: Path = ROOT) -> Path:
    """Return the folder for all data of this checkout; HOTLINE_DATA overrides.

    root's data lie under /var/lib because PostgreSQL refuses to run as root and its stand-in cannot enter /root.
    """
    if chosen := os.environ.get("HOTLINE_DATA"):
        return Path(chosen).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/yihaotong") / checkout_id(root)
    if os.access(root, os.W_OK):
        return root / ".hotline"
    shared = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(shared) / "yihaotong" / checkout_id(root)


def checkout_id(root: Path) -> str:
    """Return a short stable name for a checkout, so that two of them on one machine never share a database."""
    return f"{root.name[:20]}-{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:8]}"
