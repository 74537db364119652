"""Health for supervisors and load balancers: alive, able to accept, or `degraded`: work waits or Redis is gone."""

from typing import Any

import redis
import sqlalchemy as sa
from flask import Blueprint, jsonify

from intake.outlook import Outlook, outlook
from intake.stores import engine, writing_redis
from shared.domain.follow_ups import JobKind

health = Blueprint("health", __name__, url_prefix="/health")
ALARM_SECONDS = 75

_OLDEST = sa.text(
    "SELECT coalesce(max(lag), 0)::float8 FROM (SELECT (SELECT extract(epoch FROM real_lag(due_at)) FROM job"
    " WHERE state = 'todo' AND kind = k AND due_at <= business_now() ORDER BY due_at LIMIT 1) AS lag"
    " FROM unnest(CAST(:kinds AS text[])) AS k) AS per_kind"
).bindparams(kinds=[kind.value for kind in JobKind])


@health.get("/live")
def live() -> Any:
    """The process answers."""
    return {"status": "alive"}


@health.get("/ready")
def ready() -> Any:
    """PostgreSQL answers, so requests are accepted; the figures say how the rest does."""
    with engine().connect() as connection:
        oldest = float(connection.execute(_OLDEST).scalar_one())
        known = outlook(connection)
    bell_works = _redis_takes_bells()
    status = "ready" if bell_works and oldest <= ALARM_SECONDS else "degraded"
    return jsonify(status=status, oldest_due_job_seconds=round(oldest, 3), redis=bell_works, calendar=_said(known))


def _said(known: Outlook) -> dict[str, Any]:
    """Say which years have their holiday notice, and what rests on years that have none (K16)."""
    until = known.ahead.known_until
    return {
        "official_years": list(known.ahead.years),
        "known_until": until.isoformat() if until else None,
        "ends_soon": known.ahead.ends_soon,
        "provisional_due_times": known.has_provisional,
    }


def _redis_takes_bells() -> bool:
    try:
        with writing_redis():
            return True
    except redis.RedisError:
        return False
