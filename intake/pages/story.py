"""A ticket as its caller reads it: status, next step, who, why then, what happened. Words only, no reading."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake.pages.filters import code_word, holder_name, spoken, unit_name
from intake.pages.preferences import is_english
from intake.pages.words import say, word
from intake.plain_words import step_in_words
from intake.stores import rules
from shared.domain.callers import is_last_word, ratings_open
from shared.domain.closing import UNSOLVED
from shared.domain.terms import HolderKind, State
from shared.domain.ticket import Ticket
from shared.domain.wording import limit_in_words
from shared.reads.tickets import TicketView

_STEP_OF = {
    State.REGISTERED: 0,
    State.RETURN_REQUESTED: 0,
    State.DISPATCHED: 1,
    State.SIGNED: 2,
    State.REOPENED: 2,
    State.REPLY_SUBMITTED: 2,
    State.RESOLVED: 4,
    State.CLOSED: 5,
}


@dataclass(frozen=True, slots=True)
class Story:
    """What the tracking page shows. `step` counts the five steps from 0; None where the way ended elsewhere."""

    number: str
    seq: int
    title: str
    body: str
    status: str
    meaning: str
    next_step: str
    step: int | None
    holder: str
    why: str
    answers: list[dict[str, str]]
    steps: list[dict[str, Any]]
    acts: list[str]
    told: str
    is_told: bool
    offers_sms: bool
    ratings: tuple[str, ...]
    is_last_word: bool
    read_at: str


def story(view: TicketView, acts: list[str], now: datetime) -> Story:
    """Tell the ticket to its caller."""
    ticket = view.ticket
    return Story(
        number=view.number,
        seq=newest_seq(view),
        title=view.title,
        body=view.body,
        status=code_word(ticket.state, "public_state"),
        meaning=rules().states.get(ticket.state, ("", ""))[is_english()],
        next_step=next_step(ticket),
        step=_STEP_OF.get(ticket.state),
        holder=holder_name(ticket),
        why=_why(ticket),
        answers=_answers(view),
        steps=[_step(entry) for entry in view.timeline],
        acts=acts,
        told=_told(view),
        is_told=ticket.tell_by is not None,
        offers_sms=ticket.tell_by != "sms" and view.caller is not None and view.caller.has_phone,
        ratings=ratings_open(ticket),
        is_last_word=is_last_word(ticket, rules().policy),
        read_at=spoken(now),
    )


def _told(view: TicketView) -> str:
    """Return how the caller is told, and where, masked."""
    if view.caller is None or view.ticket.tell_by is None:
        return say("ticket.tell_by.none")
    if view.ticket.tell_by == "sms":
        return say("ticket.tell_by.by_sms", phone=view.caller.phone)
    return say("ticket.tell_by.email", email=view.caller.email)


def next_step(ticket: Ticket) -> str:
    """Return what comes next and by when."""
    match ticket.state:
        case State.RESOLVED:
            return say("ticket.next.person" if ticket.alarm == UNSOLVED else "ticket.next.call")
        case State.CLOSED | State.WITHDRAWN | State.NOT_ACCEPTED:
            return say("ticket.next.over")
    if ticket.promised_at is None:
        is_placed = ticket.holder_kind in (HolderKind.UNIT, HolderKind.SEAT)
        return say("ticket.next.none" if is_placed else "ticket.next.finding")
    return say("ticket.next.late" if ticket.is_overdue else "ticket.next.due", due=spoken(ticket.promised_at))


def newest_seq(view: TicketView) -> int:
    """Return the newest public step's place in the log; the stream tells the page only of later ones."""
    return view.timeline[0].seq if view.timeline else 0


def newest_step(view: TicketView) -> str:
    """Return the newest step as a sentence."""
    return step_in_words(view.timeline[0], rules(), english=is_english()) if view.timeline else ""


def _why(ticket: Ticket) -> str:
    is_open, clock = ticket.holder_kind not in (HolderKind.FOLLOW_UP, HolderKind.ARCHIVE), ticket.reply_clock
    if clock is None or ticket.promised_at is None or not is_open:
        return ""
    said = {"due": spoken(ticket.promised_at), "limit": word(limit_in_words(clock.amount, clock.unit))}
    why = "ticket.why.hours" if clock.by_the_clock else "ticket.why.days"
    words = say(why, nature=code_word(ticket.nature, "nature"), urgency=code_word(ticket.urgency, "urgency"), **said)
    return words + (say("ticket.why.provisional") if clock.is_provisional else "")


def _answers(view: TicketView) -> list[dict[str, str]]:
    newest = next((entry for entry in view.timeline if "public" in entry.texts), None)
    if newest is None:
        return []
    about = " · ".join(part for part in (_who(newest), spoken(newest.at)) if part)
    return [{"text": newest.texts["public"], "about": about}]


def _who(entry: Any) -> str:
    return unit_name(entry.facts.get("unit"))


def _step(entry: Any) -> dict[str, Any]:
    words = next((entry.texts[part] for part in ("supplement", "said", "report") if part in entry.texts), "")
    return {
        "text": step_in_words(entry, rules(), english=is_english()),
        "at": spoken(entry.at),
        "words": words,
        "files": entry.files,
    }
