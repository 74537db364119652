"""The open tickets whose due would move if other rules were active."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from shared.domain.labels import STAGES
from shared.domain.numbers import in_fours, number_of
from shared.domain.rules import Rules
from shared.domain.terms import Role, Stage
from shared.domain.ticket import Ticket
from shared.domain.timing import case_of, recount
from shared.domain.viewer import Viewer
from shared.reads.open_tickets import all_open


@dataclass(frozen=True, slots=True)
class DueMove:
    """One clock of one ticket; `after` None if the new rules know no limit for it."""

    number: str
    stage: Stage
    before: datetime
    after: datetime | None


def due_moves(connection: Connection, rules: Rules, now: datetime) -> list[DueMove]:
    """Return what `rules` would move now, tickets by age."""
    return list(moves_of(all_open(Viewer(Role.SUPERVISOR, rules.city), connection), rules, now))


def moves_of(tickets: Iterable[Ticket], rules: Rules, now: datetime) -> Iterator[DueMove]:
    """Yield the clocks whose due moves."""
    for ticket in tickets:
        for stage, clock in recount(ticket, rules, case_of(ticket, rules), now).items():
            before, after = ticket.clocks[stage].due_at, clock.due_at if clock else None
            if before != after:
                number = in_fours(number_of(ticket.id, ticket.registered_at, rules.zone))
                yield DueMove(number, stage, before, after)


def in_words(moves: list[DueMove], rules: Rules, most: int) -> Iterator[str]:
    """Yield lines for a terminal."""
    tickets = len({move.number for move in moves})
    yield f"{tickets:,} open tickets would be due at another time" + (f" ({len(moves):,} clocks):" if moves else ".")
    for move in moves[:most]:
        label = STAGES[move.stage]
        before, after = (
            f"{at.astimezone(rules.zone):%Y-%m-%d %H:%M}" if at else "–" for at in (move.before, move.after)
        )
        yield f"  {move.number:>18}  {label.zh} {label.en}  {before} → {after}"
    if len(moves) > most:
        yield f"  … and {len(moves) - most:,} more"
