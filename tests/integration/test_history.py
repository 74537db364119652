"""A history of acknowledged steps and of reads at the same time: nothing acknowledged is missed, no read goes back.

One person after another changes a ticket while its caller and the staff read it by three ways. What each did is written
down and judged at the end, as a checker of consistency does (FAULTS 5.7).
"""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.integration.api import Api
from tests.integration.crowd import behind_turns
from tests.integration.stage import ANSWER, UNIT

MOST_READS = 400
STEPS = (
    ("lin", "dispatch", {"unit": UNIT}), ("zhou", "sign", {}), ("zhou", "contact", {"note": "约好明天上门"}),
    *((("zhou", "report", {"public": f"抢修队已到现场，第{n}次说明。"})) for n in range(6)),
    ("lin", "supplement", {"text": "是三号楼。"}),
    ("zhou", "reply", {"public": ANSWER, "internal": "换管", "contacted": True}), ("zhou", "resolve", {}),
    ("lin", "redo", {"reason": "还是没有水"}), ("zhou", "sign", {}),
    ("zhou", "reply", {"public": ANSWER, "internal": "再换管", "contacted": True}), ("zhou", "resolve", {}),
    ("lin", "follow_up", {"result": "solved", "matter_rating": 5}),
)  # fmt: skip


@dataclass(frozen=True)
class Read:
    """One read: the last acknowledged step before it was asked for, and the steps that it showed."""

    by: str
    acknowledged: int
    seqs: tuple[int, ...]


@dataclass
class History:
    """What was acknowledged and what was read. Lists grow in the order of their thread; reading them is free."""

    acknowledged: list[tuple[int, str]] = field(default_factory=list)
    reads: dict[str, list[Read]] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)
    seq: int = 1  # of the last acknowledged step; one writer

    def read(self, by: str, look: Callable[[], tuple[int, ...]]) -> None:
        """Read again and again, and once more when all is over."""
        mine = self.reads.setdefault(by, [])
        for _ in range(MOST_READS):
            is_last, before = self.is_over.is_set(), self.seq
            mine.append(Read(by, before, look()))
            if is_last:
                return

    def write(self, api: Api, number: str) -> None:
        """Take every step, each acknowledged before the next."""
        try:
            for who, act, form in STEPS:
                answer = api.done(who, number, act, **form)
                self.acknowledged.append((answer["seq"], act))
                self.seq = answer["seq"]
        finally:
            self.is_over.set()


def wrong(history: History, public: set[int]) -> Iterator[str]:
    """Tell what no order of the steps explains. Those who see public steps alone are judged by these alone."""
    every = set(range(1, history.seq + 1))
    for by, reads in history.reads.items():
        seen: set[int] = set()
        for read in reads:
            now = set(read.seqs)
            if list(read.seqs) != sorted(now):
                yield f"{by} was shown steps twice or out of order: {read.seqs}"
            if not seen <= now:
                yield f"{by} went back from {sorted(seen)} to {sorted(now)}"
            due = {seq for seq in (every if by == "staff" else public) if seq <= read.acknowledged}
            if not due <= now:
                yield f"{by} missed {sorted(due - now)} of {read.acknowledged} acknowledged"
            seen = now
    last = {by: set(reads[-1].seqs) for by, reads in history.reads.items()}
    if last["staff"] != every or not public <= every or last["caller"] != public or max(last["page"]) != max(public):
        yield f"at the end {last}, acknowledged {every}, public {public}"


@pytest.fixture
def crowded(api: Api) -> Api:
    behind_turns(api.site)
    return api


def test_what_was_acknowledged_is_read_ever_after_by_everybody(crowded: Api) -> None:
    filed = crowded.file()
    number = filed["number"]
    (row,) = crowded.stage.rows("SELECT id FROM ticket")
    clerk, caller, page = crowded.staff("he"), crowded.public(), crowded.site.caller(row["id"])
    path = f"/api/v1/tickets/{number}"

    def of_staff() -> tuple[int, ...]:
        return tuple(step["seq"] for step in reversed(clerk.get(path).json["timeline"]))

    def of_caller() -> tuple[int, ...]:
        answer = caller.get(path, headers={"Pick-Up-Code": filed["pick_up_code"]})
        return tuple(step["seq"] for step in reversed(answer.json["timeline"]))

    def of_page() -> tuple[int, ...]:
        found = re.search(r'data-seq="(\d+)"', page.get("/ticket").html)
        assert found
        return tuple(range(1, int(found[1]) + 1))  # it names the last step alone

    history = History()
    looks = {"staff": of_staff, "caller": of_caller, "page": of_page}
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(history.read, by, look) for by, look in looks.items()]
        running.append(pool.submit(history.write, crowded, number))
        for one in running:
            one.result()
    public = set(history.reads["caller"][-1].seqs)
    assert list(wrong(history, public)) == []
    kinds = crowded.stage.events(row["id"])
    assert [kinds[seq - 1] for seq, _ in history.acknowledged[:3]] == ["dispatched", "signed", "contacted"]
    assert len(kinds) == history.acknowledged[-1][0]
