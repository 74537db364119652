"""A queue beside its open ticket: triage, follow-up, expert seat and desk are this page with another queue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request, url_for
from werkzeug.datastructures import MultiDict

from intake.acts import current_viewer
from intake.pages.act_forms import FIELDS, KEYS
from intake.pages.frame import framed, queue_of, tabs
from intake.pages.list_filters import chosen, list_filters, narrowed
from intake.pages.mistakes import Mistake
from intake.pages.replies import page
from intake.pages.rows import ROWS_PER_PAGE, Lines, chosen_cursor, read_lines
from intake.pages.sheet import Sheet, first_movers, read_sheet
from intake.pages.words import say
from intake.problems import problem
from intake.stores import engine
from shared import errands
from shared.domain.numbers import in_fours
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.ledger.write import business_now

_PLACES_OF = {
    Role.OPERATOR: ("triage", "followups"),
    Role.SUPERVISOR: ("triage", "followups"),
    Role.EXPERT: ("seat",),
    Role.HANDLER: ("desk",),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows besides the queue: the ticket asked for, what went wrong with a form, what was revealed."""

    number: str | None = None
    mistake: Mistake | None = None
    revealed: Mapping[str, str] | None = None


def place_of(name: str, viewer: Viewer) -> str:
    """Return the place that a form came from; the ticket's own page where it is none of the viewer's."""
    return name if name in _PLACES_OF.get(viewer.role, ()) else "ticket"


def address_of(place: str, number: str | None, **more: Any) -> str:
    """Return the address of a ticket at a place, with the filter of the list kept."""
    only = request.values.get("only") or None
    if place == "ticket":
        return url_for("staff_pages.ticket", number=number, **more)
    return url_for(f"staff_pages.{place}", t=number, only=only, **more)


def show(place: str, shown: Shown) -> Response:
    """Return the page of a place; with `place` "ticket" the ticket stands alone."""
    viewer = current_viewer()
    wanted = queue_of(place, viewer)
    with engine().begin() as connection:
        now = business_now(connection)
        bar = tabs(viewer, connection)
        values: dict[str, Any] = {}
        if wanted is not None:
            only = chosen(place, viewer)
            asked = replace(narrowed(wanted, place, only), limit=ROWS_PER_PAGE, cursor=chosen_cursor())
            lines = read_lines(viewer, connection, asked, now)
            filters, held = list_filters(viewer, connection, wanted, place), _held(place, lines, connection)
            values = {"lines": lines, "only": only, "filters": filters, "held": held}
        number = shown.number or (None if "none" in request.args else _first_number(values))
        sheet = read_sheet(viewer, connection, number, now) if number else None
    if place == "ticket" and sheet is None and shown.mistake is None:
        return problem(404, "not_found", say("refusal.not_found"))
    values |= _about(sheet, shown, place, number)
    template = "staff/workplace.html" if wanted is not None else "staff/ticket.html"
    return page(framed(template, bar, place, **values), shown.mistake)


def said_in_words(values: MultiDict[str, str]) -> str | None:
    """Return what has just been done, from the address that the act led to."""
    act = values.get("said", "")
    if act not in FIELDS:
        return None
    return f"{say(f'act.{act}')} ✓ {in_fours(''.join(c for c in values.get('of', '')[:24] if c.isdecimal()))}"


def _held(place: str, lines: Lines, connection: Any) -> Mapping[int, errands.Held]:
    """Return who calls whom now, at the follow-ups."""
    if place != "followups":
        return {}
    return errands.held(connection, errands.Errands.FOLLOW_UP, [line.row.ticket_id for line in lines.lines])


def _about(sheet: Sheet | None, shown: Shown, place: str, number: str | None) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "mistake": shown.mistake,
        "movers": first_movers(sheet, shown.mistake) if sheet else [],
        "revealed": shown.revealed,
        "place": place,
        "number": number,
        "is_chosen": shown.number is not None,
        "said": said_in_words(request.args),
        "is_done": "none" in request.args,
        "fields": FIELDS,
        "keys": KEYS,
    }


def _first_number(values: dict[str, Any]) -> str | None:
    lines = values.get("lines")
    return lines.numbers[0] if lines and lines.numbers else None
