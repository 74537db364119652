"""Measures the product with the load generator that measures its peers, and leaves the same kind of result.

`python -m tests.bench.beside_peers --generator …/load.py --run FOLDER`; then the generator's own table:
`python …/table.py FOLDER yihaotong NAME…`. The peers' scripts run with the same FOLDER, before or after, never at once.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from shared.cities.load import load_city
from shared.domain.numbers import number_of
from shared.domain.terms import Role
from shared.keys import keys
from tests.bench.accounts import CITY, session
from tests.bench.filled import Filled
from tests.bench.product import Product, running
from tests.bench.sinks import listening

NAME = "yihaotong"
SAMPLE = 2_000
PHASES = (("c1", 1, 40, 200), ("c8", 8, 10, 20_000), ("c32", 32, 10, 20_000))  # name, clients, seconds, most
_BUSIEST = "SELECT holder_id FROM ticket WHERE holder_kind = 'unit' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"


@dataclass(frozen=True)
class Bench:
    """The generator, and where its lines and our specification of requests go."""

    generator: Path
    folder: Path

    @property
    def out(self) -> Path:
        """One line of JSON for each measurement."""
        return self.folder / f"{NAME}.jsonl"

    def load(self, *words: object) -> str:
        """Call the generator."""
        command = [sys.executable, str(self.generator), *map(str, words), "--out", str(self.out)]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout

    def phases(self, op: str, label: str, most: int = 20_000) -> None:
        """Measure one operation with 1, 8 and 32 clients."""
        for name, clients, seconds, limit in PHASES:
            size = ("--clients", clients, "--seconds", seconds, "--max", min(limit, most), "--warmup", 20)
            surface = "staff" if op in ("list", "page") else "public"
            spec, ids = self.folder / f"{NAME}.{surface}.json", self.folder / f"{NAME}.ids"
            self.load("run", "--spec", spec, "--op", op, *size, "--ids", ids, "--label", f"{label}.{name}")

    def memory(self, product: Product, label: str) -> None:
        """Measure the memory of all processes."""
        pids = [word for process in product.processes() for word in ("--pid", process.pid)]
        self.load("mem", *pids, "--label", label)

    def describe(self, product: Product) -> None:
        """Write down how requests look."""
        with psycopg.connect(product.superuser) as connection:
            ((unit,),) = connection.execute(_BUSIEST).fetchall()
        cookie = {"Cookie": session(product, Role.HANDLER, unit)}
        sent = {"Content-Type": "application/json", "Idempotency-Key": "{{u}}"}
        said = '{"title": "{{title_j}}", "body": "{{text_j}}", "email": "c{{n}}@example.org"}'
        made = r'"number"\s*:\s*"([^"]+)"\s*,\s*"pick_up_code"\s*:\s*"([^"]+)"'
        create = _step("/api/v1/tickets", sent, method="POST", body=said, ok=[201], capture=made)
        shown = _step("/api/v1/tickets/{{id0}}", {"Pick-Up-Code": "{{id1}}"}, must="{{id0}}")
        # The router's decision is the second step, wherever it sends the ticket.
        until = {"until": r'"seq"\s*:\s*2\b', "poll_ms": 5, "until_s": 30}
        routed = [create, _step("/api/v1/tickets/{{c0}}", {"Pick-Up-Code": "{{c1}}"}, **until)]
        self._specify("public", product, {"create": [create], "routed": routed, "status": [shown]})
        listed = {"list": [_step("/api/v1/queues?limit=25", cookie)], "page": [_step("/desk", cookie)]}
        self._specify("staff", product, listed)

    def sample(self, filled: Filled) -> None:
        """Write down numbers and codes of some tickets."""
        zone, rows = load_city(CITY).zone, filled.sample(SAMPLE)
        lines = (
            f"{number_of(one['id'], one['registered_at'], zone)}\t"
            f"{keys().pick_up_code(one['id'], one['code_version'])}\n"
            for one in rows
        )
        (self.folder / f"{NAME}.ids").write_text("".join(lines))

    def _specify(self, surface: str, product: Product, ops: dict[str, list[Any]]) -> None:
        base = urlsplit(product.environment[f"{surface.upper()}_URL"]).netloc
        spec = {"base": f"http://{base}", "ops": {name: {"steps": steps} for name, steps in ops.items()}}
        (self.folder / f"{NAME}.{surface}.json").write_text(json.dumps(spec, ensure_ascii=False))


def _step(path: str, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"method": "GET", "path": path, "headers": headers, "ok": [200]} | more


def measure(bench: Bench, product: Product, sizes: list[int], patterns: int) -> None:
    """Fill to each size and run all phases; at the first size under the plain labels, as the table looks for them."""
    filled = Filled.of(product, patterns)
    for size in sizes:
        filled.up_to(size)
        if size == sizes[0]:
            bench.describe(product)
        bench.sample(filled)
        at = "" if size == sizes[0] else f"at{size // 1000}k."
        bench.phases("status", f"{at}status")
        bench.phases("list", f"list.{size}")
        bench.phases("page", f"page.{size}", 500)
        bench.phases("create", f"{at}create")
        bench.phases("routed", f"{at}routed", 2_000)
        bench.memory(product, f"mem.{size}")


def main() -> None:
    """Measure and leave FOLDER/yihaotong.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--patterns", type=int, default=1_200)
    args = parser.parse_args()
    bench = Bench(args.generator, args.run)
    args.run.mkdir(parents=True, exist_ok=True)
    bench.out.write_text("")
    with listening() as sinks, running(more=sinks.environment) as product:
        measure(bench, product, args.sizes, args.patterns)
    merged = bench.load("merge", "--peer", NAME, "--meta", json.dumps({"version": "", "run": "./hotline up"}))
    (args.run / f"{NAME}.json").write_text(merged)


if __name__ == "__main__":
    main()
