"""The unit's people and what each has in hand 同事在办; several tickets of one colleague go to another at once."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import Response, request
from marshmallow import ValidationError

from intake.acts import ACTS, carry_out, current_viewer, ticket_id_for
from intake.fields import whole_number
from intake.pages.blueprints import staff_pages
from intake.pages.frame import framed, queue_of, tabs
from intake.pages.mistakes import Mistake, mistake_of
from intake.pages.replies import page
from intake.pages.rows import ROWS_PER_PAGE, read_lines
from intake.pages.words import say
from intake.stores import reading, rules
from shared import people
from shared.domain.errors import Refused
from shared.ledger.write import business_now
from shared.reads.load import loads
from shared.reads.queues import Only, Queue

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one of the tickets that were handed over."""

    number: str
    why_not: str | None


@staff_pages.get("/desk/team")
def team() -> Response:
    """Show what each colleague has in hand, and the tickets of the one who was chosen."""
    return _shown([])


@staff_pages.post("/desk/team")
def hand_over_many() -> Response:
    """Hand the chosen tickets over, each by its own command, and say what became of each."""
    viewer, staff_id = current_viewer(), request.form.get("staff_id", "")
    results = []
    for number in request.form.getlist("number")[:ROWS_PER_PAGE]:
        try:
            carry_out(ACTS["hand_over"], viewer, ticket_id_for(viewer, number), {"staff_id": staff_id})
        except (Refused, ValidationError) as error:
            mistake = mistake_of(error, "hand_over", {})
            results.append(Handed(number, next(iter(mistake.fields.values()), mistake.sentence)))
        else:
            results.append(Handed(number, None))
    nothing = Mistake("team", 400, say("team.none_chosen"))
    return _shown(results, None if results else nothing)


def _shown(results: list[Handed], mistake: Mistake | None = None) -> Response:
    viewer, chosen = current_viewer(), request.values.get("of", "")
    with reading() as connection:
        now, bar = business_now(connection), tabs(viewer, connection)
        standing = loads(viewer, connection, _end_of_day(now))
        wanted = _queue_of(chosen)
        lines = read_lines(viewer, connection, wanted, now).lines if wanted else None
        colleagues = [(str(one.id), one.name) for one in people.colleagues(connection, viewer)]
    load = next((one for one in standing if str(one.staff_id or _NOBODY) == chosen), None)
    name = (load.name if load else None) or say("team.nobody")
    values: dict[str, Any] = {
        "loads": standing, "lines": lines, "of": chosen, "name": name, "results": results,
        "mistake": mistake, "all": load.open if load else 0,
        "colleagues": [one for one in colleagues if one[0] != chosen], "place": "team", "nobody": _NOBODY,
    }  # fmt: skip
    return page(framed("staff/team.html", bar, "team", **values), mistake)


def _queue_of(chosen: str) -> Queue | None:
    unit = queue_of("desk", current_viewer())
    if unit is None or not chosen:
        return None
    if chosen == _NOBODY:
        return Queue(unit.holder_kind, unit.holder_id, Only.UNASSIGNED, ROWS_PER_PAGE)
    handler_id = whole_number(chosen)
    if handler_id is None:
        return None
    return Queue(unit.holder_kind, unit.holder_id, None, ROWS_PER_PAGE, handler_id=handler_id)


def _end_of_day(now: datetime) -> datetime:
    local = now.astimezone(rules().zone)
    return datetime.combine(local.date() + timedelta(days=1), time.min, rules().zone)
