"""查阅和审计记录: who saw, changed or was denied what, from where. Append-only; the only writer of `access_log`."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.viewer import Viewer
from shared.tables.people import access_log

_where: ContextVar[str | None] = ContextVar("where", default=None)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed: `what` is a past participle such as `staff_changed`, `object` kind and id, `staff:12`.

    `before` and `after` hold what is told of it, without secrets: a key's scopes, never the key. A new thing has
    nothing before, a removed one nothing after.
    """

    what: str
    object: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def came_from(where: str | None) -> None:
    """Say where this request or command comes from; the lines that follow in this thread name it."""
    _where.set(where)


def where() -> str | None:
    """Return where this request or command comes from, if somebody has said so."""
    return _where.get()


def note(  # noqa: PLR0913 the last three are what a line may lack
    connection: Connection,
    viewer: Viewer | None,
    action: str,
    ticket_id: int | None = None,
    *,
    fields: Sequence[str] = (),
    reason: str | None = None,
    address: str | None = None,
) -> None:
    """Add a line. `action` is a past participle such as `viewed`, `revealed`, `denied`, `logged_in`."""
    more = {"ticket_id": ticket_id, "fields": list(fields), "reason": reason}
    _add(connection, viewer, action, more | ({"address": address} if address else {}))


def note_change(connection: Connection, viewer: Viewer | None, change: Change) -> None:
    """Add a line about what differs, in the transaction of the change; none if nothing does.

    Values are kept as JSON: texts, numbers, truth values, lists; anything else by its name.
    """
    names = [name for name in {**change.before, **change.after} if change.before.get(name) != change.after.get(name)]
    if not names and change.before and change.after:
        return
    before, after = (
        {name: _plain(side[name]) for name in names if name in side} for side in (change.before, change.after)
    )
    more = {"object": change.object, "before": before, "after": after, "fields": names}
    _add(connection, viewer, change.what, more)


def _add(connection: Connection, viewer: Viewer | None, action: str, more: Mapping[str, Any]) -> None:
    who = {"staff_id": viewer.id if viewer else None, "role": viewer.role if viewer else "anonymous"}
    line = {"at": sa.func.clock_timestamp(), "action": action, "address": _where.get(), "fields": [], **who, **more}
    connection.execute(sa.insert(access_log).values(line))


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
