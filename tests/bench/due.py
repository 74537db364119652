"""Measures how long counting a due time takes: `python -m tests.bench.due --rounds 5 --counts 2000`. No engines."""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.cities.load import load_city
from shared.domain.limits import Limit, TimeUnit, count
from shared.domain.segments import segments

FIRST = datetime(2026, 1, 5, 1, 23, 45, tzinfo=UTC)
LIMIT = Limit(15, TimeUnit.WORKING_DAYS, "", from_next_day=True, warn_days=1)
HOURS = Limit(105, TimeUnit.WORKING_HOURS, "", warn_share=0.25)


def micros(ask: Callable[[datetime], object], rounds: int, counts: int) -> float:
    """Return the median of the processor microseconds of one call; starts are spread over ten months."""
    starts = [FIRST + number * timedelta(days=300) / counts for number in range(counts)]
    took = []
    for _ in range(rounds):
        began = time.process_time()
        for start in starts:
            ask(start)
        took.append((time.process_time() - began) / counts * 1e6)
    return round(statistics.median(took), 1)


def main() -> None:
    """Count, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", default="chengdu")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--counts", type=int, default=2_000)
    args = parser.parse_args()
    calendar = load_city(args.city).calendar

    def held(start: datetime) -> list[tuple[datetime, datetime]]:
        return [(start + timedelta(days=n), start + timedelta(days=n, hours=30)) for n in (1, 4, 9)]

    asked: dict[str, Callable[[datetime], object]] = {
        "15 working days": lambda start: count(LIMIT, calendar, start),
        "105 working hours": lambda start: count(HOURS, calendar, start),
        "15 working days, held three times": lambda start: count(LIMIT, calendar, start, held(start)),
        "15 working days, with segments": lambda start: segments(count(LIMIT, calendar, start)),
    }
    for ask in asked.values():
        ask(FIRST)
        ask(FIRST + timedelta(days=300))  # the years are laid out once
    found = {name: micros(ask, args.rounds, args.counts) for name, ask in asked.items()}
    print(json.dumps({"microseconds": found, "rounds": args.rounds, "counts": args.counts}, indent=2))


if __name__ == "__main__":
    main()
