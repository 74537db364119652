"""How far ahead the calendar is official, and whether due times rest on years that are not (REQUIREMENTS K16)."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from intake.stores import rules
from shared.domain.foresight import Foresight, foresight
from shared.domain.terms import Role
from shared.domain.viewer import Viewer
from shared.ledger.write import business_now
from shared.reads.open_tickets import has_provisional


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a person must know of the calendar."""

    ahead: Foresight
    has_provisional: bool


def outlook(connection: Connection) -> Outlook:
    """Return it for the whole city; it says nothing of any ticket."""
    city = rules()
    ahead = foresight(city.calendar, business_now(connection))
    return Outlook(ahead, has_provisional(Viewer(Role.TIME, city.city), connection))
