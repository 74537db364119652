"""Measures starting and standing still: `python -m tests.bench.starts`.

The first start makes the database in an empty folder, the second finds it; packages are installed before both.
"""

import argparse
import json
import time

from tests.bench.product import Product, a_folder, running


def at_rest(product: Product, seconds: float) -> dict[str, dict[str, float]]:
    """Wait twice so long; return the memory and, over the second half, the share of one core of each program."""
    time.sleep(seconds)
    before = product.processor_seconds()
    time.sleep(seconds)
    after, memory = product.processor_seconds(), product.memory()
    percent = {name: (after[name] - before.get(name, 0)) / seconds * 100 for name in after}
    return {
        "memory_mib": _with_sum(memory, 1),
        "core_percent": _with_sum(percent, 2),
    }


def _with_sum(each: dict[str, float], digits: int) -> dict[str, float]:
    return {name: round(value, digits) for name, value in sorted(each.items())} | {
        "all": round(sum(each.values()), digits)
    }


def main() -> None:
    """Start twice, rest, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    with a_folder() as folder:
        with running(folder) as product:
            cold = product.ready_after
        with running(folder) as product:
            found = {"cold_seconds": round(cold, 1), "second_seconds": round(product.ready_after, 1)}
            print(json.dumps(found | at_rest(product, args.seconds), indent=1))


if __name__ == "__main__":
    main()
