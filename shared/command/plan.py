"""Which engines an instance runs itself and where its data live: embedded unless the environment names others."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.command import postgres, valkey
from shared.command.account import engine_account
from shared.command.engines import DATABASE
from shared.command.environment import Addresses, is_loopback
from shared.command.passwords import ensure_master_secret, load_or_create
from shared.command.paths import Home
from shared.command.ports import any_free, first_free, is_free
from shared.command.postgres import APP, OWNER, Cluster, EngineFailed
from shared.command.programs import Ports, Program
from shared.command.valkey import Bell

# supervisord kills what has not stopped by then; PostgreSQL must never be killed, so it gets a day.
POSTGRES_STOP_SECONDS = 86_400
DEFAULT_PORTS = {"PUBLIC": 8000, "STAFF": 8001, "STREAM": 8002}


@dataclass(frozen=True)
class Plan:
    """The engines to run (None: the person's own) and the addresses that follow."""

    cluster: Cluster | None
    bell: Bell | None
    addresses: Addresses

    @property
    def programs(self) -> list[Program]:
        """The engines as supervised processes."""
        made = []
        if self.cluster is not None:
            made.append(
                Program(
                    "postgres",
                    self.cluster.command(),
                    folder=self.cluster.data,
                    user=self.cluster.account.name,
                    stop_signal="INT",
                    stop_seconds=POSTGRES_STOP_SECONDS,
                    kills_group=False,
                )
            )
        if self.bell is not None:
            made.append(Program("valkey", self.bell.command(), folder=self.bell.data, user=self.bell.account.name))
        return made


def make_plan(home: Home, outside: Mapping[str, str]) -> Plan:
    """Decide what to run and prepare its folders; may take a second the first time (initdb)."""
    passwords = load_or_create(home.folder / "passwords.json")
    ensure_master_secret(home.secret_file)
    database_url, redis_url = outside.get("DATABASE_URL"), outside.get("REDIS_URL")
    if database_url and home.name == "demo" and "demo" not in urlsplit(database_url).path:
        raise EngineFailed("A demo makes accounts with known passwords: name a database with `demo` in DATABASE_URL.")
    cluster, bell, account = None, None, engine_account()
    if not database_url:
        binaries = postgres.locate(account, home.base)
        cluster = Cluster(binaries, home.postgres, account, passwords, any_free())
        postgres.create(cluster)
    if not redis_url:
        bell = Bell(valkey.locate(account, home.base), home.valkey, account, passwords.valkey, any_free())
        valkey.configure(bell)
    owner_url = outside.get("DATABASE_OWNER_URL") or database_url
    return Plan(
        cluster,
        bell,
        Addresses(
            database_url=database_url or _url(cluster, APP),
            owner_url=owner_url if database_url and owner_url else _url(cluster, OWNER),
            redis_url=redis_url or (bell.url() if bell else ""),
        ),
    )


def _url(cluster: Cluster | None, role: str) -> str:
    return cluster.url(role, DATABASE) if cluster else ""


def choose_ports(host: str, outside: Mapping[str, str]) -> Ports:
    """Return where the surfaces listen: as HOTLINE_*_PORT says, else 8000-8002 or the next free ports."""
    taken: set[int] = set()
    chosen: dict[str, int] = {}
    for name in DEFAULT_PORTS:
        variable = f"HOTLINE_{name}_PORT"
        if not outside.get(variable):
            continue
        port = int(outside[variable])
        if port and not is_free(host, port):
            raise EngineFailed(f"{variable}={port} is in use by another program.")
        chosen[name] = port or any_free()
        taken.add(chosen[name])
    for name, usual in DEFAULT_PORTS.items():
        if name not in chosen:
            chosen[name] = first_free(host, usual, taken)
    return Ports(public=chosen["PUBLIC"], staff=chosen["STAFF"], stream=chosen["STREAM"])


def listening_words(host: str) -> str:
    """Return a warning where the surfaces can be reached from other machines, else an empty string."""
    if is_loopback(host):
        return ""
    return (
        f"Listening on {host}: put a TLS proxy in front and set PUBLIC_URL, STAFF_URL and STREAM_URL to its addresses."
    )
