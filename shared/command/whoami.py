"""Who is at work at the command line, as the histories and the log write it."""

import getpass


def me() -> str:
    """Return who is at work here, for the history."""
    return f"command:{getpass.getuser()}"
