"""Staff search 查询. What is looked for is posted: a phone or a name has no business in an address or a log."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError, fields
from sqlalchemy.engine import Connection

from intake.acts import current_viewer
from intake.fields import Strict, Text, e164
from intake.pages.blueprints import staff_pages
from intake.pages.days import begin_of, day_of, end_of
from intake.pages.frame import framed, tabs
from intake.pages.mistakes import Mistake, mistake_of, typed_form
from intake.pages.options import of_table, unit_code, unit_names
from intake.pages.replies import page
from intake.pages.rows import Line, chosen_cursor, line_of
from intake.pages.words import say
from intake.stores import engine, reading, rules
from shared import access_log
from shared.domain.errors import Refused
from shared.domain.labels import NATURES, STATES
from shared.domain.terms import Nature, State
from shared.domain.viewer import Viewer
from shared.keys import keys
from shared.ledger.write import business_now
from shared.reads.search import FEWEST_DIGITS, MOST_ROWS, MOST_WORDS, SHORTEST_WORD, Search, search
from shared.reads.tickets import find_by_number

_FEWEST_OF_A_PHONE = 7


class Day(fields.Date):
    """A day, within reason."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = day_of(str(value))
        if day is None:
            raise ValidationError("日期不对。")
        return day


class SearchIn(Strict):
    """What can be looked for; any other field is refused, so that nothing can be asked in a roundabout way."""

    q = Text(200)
    state = fields.Enum(State, by_value=True)
    nature = fields.Enum(Nature, by_value=True)
    unit = Text(80)
    since = Day()
    until = Day()
    after = Text(80)


@staff_pages.get("/search")
def search_form() -> Response:
    """Show the empty form."""
    return _shown({})


@staff_pages.post("/search")
def find() -> Response:
    """Look for tickets; a whole number opens its ticket."""
    viewer, typed = current_viewer(), typed_form()
    try:
        asked = SearchIn().load(typed)
        with engine().begin() as connection:
            number = _whole_number(viewer, connection, asked.get("q", ""))
            if number is not None:
                return redirect(url_for("staff_pages.ticket", number=number), 303)  # type: ignore[return-value]
            wanted = _wanted(asked)
            access_log.note(connection, viewer, "searched", fields=_kinds(wanted))
            lines = _lines(viewer, connection, wanted)
    except (Refused, ValidationError) as error:
        return _shown(typed, mistake=mistake_of(error, "search", typed))
    return _shown(typed, lines)


def _shown(typed: dict[str, str], lines: list[Line] | None = None, mistake: Mistake | None = None) -> Response:
    viewer = current_viewer()
    with reading() as connection:
        bar = tabs(viewer, connection)
    last = lines[-1].row if lines and len(lines) == MOST_ROWS else None
    html = framed(
        "staff/search.html", bar, "search", typed=typed, lines=lines, mistake=mistake, states=of_table(STATES),
        natures=of_table(NATURES), units=unit_names(), place="search",
        after=f"{last.registered_at.isoformat()}|{last.ticket_id}" if last else None,
    )  # fmt: skip
    return page(html, mistake)


def _lines(viewer: Viewer, connection: Connection, wanted: Search) -> list[Line]:
    now = business_now(connection)
    return [line_of(row, now) for row in search(viewer, connection, rules(), wanted)]


def _whole_number(viewer: Viewer, connection: Connection, typed: str) -> str | None:
    if not typed or find_by_number(viewer, connection, rules(), typed) is None:
        return None
    return "".join(character for character in typed if character.isdecimal())


def _wanted(asked: dict[str, Any]) -> Search:
    since: date | None = asked.get("since")
    found = Search(state=asked.get("state"), nature=asked.get("nature"), since=begin_of(since) if since else None)
    until: date | None = asked.get("until")
    cursor = chosen_cursor() if request.form.get("after") else None
    found = replace(
        found, unit=unit_code(asked["unit"]) if "unit" in asked else None,
        until=end_of(until) if until else None,
        cursor=(cursor[0], cursor[1]) if cursor and cursor[0] else None,
    )  # fmt: skip
    return _with_words(found, asked.get("q", ""))


def _with_words(found: Search, typed: str) -> Search:
    compact = "".join(character for character in typed if character not in " -　()")
    if compact.removeprefix("+").isdecimal():
        phone = e164(compact) if len(compact) >= _FEWEST_OF_A_PHONE else None
        if phone is not None:
            return replace(found, phone_index=keys().blind_index(phone))
        if not FEWEST_DIGITS <= len(compact) <= _FEWEST_OF_A_PHONE * 2 or compact.startswith("+"):
            raise Refused("digits_too_few", say("search.digits", least=FEWEST_DIGITS), field="q")
        return replace(found, digits=str(int("1" + compact))[1:])
    words = tuple(typed.split())
    if len(words) > MOST_WORDS:
        raise Refused("too_many_words", say("search.many", most=MOST_WORDS), field="q")
    if any(len(word) < SHORTEST_WORD for word in words):
        raise Refused("word_too_short", say("search.short", least=SHORTEST_WORD), field="q")
    return replace(found, words=words)


def _kinds(wanted: Search) -> list[str]:
    kinds = {"words": wanted.words, "phone": wanted.phone_index, "number": wanted.digits, "unit": wanted.unit}
    return [name for name, value in kinds.items() if value]
