"""A container's entry point: puts the passwords of mounted secret files into the addresses, then is the program.

So no password stands in an image, in the Compose file or on a command line. The program's processes count together in a
folder that begins empty; what runs beside it, such as a health check, does not come this way and counts nothing.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

# The address, and the variable that names the file with its password.
PASSWORD_FILES = {
    "DATABASE_URL": "DATABASE_PASSWORD_FILE",
    "DATABASE_OWNER_URL": "DATABASE_OWNER_PASSWORD_FILE",
    "REDIS_URL": "REDIS_PASSWORD_FILE",
    "SMTP_URL": "SMTP_PASSWORD_FILE",
}


def addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses whose password is in a file, with it. Raises OSError if a file cannot be read.

    An empty file means that there is none: Compose wants each of them to exist.
    """
    made = {}
    for name, file in PASSWORD_FILES.items():
        if environment.get(name) and environment.get(file):
            password = Path(environment[file]).read_text().strip()
            made[name] = with_password(environment[name], password) if password else environment[name]
    return made


def with_password(url: str, password: str) -> str:
    """Return an address with a password in it, in place of any that it has."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}").geturl()


def main(command: list[str]) -> None:
    """Replace this process by `command`."""
    os.environ.update(addresses(os.environ))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-")
    os.execvp(command[0], command)  # noqa: S606 the command is the image's or the operator's


if __name__ == "__main__":
    main(sys.argv[1:])
