"""Measures claims among many open jobs: `python -m tests.bench.claims --open 1000000 --due 50000 --claimers 4`."""

import argparse
import json
import multiprocessing
import time

import psycopg

from shared import jobs
from shared.command.engines import throwaway
from shared.command.migrate import upgrade
from shared.database import make_engine
from shared.domain.follow_ups import JobKind
from shared.ledger.write import as_json
from shared.settings import driver_url

FILL = 1_000_000  # rows of one statement
_FILL = """INSERT INTO job (cause_seq, kind, part, state, due_at, attempts, stales)
 SELECT 0, 'warn', 'bench-' || n, 'todo', clock_timestamp() + make_interval(secs => n), 0, 0
 FROM generate_series(%s::bigint, %s) n"""
_DUE = """INSERT INTO job (cause_seq, kind, part, state, due_at, attempts, stales)
 SELECT 0, 'warn', 'due-' || n, 'todo', clock_timestamp() - make_interval(secs => n), 0, 0
 FROM generate_series(1, %s) n"""


def work(url: str, done: "multiprocessing.Queue[int]") -> None:
    """Claim and close batches until none is due."""
    engine, count = make_engine(url, pool_size=1), 0
    while claimed := jobs.claim(engine, JobKind.WARN):
        with engine.begin() as connection:
            held = jobs.hold(connection, claimed)
            closings = [jobs.Closing(job, "done", "done") for job in claimed if job.id in held]
            jobs.close(connection, closings, as_json)
        count += len(closings)
    done.put(count)


def main() -> None:
    """Fill, claim, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=50_000)
    parser.add_argument("--claimers", type=int, default=2)
    args = parser.parse_args()
    with throwaway(durable=True) as engines:
        upgrade(engines.owner_url)
        with psycopg.connect(engines.owner_url, autocommit=True) as connection:
            for first in range(1, args.open + 1, FILL):
                connection.execute(_FILL, (first, min(first + FILL - 1, args.open)))
            connection.execute(_DUE, (args.due,))
            connection.execute("VACUUM ANALYZE job")
        done: multiprocessing.Queue[int] = multiprocessing.Queue()
        url = driver_url(engines.app_url)
        workers = [multiprocessing.Process(target=work, args=(url, done)) for _ in range(args.claimers)]
        start = time.monotonic()
        for worker in workers:
            worker.start()
        closed = sum(done.get() for _ in workers)
        took = time.monotonic() - start
        for worker in workers:
            worker.join()
    figures = {
        "open": args.open,
        "closed": closed,
        "seconds": round(took, 2),
        "claims_per_second": round(closed / took),
    }
    print(json.dumps(figures | {"claimers": args.claimers}))


if __name__ == "__main__":
    main()
