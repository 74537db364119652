"""Starts a program with an instance's environment, then is that program. Every start pays for what it imports.

The environment comes from a private file: no password stands in a configuration or on a command line.
"""

import json
import os
import resource
import sys
from pathlib import Path

# A stream process holds one descriptor per follower; the usual soft limit of 1024 would end it at a thousand.
OPEN_FILES = 65_536


def main(environment: Path, command: list[str]) -> None:
    """Replace this process by `command`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    os.environ.update(json.loads(environment.read_text()))
    os.execvpe(command[0], command, os.environ)  # noqa: S606 the command is ours


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
