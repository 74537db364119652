"""A container's health check, `python -m shared.command.late router`: fails when the service's work waits too long.

Whether a process is up says little: what counts is the age of the oldest due job, and the watch beside a Celery worker
does that worker's work too.
"""

import os
import sys

from shared import jobs
from shared.bell import SERVICE_OF
from shared.command.container import addresses
from shared.database import engine

ALARM_SECONDS = 75.0


def lateness(service: str) -> float:
    """Return how many seconds the oldest due job of a service waits; 0 when none does."""
    kinds = [kind for kind, whose in SERVICE_OF.items() if whose == service]
    with engine().connect() as connection:
        return max(jobs.waiting(connection, kinds).values(), default=0.0)


def main(service: str) -> int:
    """Return the exit code: 1 when the work waits, an exception when PostgreSQL does not answer."""
    os.environ.update(addresses(os.environ))
    waited = lateness(service)
    print(f"{service}: the oldest due job waits {waited:.0f} s")
    return int(waited > ALARM_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
