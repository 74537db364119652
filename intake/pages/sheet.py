"""Everything that the ticket page shows a member of staff, read once and noted in the access log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from intake.acts import legal_acts
from intake.pages.act_forms import FIELDS, end_reasons, in_order
from intake.pages.due_picture import DuePicture, due_picture
from intake.pages.filters import code_word, county_name, unit_name
from intake.pages.history import Moment, history, who
from intake.pages.looks import note_look
from intake.pages.marked import Piece, marked
from intake.pages.mistakes import Mistake
from intake.pages.options import Options, unit_names
from intake.pages.reasons import RuledOut, Suggestion, referral, ruled_out, suggestions
from intake.pages.time_left import TimeLeft, time_left
from intake.pages.words import word
from intake.stores import rules
from shared import people
from shared.domain.clocks import Clock
from shared.domain.terms import Role, Stage, State
from shared.domain.viewer import Viewer
from shared.domain.wording import limit_in_words
from shared.reads.notices import NoticeView, notices_of
from shared.reads.tickets import TicketView, find_by_number, ticket_view


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One of the ticket's clocks in words; `state` is runs, stopped, yellow, overdue or red."""

    stage: str
    limit: str
    due_at: datetime
    state: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ticket ready to be shown. `decision` is the newest that the router made, None if it made none."""

    view: TicketView
    left: TimeLeft
    picture: DuePicture | None
    source: str
    where: str
    clocks: list[ClockLine]
    title: list[Piece]
    body: list[Piece]
    decision: Mapping[str, Any] | None
    suggestions: list[Suggestion]
    ruled_out: list[RuledOut]
    referral: str
    moments: list[Moment]
    first: str | None
    others: list[str]
    choices: Mapping[str, Options]
    units: list[str]
    waits_for_leader: bool
    notices: list[NoticeView]

    @property
    def beside(self) -> tuple[str, ...]:
        """Whom the catalogue names beside the unit that has it 协办, as far as the router proposed that unit."""
        return next((one.co_handlers for one in self.suggestions if one.code == self.view.ticket.unit), ())

    @property
    def acts(self) -> list[str]:
        return [*([self.first] if self.first else []), *self.others]


def read_sheet(viewer: Viewer, connection: Connection, number: str, now: datetime) -> Sheet | None:
    """Return the ticket of that number as the viewer may see it, None if it is not for them; either way it is noted."""
    ticket_id = find_by_number(viewer, connection, rules(), number)
    view = None if ticket_id is None else ticket_view(viewer, connection, rules(), ticket_id)
    note_look(connection, viewer, "denied" if view is None else "viewed", ticket_id)
    if view is None:
        return None
    first, others = in_order(legal_acts(viewer, view.ticket, now), viewer.role)
    decision = next((entry.decision for entry in view.timeline if entry.decision is not None), None)
    title, body = marked(view.title, view.body, decision["marks"] if decision else ())
    acts, clocks = [first, *others], view.ticket.clocks
    needs_units = any(field.kind == "unit" for act in acts for field in FIELDS.get(act or "", ()))
    return Sheet(
        view=view,
        left=time_left(view.ticket, rules(), now),
        picture=due_picture(view.ticket, rules(), now),
        source=_source(view),
        where=_where(view, decision),
        clocks=[_clock_line(stage, clocks[stage]) for stage in Stage if stage in clocks],
        title=title,
        body=body,
        decision=decision,
        suggestions=suggestions(decision),
        ruled_out=ruled_out(decision),
        referral=referral(decision),
        moments=history(view.timeline),
        first=first,
        others=others,
        choices=_choices(viewer, connection, view) if "hand_over" in acts or "close" in acts else {},
        units=unit_names() if needs_units else [],
        waits_for_leader=_waits_for_leader(view),
        notices=_notices(viewer, connection, view),
    )


def first_movers(sheet: Sheet, mistake: Mistake | None) -> list[dict[str, str]]:
    """Return what others did since the page that the mistake came from was shown, newest first."""
    if mistake is None or mistake.seen_seq is None:
        return []
    moments = {moment.seq: moment for moment in sheet.moments}
    return [
        {"who": who(entry), "at": moments[entry.seq].at, "what": moments[entry.seq].title}
        for entry in sheet.view.timeline
        if entry.seq > mistake.seen_seq
    ]


def _waits_for_leader(view: TicketView) -> bool:
    is_asked = view.ticket.state is State.REPLY_SUBMITTED and not view.ticket.is_approved
    return is_asked and rules().policy.needs_approval(view.ticket.unit)


def _notices(viewer: Viewer, connection: Connection, view: TicketView) -> list[NoticeView]:
    """Return what became of the notices, for those who may have to tell the caller themselves."""
    is_hotline = viewer.role in (Role.OPERATOR, Role.SUPERVISOR)
    return notices_of(viewer, connection, rules(), view.ticket.id) if is_hotline else []


def _source(view: TicketView) -> str:
    """Return where the unit's limit comes from, as the step said that began it."""
    said = (entry.facts.get("limits", {}).get(Stage.REPLY) for entry in view.timeline)
    return next(filter(None, said), "")


def _where(view: TicketView, decision: Mapping[str, Any] | None) -> str:
    """Return the place as near as is known: what the router read, as long as the county is still the one it read."""
    county = view.ticket.county
    read = decision or {}
    if county is None or read.get("county") != county:
        return county_name(county) if county else "–"
    near = unit_name(read["street"]) if read.get("street") else county_name(county)
    return " · ".join(filter(None, (near, read.get("community"))))


def _clock_line(stage: Stage, clock: Clock) -> ClockLine:
    stands = "runs" if clock.stopped_at is None else "stopped"
    return ClockLine(
        stage=code_word(stage, "stage"),
        limit=word(limit_in_words(clock.amount, clock.unit)),
        due_at=clock.due_at,
        state=clock.card.name.lower() if clock.card else stands,
        is_provisional=clock.is_provisional,
    )


def _choices(viewer: Viewer, connection: Connection, view: TicketView) -> dict[str, Options]:
    colleagues = people.colleagues(connection, viewer)
    return {
        "staff_id": [(str(one.id), one.name) for one in colleagues if one.id != view.ticket.handler_id],
        "end_reason": end_reasons(view.ticket),
    }
