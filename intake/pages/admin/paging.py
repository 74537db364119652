"""Pages of fifty lines: where a list stands, and the addresses before and after, with its filters kept."""

from dataclasses import dataclass

from flask import request, url_for

from intake.fields import whole_number

PAGE = 50
_MOST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a list of `count` lines; an address is None where there is no such page."""

    count: int
    page: int
    before: str | None
    after: str | None


def chosen_page() -> int:
    """Return the page that the address names, counted from 1; the first where it names none."""
    return max(whole_number(request.args.get("page"), _MOST_DIGITS) or 1, 1)


def paging(count: int, page: int) -> Paging:
    """Return where the list of the present address stands."""
    filters = {name: value for name, value in request.args.items() if name != "page"}

    def address(wanted: int) -> str:
        return url_for(request.endpoint or "", **{**(request.view_args or {}), **filters, "page": str(wanted)})

    is_listed = request.method == "GET"
    before = address(page - 1) if is_listed and page > 1 else None
    return Paging(count, page, before, address(page + 1) if is_listed and page * PAGE < count else None)
