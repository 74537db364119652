"""The department's desk 承办单位待办: what runs out first, whose is it."""

from flask import Response, request

from intake.pages.blueprints import staff_pages
from intake.pages.workplace import Shown, show


@staff_pages.get("/desk")
def desk() -> Response:
    """Show the unit's queue and the ticket that was opened."""
    return show("desk", Shown(request.args.get("t")))
