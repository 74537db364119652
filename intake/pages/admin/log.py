"""The log 查阅和审计记录: searched by person, ticket, action and time; exported, which is itself noted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Response, g, request, url_for
from werkzeug.datastructures import MultiDict

from intake.acts import current_viewer
from intake.fields import whole_number
from intake.pages.admin.tabs import admin_page
from intake.pages.blueprints import staff_pages
from intake.pages.csv_answer import csv_answer
from intake.pages.days import begin_of, day_of, end_of
from intake.pages.filters import short_instant
from intake.pages.mistakes import Mistake
from intake.pages.words import WORDS, say
from intake.stores import engine, rules
from shared import access_log, people
from shared.domain.numbers import in_fours, ticket_id_of
from shared.domain.ticket import encode
from shared.reads.log_lines import MOST_EXPORTED, PAGE, LogLine, LogSearch, known_actions, log_lines

_COLUMNS = (
    "id", "at", "login", "name", "role", "address", "action", "result", "number", "object", "fields", "before",
    "after", "reason",
)  # fmt: skip
_FILTERS = ("who", "number", "action", "since", "until")
_LONGEST = 80
_NOBODY = -1  # nobody's id: what is searched for does not exist, so nothing is found


@staff_pages.get("/admin/log")
def log() -> Response:
    """Show a page of the lines that fit."""
    typed = _typed(request.args)
    wanted, wrong = _search(typed)
    mistake = Mistake("log", 400, say("errors.title"), wrong, typed) if wrong else None
    with engine().connect() as connection:
        lines = log_lines(current_viewer(), connection, rules(), wanted) if mistake is None else []
        actions = known_actions(connection)
    more: Mapping[str, Any] = {**typed, "below": lines[-1].id if lines else 0}
    older = url_for("staff_pages.log", **more) if len(lines) == PAGE else None
    return admin_page(
        "log", mistake, lines=[_shown(line) for line in lines], typed=typed, older=older,
        actions=[(action, action_word(action)) for action in actions], most=MOST_EXPORTED,
    )  # fmt: skip


@staff_pages.post("/admin/log.csv")
def export_log() -> Response:
    """Send the lines that fit as a file; who took it, and by which filters, stands in the log."""
    viewer, typed = current_viewer(), _typed(request.form)
    wanted, wrong = _search(typed)
    if wrong:
        return admin_page("log", Mistake("log", 400, say("errors.title"), wrong, typed), lines=[], typed=typed)
    whole = LogSearch(wanted.staff_id, wanted.ticket_id, wanted.action, wanted.since, wanted.until, limit=MOST_EXPORTED)
    with engine().begin() as connection:
        now = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        lines = log_lines(viewer, connection, rules(), whole)
        chosen = tuple(f"{name}={value}" for name, value in typed.items() if name in ("action", "since", "until"))
        access_log.note(
            connection, viewer, "exported", wanted.ticket_id, fields=("log", f"lines={len(lines)}", *chosen)
        )
    taken = encode(now)
    rows = [[encode(getattr(line, name)) for name in _COLUMNS] for line in lines]
    return csv_answer(f"log-{taken:.10}.csv", [list(_COLUMNS), *rows, ["exported", taken, g.staff.login]])


def action_word(action: str) -> str:
    """Return the words of an action; the code where it has none."""
    key = f"log.did.{action}"
    return say(key) if key in WORDS else action


def _shown(line: LogLine) -> dict[str, Any]:
    before, after = line.before or {}, line.after or {}
    changes = [(name, before.get(name), after.get(name)) for name in {**before, **after}]
    return {
        "line": line,
        "at": short_instant(line.at),
        "did": action_word(line.action),
        "number": in_fours(line.number) if line.number else None,
        "changes": changes,
        "fields": [] if changes else line.fields,
    }


def _typed(values: MultiDict[str, str]) -> dict[str, str]:
    found = {name: values.get(name, "").strip()[:_LONGEST] for name in _FILTERS}
    return {name: value for name, value in found.items() if value}


def _search(typed: dict[str, str]) -> tuple[LogSearch, dict[str, str]]:
    """Return what to look for, and what is wrong with what was typed."""
    wrong: dict[str, str] = {}
    who = ticket_id = None
    if "who" in typed:
        with engine().connect() as connection:
            found = people.find_login(connection, current_viewer(), typed["who"])
        who = found.id if found else _NOBODY
        if found is None:
            wrong["who"] = say("log.who.unknown")
    if "number" in typed:
        ticket_id = ticket_id_of(typed["number"])
        if ticket_id is None:
            wrong["number"] = say("log.number.unknown")
    since, until = _day(typed, "since", wrong), _day(typed, "until", wrong)
    return LogSearch(
        staff_id=who,
        ticket_id=ticket_id,
        action=typed.get("action"),
        since=begin_of(since) if since else None,
        until=end_of(until) if until else None,
        below=whole_number(request.args.get("below")),
    ), wrong


def _day(typed: dict[str, str], name: str, wrong: dict[str, str]) -> date | None:
    day = day_of(typed[name]) if name in typed else None
    if name in typed and day is None:
        wrong[name] = say("log.day")
    return day
