"""Named places beside commits at which a test lets a process die: `FAULT_POINT=name`, in development alone.

Whoever adds a commit after which something else must still happen adds a point, and a way to it in
`tests/faults/points/`. Without the variable a point is a call of a function that does nothing.
"""

import os
from collections.abc import Callable, Mapping

from shared.settings import SettingsError

VARIABLE = "FAULT_POINT"
EXIT_CODE = 137  # as after `kill -9`

POINTS: Mapping[str, str] = {
    "open.drawn": "A new ticket has its id; nothing is written.",
    "step.written": "A step is written, with its files or what goes along with it, and not committed.",
    "open.committed": "A new ticket is committed; no bell has rung and nobody was answered.",
    "register.answered": "Number, code and link are derived; the caller has not got them.",
    "execute.decided": "A person's command is decided under the ticket's lock; nothing is written.",
    "execute.committed": "A person's command is committed; nobody knows.",
    "file.noted": "A file's row says `writing`; its bytes are nowhere.",
    "file.stored": "A file's bytes are stored; its row still says `writing`.",
    "call.written": "Events of a call are written and folded, and not committed.",
    "call.committed": "Events of a call are committed; no console has heard.",
    "draft.saved": "A draft is written and not committed.",
    "login.opened": "A session is written and not committed.",
    "receipt.kept": "Receipts of short messages are written and not committed.",
    "pack.activated": "Another pack holds and its recount is armed, not committed.",
    "claim.committed": "Jobs are claimed; nothing has been thought or sent.",
    "think.done": "Commands are made of claimed jobs; nothing is applied.",
    "batch.decided": "A batch of jobs is decided under its locks; nothing is written.",
    "batch.committed": "A batch of jobs is applied and committed; no bell has rung.",
    "vanished.claimed": "Jobs that nobody survived are claimed for their burial.",
    "digest.gathered": "What waits for a digest is under one lease, not committed.",
    "notice.begun": "A notice says `sending`, not committed.",
    "notice.sending": "A notice says `sending`, committed; nothing has left.",
    "notice.answered": "Whoever delivers has answered; nothing of it is written.",
    "notice.settled": "What became of a notice is written and not committed.",
    "untied.closed": "A job without a ticket is closed and its rest armed, not committed.",
    "recount.swept": "Some tickets are recounted; the job does not know.",
    "scan.marked": "A file is known to be infected; its bytes are still there.",
    "tidy.bytes_gone": "The bytes of forgotten files are gone; their rows are there.",
    "tidy.swept": "The daily tidying is done; its job does not know.",
    "seal.written": "A seal over the access log is written and not committed.",
    "backup.tables": "A backup holds the tables and not yet the files.",
    "backup.half": "A backup is whole under its name for half ones.",
    "restore.files": "A restore has brought the files; the database is as it was.",
    "restore.loaded": "A restore is committed; the schema is still the backup's.",
}


def chosen(environment: Mapping[str, str]) -> str | None:
    """Return the point at which this process is to die. Raises `SettingsError` in production and for an unknown one."""
    name = environment.get(VARIABLE) or None
    if name is None:
        return None
    if environment.get("HOTLINE_DEV") != "1":
        raise SettingsError(f"{VARIABLE} lets processes die and is for HOTLINE_DEV=1 alone: take it away.")
    if name not in POINTS:
        raise SettingsError(f"{VARIABLE}: there is no point {name!r}; shared/fault_points.py lists them.")
    return name


def _pass(_name: str) -> None:
    """Go on."""


def _die_at(here: str) -> Callable[[str], None]:
    def pass_or_die(name: str) -> None:
        if name == here:
            os.write(2, f"{VARIABLE}={name}: ends here\n".encode())
            os._exit(EXIT_CODE)

    return pass_or_die


_CHOSEN = chosen(os.environ)
fault_point: Callable[[str], None] = _pass if _CHOSEN is None else _die_at(_CHOSEN)
