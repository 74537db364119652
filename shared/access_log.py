"""查阅记录: who saw, revealed or was denied what. Append-only; the only writer of `access_log`."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.domain.viewer import Viewer
from shared.tables.people import access_log


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
    connection.execute(
        sa.insert(access_log).values(
            at=sa.func.clock_timestamp(),
            staff_id=viewer.id if viewer else None,
            role=viewer.role if viewer else "anonymous",
            action=action,
            ticket_id=ticket_id,
            fields=list(fields),
            reason=reason,
            address=address,
        )
    )
