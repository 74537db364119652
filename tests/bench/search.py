"""Measures staff search among many tickets, and what its indexes cost: `python -m tests.bench.search --tickets 100000`.

Prints one JSON object: milliseconds of each search (median, worst of the rounds), the plan's scans, and the
milliseconds of the server's processor for registering and for dispatching one ticket, without and with the indexes.
"""

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import psutil
import psycopg
import sqlalchemy as sa

from shared.cities.load import load_city
from shared.command.engines import throwaway
from shared.domain.terms import Nature, Role, State
from shared.domain.viewer import Viewer
from shared.reads.search import Search, search
from tests.integration.stage import CITY, UNIT, Stage

PLACES = ("锦江区", "青羊区", "金牛区", "武侯区", "成华区", "龙泉驿区", "新都区", "温江区", "双流区", "郫都区")
ROADS = (
    "春熙路",
    "建设北路",
    "人民南路",
    "红星路",
    "一环路东段",
    "科华北路",
    "府青路",
    "蜀汉路",
    "天府大道",
    "玉林西路",
)
WHAT = (
    "停水",
    "路灯不亮",
    "噪音扰民",
    "占道经营",
    "下水道堵塞",
    "垃圾没人清运",
    "拖欠工资",
    "公交车不停",
    "暖气不热",
    "违章搭建",
)
RARE, NOBODY = "鳄鱼", "打过电话没有人管"
OPERATOR = Viewer(Role.OPERATOR, CITY, 1)
HANDLER = Viewer(Role.HANDLER, CITY, 3, UNIT)

_TICKETS = """INSERT INTO ticket
 SELECT (jsonb_populate_record(one, jsonb_build_object('id', n, 'registered_at', one.registered_at
     - make_interval(mins => (%(tickets)s - n)::int), 'unit', u, 'holder_kind', CASE WHEN n %% 20 = 0 THEN 'unit'
     ELSE 'archive' END, 'holder_id', CASE WHEN n %% 20 = 0 THEN u ELSE '' END,
     'state', CASE WHEN n %% 20 = 0 THEN 'signed' ELSE 'closed' END))).*
 FROM ticket one, generate_series(1000000, 999999 + %(tickets)s) n,
 LATERAL (SELECT (%(units)s::text[])[1 + n %% array_length(%(units)s::text[], 1)] AS u) picked
 WHERE one.id = %(from)s"""


def fill(stage: Stage, tickets: int) -> None:
    """Multiply one ticket, with texts made of places, roads and matters."""
    first = stage.dispatched().id
    units = sorted(load_city(CITY).units)
    lots = random.Random(12345)  # the same tickets each time
    with psycopg.connect(stage.owner.url.render_as_string(hide_password=False).replace("+psycopg", "")) as connection:
        connection.execute(_TICKETS, {"tickets": tickets, "units": units, "from": first})
        with connection.cursor().copy("COPY ticket_text (ticket_id, seq, part, text) FROM STDIN") as copy:
            for ticket_id in range(1_000_000, 1_000_000 + tickets):
                said = lots.choice(PLACES) + lots.choice(ROADS) + f"{lots.randrange(300)}号" + lots.choice(WHAT)
                told = f"{said}，已经{lots.randrange(30)}天了，{NOBODY}，{lots.choice(WHAT)}也没人处理，请尽快来看看。"
                copy.write_row((ticket_id, 1, "title", said))
                copy.write_row((ticket_id, 1, "body", told + (RARE if ticket_id % 20_000 == 0 else "")))
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE ticket_text")
        connection.execute("VACUUM ANALYZE ticket")


def searches(stage: Stage) -> dict[str, tuple[Viewer, Search]]:
    """Return what is looked for, by a name."""
    phone = stage.keys.blind_index("+8613800000000")
    return {
        "common word": (OPERATOR, Search(words=("停水",))),
        "rare word": (OPERATOR, Search(words=(RARE,))),
        "word of nobody": (OPERATOR, Search(words=("珠穆朗玛",))),
        "three words": (OPERATOR, Search(words=("春熙路", "锦江", "噪音"))),
        "long phrase": (OPERATOR, Search(words=(NOBODY,))),
        "common word, small unit": (HANDLER, Search(words=("停水",))),
        "rare word, small unit": (HANDLER, Search(words=(RARE,))),
        "last digits": (OPERATOR, Search(digits="4321")),
        "phone": (OPERATOR, Search(phone_index=phone)),
        "unit and state": (OPERATOR, Search(unit=UNIT, state=State.CLOSED)),
        "nature of nobody": (OPERATOR, Search(nature=Nature.PRAISE)),
    }


def took(ask: Callable[[], object], rounds: int) -> list[float]:
    """Return the milliseconds of each round, in order."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def scans(stage: Stage, viewer: Viewer, wanted: Search) -> list[str]:
    """Return the scans of the plan by which a search is done."""
    seen: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "LIMIT" in statement and not statement.startswith("EXPLAIN"):
            plan = connection.exec_driver_sql("EXPLAIN " + statement, parameters).scalars().all()
            seen.extend(line.split("->")[-1].split("(cost")[0].strip() for line in plan if "Scan" in line)

    sa.event.listen(stage.engine, "before_cursor_execute", explain)
    with stage.engine.connect() as connection:
        search(viewer, connection, load_city(CITY), wanted)
    sa.event.remove(stage.engine, "before_cursor_execute", explain)
    return seen


def writing(stage: Stage, rounds: int) -> dict[str, float]:
    """Return the processor milliseconds of the server for registering and for dispatching one ticket."""
    numbers = itertools.count()
    body = "锦江区春熙路12号停水，已经三天了，打过电话没有人管，请尽快派人来看看。"
    server = psutil.Process(stage.rows("SELECT pg_backend_pid() AS pid")[0]["pid"])

    def burnt(ask: Callable[[], object]) -> float:
        before = sum(server.cpu_times()[:2])
        for _ in range(rounds):
            ask()
        return (sum(server.cpu_times()[:2]) - before) * 1000 / rounds

    registered = burnt(lambda: stage.register(title=f"{next(numbers)}号停水", body=body))
    return {"register": round(registered, 3), "dispatch": round(burnt(stage.dispatched) - registered, 3)}


def main() -> None:
    """Fill, search, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--writes", type=int, default=2_000)
    args = parser.parse_args()
    from shared.command.migrate import upgrade

    with throwaway(durable=True) as engines:
        upgrade(engines.owner_url)
        stage = Stage.open(engines.app_url, engines.owner_url)
        fill(stage, args.tickets)
        found: dict[str, Any] = {}
        for name, (viewer, wanted) in searches(stage).items():
            with stage.engine.connect() as connection:
                rows = search(viewer, connection, load_city(CITY), wanted)
                times = took(lambda v=viewer, w=wanted: search(v, connection, load_city(CITY), w), args.rounds)  # type: ignore[misc]
            found[name] = {
                "rows": len(rows), "median_ms": round(statistics.median(times), 1), "worst_ms": round(times[-1], 1),
                "scans": scans(stage, viewer, wanted),
            }  # fmt: skip
        size = stage.rows("SELECT pg_size_pretty(pg_relation_size('ticket_words')) AS size")[0]["size"]
        with_indexes = writing(stage, args.writes)
        stage.as_owner("DROP INDEX ticket_words, ticket_time, ticket_unit")
        without = writing(stage, args.writes)
        stage.close()
    print(json.dumps({"tickets": args.tickets, "index": size, "searches": found,
        "writing_cpu_ms": {"without": without, "with": with_indexes}}, ensure_ascii=False, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
