"""What the ledger lets go in time: idempotency keys whose requests nobody repeats any more."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_FORGET = sa.text(
    "DELETE FROM idempotency WHERE (client, route, key) IN (SELECT client, route, key FROM idempotency"
    " WHERE at < clock_timestamp() - :keep ORDER BY at LIMIT :most)"
)


def forget_keys(connection: Connection, keep: timedelta, most: int) -> int:
    """Delete up to `most` keys used longer ago than `keep`, oldest first; return how many. The tickets stay."""
    return connection.execute(_FORGET, {"keep": keep, "most": most}).rowcount
