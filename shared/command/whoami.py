"""Who is at work at the command line, as the histories and the log write it."""

import getpass
import os


def me() -> str:
    """Return who is at work here, for the history; a container's user may have nothing but a number."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"command:{os.getuid()}"
