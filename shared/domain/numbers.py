"""Ticket numbers 流水号: digits only, because they are read aloud. One sequence, no counter, no ceiling."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from stdnum import damm

LARGEST_ID = 2**62  # what a bigint holds, with room

_DIGITS = re.compile(r"[\s\-]+")


def number_of(ticket_id: int, registered_at: datetime, zone: ZoneInfo) -> str:
    """Return YYMMDD (local date) + id padded to five + check digit, e.g. `260923006148`."""
    day = registered_at.astimezone(zone).strftime("%y%m%d")
    return f"{day}{ticket_id:05d}{damm.calc_check_digit(str(ticket_id))}"


def ticket_id_of(number: str) -> int | None:
    """Return the id that a typed number names, None if it cannot be a number.

    Blanks and hyphens are forgiven, full-width digits too. Id and check digit alone are accepted when they are shorter
    than a whole number. The date part must be compared with the row: `number_of` of the row is the truth.
    """
    digits = _DIGITS.sub("", number)
    if not digits.isdecimal() or len(digits) > 24:
        return None
    digits = str(int("1" + digits))[1:]
    body, check = (digits[6:-1], digits[-1]) if len(digits) >= 12 else (digits[:-1], digits[-1])
    if not body:
        return None
    ticket_id = int(body)
    return ticket_id if 0 < ticket_id < LARGEST_ID and damm.calc_check_digit(str(ticket_id)) == check else None


def in_fours(number: str) -> str:
    """Return the number as it is shown and read: `2609 2300 6148`."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
