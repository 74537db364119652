"""`hotline explain NUMBER`: why a ticket is where it is, when it is due and why, and what happens next."""

import argparse
import json
import sys
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.command.explain_words import Words
from shared.command.explanation import Armed, Explanation, explain
from shared.database import engine
from shared.domain.rules import Rules
from shared.domain.terms import Role
from shared.domain.ticket import encode
from shared.domain.viewer import Viewer
from shared.packs import known_packs
from shared.reads.tickets import find_by_number, ticket_view
from shared.settings import settings
from shared.tables.job import job

UNKNOWN = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the number and the options."""
    parser.add_argument("number", nargs="+", help="the ticket's number; blanks are forgiven")
    parser.add_argument("--english", action="store_true", help="in English")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Explain one ticket of this instance's city; 2 if there is none of that number."""
    supervisor = Viewer(Role.SUPERVISOR, settings().city)
    with engine().connect() as connection:
        rules = known_packs().at(connection, supervisor.city)
        found = explanation_of("".join(args.number), supervisor, connection, rules)
    if found is None:
        number = "".join(args.number)
        told = (
            f"没有流水号为 {number} 的工单，请核对。",
            f"There is no ticket with the number {number}. Please check it.",
        )
        print(told[1] if args.english else told[0], file=sys.stderr)
        return UNKNOWN
    print(as_json(found) if args.json else Words(rules, english=args.english).of(found))
    return 0


def explanation_of(number: str, viewer: Viewer, connection: Connection, rules: Rules) -> Explanation | None:
    """Return the explanation of a typed number, None if it is not a ticket of the viewer's."""
    ticket_id = find_by_number(viewer, connection, rules, number)
    view = None if ticket_id is None else ticket_view(viewer, connection, rules, ticket_id)
    if view is None:
        return None
    open_jobs = sa.select(job.c.kind, job.c.part, job.c.due_at).where(
        job.c.ticket_id == view.ticket.id, job.c.state == "todo"
    )

    def named(version: str) -> Rules:
        # A clock is explained by the calendar it was counted with, whatever is active today.
        return rules if version == rules.version else known_packs().named(connection, rules.city, version) or rules

    return explain(view, [Armed(*row) for row in connection.execute(open_jobs.order_by(job.c.due_at))], named)


def as_json(found: Explanation) -> str:
    """Return an explanation as JSON: instants as ISO 8601, enums as codes."""
    return json.dumps(encode(asdict(found)), ensure_ascii=False, indent=2, default=str)
