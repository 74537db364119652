"""The supervisor's overview: who holds how many, what is late, what nearly is, and alarms."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response

from intake.acts import current_viewer
from intake.outlook import Outlook, outlook
from intake.pages.blueprints import staff_pages
from intake.pages.filters import code_word, skill_name, unit_name
from intake.pages.frame import framed, tabs
from intake.pages.replies import page
from intake.pages.rows import read_lines
from intake.pages.words import say
from intake.stores import reading, rules
from shared.domain.calls import ANSWER_WITHIN
from shared.domain.terms import HolderKind
from shared.ledger.write import business_now
from shared.reads.calls import figures_by_day
from shared.reads.queues import Only, Queue, counts, counts_by_holder

_LISTED = 20
_LISTS = (Only.OVERDUE, Only.WARNED, Only.ALARM)


@dataclass(slots=True)
class Holding:
    """What one holder has, by state."""

    name: str
    kind: str
    states: list[tuple[str, int]]
    open: int = 0
    warned: int = 0
    overdue: int = 0


@staff_pages.get("/overview")
def overview() -> Response:
    """Show the whole city's open tickets."""
    viewer = current_viewer()
    with reading() as connection:
        now, known = business_now(connection), outlook(connection)
        bar = tabs(viewer, connection)
        figures = counts(viewer, connection, Queue(only=None))
        holdings = _holdings(counts_by_holder(viewer, connection))
        days = figures_by_day(viewer, connection, rules())
        lists = {
            only.value: read_lines(viewer, connection, Queue(only=only, limit=_LISTED), now).lines for only in _LISTS
        }
    html = framed(
        "staff/overview.html", bar, "overview", figures=figures, holdings=holdings, lists=lists, notes=_notes(known),
        days=days, within=int(ANSWER_WITHIN.total_seconds()),
    )  # fmt: skip
    return page(html)


def _notes(known: Outlook) -> list[str]:
    """Return what must be said of the calendar: how far it is known, and that some due times may still move (K16)."""
    until = known.ahead.known_until
    ends = say("overview.calendar.ends", day=until.isoformat()) if until and known.ahead.ends_soon else None
    provisional = say("overview.calendar.provisional") if known.has_provisional else None
    return [note for note in (ends, provisional) if note]


def _holdings(rows: Iterable[Any]) -> list[Holding]:
    found: dict[tuple[str, str], Holding] = {}
    for row in rows:
        kind, code = row["holder_kind"], row["holder_id"]
        holding = found.setdefault((kind, code), Holding(_name(kind, code), code_word(kind, "holder"), []))
        holding.states.append((code_word(row["state"], "state"), row["open"]))
        holding.open += row["open"]
        holding.warned += row["warned"]
        holding.overdue += row["overdue"]
    return sorted(found.values(), key=lambda holding: (-holding.overdue, -holding.warned, -holding.open, holding.name))


def _name(kind: str, code: str) -> str:
    if kind == HolderKind.UNIT:
        return unit_name(code)
    return skill_name(code) if kind == HolderKind.SEAT else code_word(kind, "holder")
