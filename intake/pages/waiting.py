"""The hotline's own queues: triage 人工分拣, follow-up 回访, and the expert's 专家座席."""

from flask import Response, request

from intake.pages.blueprints import staff_pages
from intake.pages.workplace import Shown, show


@staff_pages.get("/triage")
def triage() -> Response:
    """Show what the router was not sure of, with its best candidates."""
    return show("triage", Shown(request.args.get("t")))


@staff_pages.get("/followups")
def followups() -> Response:
    """Show what is resolved and waits for a call."""
    return show("followups", Shown(request.args.get("t")))


@staff_pages.get("/seat")
def seat() -> Response:
    """Show the expert the questions of their skills."""
    return show("seat", Shown(request.args.get("t")))
